//! Addresses and gateways that change while connections live.

use super::common;

use smoltcp::config::{IFACE_MAX_ADDR_COUNT, IFACE_MAX_ROUTE_COUNT};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr, IpEndpoint};
use uppercase::simulation::Conditions;
use uppercase::stack::{ConfigError, Control, End, PendingSyn, Service};
use uppercase::tcp::{Config, Error, Handler, Pool, Progress, Server};
use uppercase::{Context, PORT, udp};

use common::ask::{self, Ask};
use common::frames::{read_tcp, read_udp};
use common::network::{Actor, CLIENT, Link, Network, SECOND, SERVER, hardware_address};
use common::scene::{Caller, Scene};
use common::talk::{TIMEOUT, Talk};

/// A second address of the server's host.
const SECOND_HOME: u8 = 11;
/// And one of the client's.
const ELSEWHERE: u8 = 12;
/// Longer than a frame takes, and much shorter than the transfers here.
const A_WHILE: Duration = Duration::from_millis(20);

fn cidr(link: Link, host: u8) -> IpCidr {
    IpCidr::new(link.address(host), if link.ipv6 { 64 } else { 24 })
}

/// The server's host has both addresses.
fn with_two(link: Link, places: usize) -> Scene {
    let mut scene = Scene::new(link, places, Config::default());
    add(&mut scene.network, SERVER, cidr(link, SECOND_HOME));
    scene
}

fn context(network: &mut Network, host: u8) -> Context<'_, 'static> {
    let now = network.now();
    match host {
        SERVER => network.server.context(now),
        _ => network.client.context(now),
    }
}

fn add(network: &mut Network, host: u8, address: IpCidr) {
    let mut context = context(network, host);
    assert_eq!(context.add_address(address), Ok(()));
    assert!(context.is_own(&address.address()));
}

fn remove(network: &mut Network, host: u8, address: IpAddress) {
    let mut context = context(network, host);
    assert!(context.remove_address(&address));
    assert!(!context.is_own(&address));
    assert!(!context.remove_address(&address), "it is gone");
}

fn endpoint(link: Link, host: u8) -> IpEndpoint {
    IpEndpoint::new(link.address(host), PORT)
}

#[test]
fn a_change_of_the_servers_address_under_load_ends_what_it_carries_and_nothing_else() {
    for link in Link::ALL {
        let mut scene = with_two(link, 4);
        let slow = Conditions::default().with_delay(Duration::from_millis(5));
        scene.network.to_server.set(slow);
        let text = vec![b'x'; 40_000];
        let talk =
            |network: &mut Network, host| Talk::new(network, endpoint(link, host), 1024, &text);
        let mut moved = talk(&mut scene.network, SERVER);
        let mut staying = talk(&mut scene.network, SECOND_HOME);
        let clients: &mut [&mut dyn Actor] = &mut [&mut moved, &mut staying];
        scene
            .network
            .run_for(A_WHILE, &mut [&mut scene.server], clients);
        assert_eq!(scene.server.connections(), 2);

        remove(&mut scene.network, SERVER, link.address(SERVER));
        let clients: &mut [&mut dyn Actor] = &mut [&mut moved, &mut staying];
        let before = scene.network.now();
        scene
            .network
            .run_for(A_WHILE, &mut [&mut scene.server], clients);
        // The peer knows it within a round trip, and its slot is free again.
        assert!(!moved.answer.is_empty(), "it was in the middle of it");
        assert_eq!(moved.outcome, Some(Err(Error::Reset)), "{link:?}");
        assert_eq!(scene.server.connections(), 1, "{link:?}");
        assert!(scene.network.now() <= before + A_WHILE);

        let mut new = talk(&mut scene.network, SECOND_HOME);
        let clients: &mut [&mut dyn Actor] = &mut [&mut staying, &mut new];
        scene
            .network
            .run(TIMEOUT * 2, &mut [&mut scene.server], clients);
        let capitals = text.to_ascii_uppercase();
        assert_eq!(staying.expect_answer(), capitals, "{link:?}");
        assert_eq!(new.expect_answer(), capitals, "{link:?}");
    }
}

#[test]
fn an_address_can_be_replaced_by_another_one_of_the_same_network() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let mut caller = Caller::connected(&mut scene);
        remove(&mut scene.network, SERVER, link.address(SERVER));
        add(&mut scene.network, SERVER, cidr(link, SECOND_HOME));
        let mut talk = Talk::new(
            &mut scene.network,
            endpoint(link, SECOND_HOME),
            512,
            b"moved",
        );
        let clients: &mut [&mut dyn Actor] = &mut [&mut talk];
        scene
            .network
            .run(TIMEOUT, &mut [&mut scene.server], clients);
        assert_eq!(talk.expect_answer(), b"MOVED", "{link:?}");
        assert_eq!(caller.is_open(&mut scene), Err(Error::Reset), "{link:?}");
    }
}

#[test]
fn a_client_is_told_that_its_address_is_gone_and_connects_from_another_one() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 2, Config::default());
        let mut caller = Caller::connected(&mut scene);
        remove(&mut scene.network, CLIENT, link.address(CLIENT));
        add(&mut scene.network, CLIENT, cidr(link, ELSEWHERE));
        scene.settle();
        assert_eq!(
            caller.is_open(&mut scene),
            Err(Error::AddressGone),
            "{link:?}"
        );
        assert_eq!(scene.server.connections(), 0, "the server was told");
        caller.connect(&mut scene);
        scene.settle();
        caller.say(&mut scene, b"from here");
        caller.expect(&mut scene, b"FROM HERE");
    }
}

/// What a handler is told of the end of its connection.
#[derive(Default)]
struct Quiet;

impl Handler for Quiet {
    type Shared = Vec<Option<End>>;

    fn exchange(
        &mut self,
        _: &mut Vec<Option<End>>,
        _: Instant,
        _: &[u8],
        _: &mut [u8],
    ) -> Progress {
        Progress::default()
    }

    fn closed(&mut self, ends: &mut Vec<Option<End>>, control: &Control) {
        ends.push(control.end());
    }
}

struct Polled<'p>(&'p mut Server<'static, Quiet>);

impl Actor for Polled<'_> {
    fn poll(&mut self, _: &mut Context<'_, 'static>) -> Option<Instant> {
        None
    }

    fn service(&mut self) -> Option<&mut dyn Service<'static>> {
        Some(self.0)
    }
}

#[test]
fn a_handler_is_told_at_once_why_its_idle_connection_has_ended() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let pool = Box::leak(Box::new(Pool::<1, 64, 64, Quiet>::new()));
        let server = Server::new(network.server.sockets(), pool, Config::default());
        let mut server = server.expect("there is room");
        let mut caller = Caller::new(&mut network, 64);
        assert_eq!(caller.connect_to(&mut network, link.server()), Ok(()));
        network.settle(&mut [&mut Polled(&mut server)], &mut []);
        let is_open = caller.client.is_open(&mut network.context());
        assert_eq!(is_open, Ok(true), "{link:?}");
        remove(&mut network, SERVER, link.address(SERVER));
        network.settle(&mut [&mut Polled(&mut server)], &mut []);
        assert_eq!(server.shared()[..], [Some(End::AddressGone)], "{link:?}");
        assert_eq!(server.connections(), 0);
        let is_open = caller.client.is_open(&mut network.context());
        assert_eq!(is_open, Err(Error::Reset), "{link:?}");
    }
}

#[test]
fn an_address_that_is_back_before_the_next_poll_keeps_its_connections() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let mut caller = Caller::connected(&mut scene);
        remove(&mut scene.network, SERVER, link.address(SERVER));
        add(&mut scene.network, SERVER, cidr(link, SERVER));
        caller.say(&mut scene, b"still here");
        caller.expect(&mut scene, b"STILL HERE");
    }
}

/// A SYN that waits for room is not answered from an address that is gone.
#[test]
fn a_backlog_forgets_the_syns_for_an_address_that_is_gone() {
    for link in Link::ALL {
        let mut scene = with_two(link, 1);
        let stack = *scene.network.server;
        *scene.network.server = stack.with_backlog(vec![PendingSyn::EMPTY; 2]);
        let mut first = Caller::new(&mut scene.network, 64);
        let there = endpoint(link, SECOND_HOME);
        assert_eq!(first.connect_to(&mut scene.network, there), Ok(()));
        scene.settle();
        let mut second = Caller::new(&mut scene.network, 64);
        second.connect(&mut scene);
        scene.settle();
        assert_eq!(scene.network.server.counters().queued, 1);
        remove(&mut scene.network, SERVER, link.address(SERVER));
        scene.settle();
        scene.network.to_client.capture();
        first.finish(&mut scene);
        scene.pass(SECOND / 2);
        let frames = scene.network.to_client.captured();
        let gone = link.address(SERVER);
        let from_gone =
            |frame: &Vec<u8>| read_tcp(link, frame).is_some_and(|(from, ..)| from.addr == gone);
        assert!(
            !frames.is_empty() && !frames.iter().any(from_gone),
            "{link:?}"
        );
        assert_eq!(scene.server.connections(), 0);
    }
}

#[test]
fn datagrams_are_answered_at_a_new_address_and_never_from_one_that_is_gone() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = ask::server(&mut network, 128, 4);
        add(&mut network, SERVER, cidr(link, SECOND_HOME));
        let there = endpoint(link, SECOND_HOME);
        let answer = ask::ask(&mut network, Some(&mut server), there, b"new");
        assert_eq!(answer.as_deref(), Ok(&b"NEW"[..]), "{link:?}");
        remove(&mut network, SERVER, there.addr);
        network.to_client.capture();
        let answer = ask::ask(&mut network, Some(&mut server), there, b"old");
        assert!(answer.is_err(), "{link:?}: {answer:?}");
        let frames = network.to_client.captured();
        let datagrams = frames
            .iter()
            .filter(|frame| read_udp(link, frame).is_some());
        assert_eq!(datagrams.count(), 0, "{link:?}");
    }
}

#[test]
fn a_udp_client_asks_again_from_the_address_that_its_host_has_by_then() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = ask::server(&mut network, 128, 4);
        let mut asking = Ask::new(&mut network, link.server(), &[b"where am i?"]);
        network.settle(&mut [], &mut [&mut asking]);
        remove(&mut network, CLIENT, link.address(CLIENT));
        add(&mut network, CLIENT, cidr(link, ELSEWHERE));
        network.run(TIMEOUT, &mut [&mut server], &mut [&mut asking]);
        assert_eq!(asking.expect_answers(), [b"WHERE AM I?"], "{link:?}");
    }
}

#[test]
fn a_udp_client_without_an_address_says_that_there_is_no_route() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        network.cut();
        let mut asking = Ask::new(&mut network, link.server(), &[b"where am i?"]);
        network.settle(&mut [], &mut [&mut asking]);
        let own: Vec<_> = context(&mut network, CLIENT).addresses().to_vec();
        for own in own {
            remove(&mut network, CLIENT, own.address());
        }
        network.run(TIMEOUT * 2, &mut [], &mut [&mut asking]);
        assert_eq!(asking.answers, [Err(udp::Error::NoRoute)], "{link:?}");
    }
}

#[test]
fn a_gateway_that_is_set_later_is_used_and_goes_with_its_network() {
    for link in Link::ETHERNET {
        let far = IpCidr::new(link.far_address(), if link.ipv6 { 128 } else { 32 });
        let mut scene = Scene::new(link, 2, Config::default());
        add(&mut scene.network, SERVER, far);
        let there = IpEndpoint::new(far.address(), PORT);
        let mut caller = Caller::new(&mut scene.network, 512);
        let without = caller.connect_to(&mut scene.network, there);
        assert_eq!(without, Err(Error::NoRoute), "{link:?}");

        let gateway = link.address(SERVER);
        let mut host = context(&mut scene.network, CLIENT);
        assert_eq!(host.set_gateway(link.address(77)), Ok(()));
        assert_eq!(host.set_gateway(gateway), Ok(()), "in place of that");
        assert_eq!(host.gateways(), [gateway]);
        let mut talk = Talk::new(&mut scene.network, there, 512, b"far away");
        let clients: &mut [&mut dyn Actor] = &mut [&mut talk];
        scene
            .network
            .run(TIMEOUT, &mut [&mut scene.server], clients);
        assert_eq!(talk.expect_answer(), b"FAR AWAY", "{link:?}");

        let mut host = context(&mut scene.network, CLIENT);
        assert!(host.remove_gateway(&gateway) && !host.remove_gateway(&gateway));
        assert_eq!(host.set_gateway(gateway), Ok(()));
        remove(&mut scene.network, CLIENT, link.address(CLIENT));
        assert_eq!(context(&mut scene.network, CLIENT).gateways(), []);
    }
}

/// RFC 4291, 2.8: "Its required Link-Local address for each interface", which there is on Ethernet.
#[test]
fn a_link_local_address_takes_room_where_there_is_one() {
    for link in Link::V6 {
        let stack = |count: usize| {
            let mut simulation = uppercase::simulation::Network::new(link.medium, 1);
            let addresses: Vec<_> = (1..=count).map(|host| cidr(link, host as u8)).collect();
            let config = uppercase::stack::Config::new(hardware_address(SERVER).into(), 1)
                .with_addresses(&addresses);
            let now = simulation.now();
            let device = simulation.link("host").port();
            let stack = uppercase::Stack::new(device, config, vec![], now);
            stack.map(|mut stack| stack.context(now).addresses().len())
        };
        let of_link = usize::from(link == Link::ETHERNET_V6);
        assert_eq!(
            stack(IFACE_MAX_ADDR_COUNT - of_link),
            Ok(IFACE_MAX_ADDR_COUNT)
        );
        let refused = stack(IFACE_MAX_ADDR_COUNT - of_link + 1);
        assert_eq!(refused, Err(ConfigError::TooManyAddresses), "{link:?}");
    }
}

/// What is set later takes the place of what was too much, each by itself.
#[test]
fn only_what_is_set_last_in_a_configuration_can_be_too_much() {
    let link = Link::ETHERNET_V4;
    let stack = |config: uppercase::stack::Config| {
        let mut simulation = uppercase::simulation::Network::new(link.medium, 1);
        let now = simulation.now();
        let device = simulation.link("host").port();
        uppercase::Stack::new(device, config, vec![], now).err()
    };
    let own = cidr(link, SERVER);
    let config = uppercase::stack::Config::new(hardware_address(SERVER).into(), 1);
    let config = config.with_addresses(&[own; IFACE_MAX_ADDR_COUNT + 1]);
    assert_eq!(stack(config.clone()), Some(ConfigError::TooManyAddresses));
    let config = config.with_gateways(&[link.address(9); IFACE_MAX_ROUTE_COUNT + 1]);
    assert_eq!(stack(config.clone()), Some(ConfigError::TooManyAddresses));
    let config = config.with_addresses(&[own]);
    assert_eq!(stack(config.clone()), Some(ConfigError::TooManyGateways));
    let config = config.with_gateways(&[link.address(9)]);
    assert_eq!(stack(config), None);
}

#[test]
fn what_cannot_be_an_address_or_a_gateway_is_refused_and_changes_nothing() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut host = context(&mut network, CLIENT);
        let before = host.addresses().to_vec();
        let group = match link.ipv6 {
            true => IpAddress::v6(0xff02, 0, 0, 0, 0, 0, 0, 1),
            false => IpAddress::v4(224, 0, 0, 1),
        };
        let refused = host.add_address(IpCidr::new(group, 8));
        assert_eq!(refused, Err(ConfigError::NotUnicast(group)));
        for gateway in [group, link.far_address()] {
            let refused = host.set_gateway(gateway);
            assert_eq!(refused, Err(ConfigError::Gateway(gateway)));
        }
        assert_eq!(host.addresses(), before);
        let mut host_number = 100;
        let full = loop {
            host_number += 1;
            if let Err(error) = host.add_address(cidr(link, host_number)) {
                break error;
            }
        };
        assert_eq!(full, ConfigError::TooManyAddresses);
        assert!(!host.is_own(&link.address(host_number)));
        // Another prefix takes no room.
        let wider = IpCidr::new(link.address(CLIENT), 8);
        assert_eq!(host.add_address(wider), Ok(()));
        assert!(host.addresses().contains(&wider));
    }
}
