//! A router between two links: what it forwards, and what it says of the rest.

use std::task::Poll;

use smoltcp::iface::SocketStorage;
use smoltcp::phy::Medium;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr, IpEndpoint, IpProtocol, IpRepr, checksum};
use uppercase::simulation::{Lane, Network, Port, Router};
use uppercase::stack::{Config, from_fn};
use uppercase::{Stack, tcp};

use super::lanes::{send, take};

const SECOND: Duration = Duration::from_secs(1);
const MTU: usize = 1300;

/// The host with this number on one of two networks.
fn host(network: u8, number: u8, is_ipv6: bool) -> IpAddress {
    match is_ipv6 {
        false => IpAddress::v4(10, 0, network, number),
        true => IpAddress::v6(0xfd00, 0, 0, network.into(), 0, 0, 0, number.into()),
    }
}

fn cidr(network: u8, number: u8, is_ipv6: bool) -> IpCidr {
    IpCidr::new(
        host(network, number, is_ipv6),
        if is_ipv6 { 64 } else { 24 },
    )
}

const ROUTER: u8 = 254;

/// Two networks with a host on each, and the router between them.
struct Scene {
    network: Network,
    router: Router,
    hosts: [Port; 2],
    /// What each of the hosts receives.
    to_hosts: [Lane; 2],
}

impl Scene {
    fn new(medium: Medium, is_ipv6: bool) -> Self {
        let mut network = Network::new(medium, 1);
        let segments = [network.hub(), network.hub()];
        let ways = segments.each_ref().map(|segment| segment.link("router"));
        let links = segments.each_ref().map(|segment| segment.link("host"));
        let router = Router::new(
            [0, 1].map(|side| (&ways[side], cidr(side as u8, ROUTER, is_ipv6))),
            MTU,
        );
        Self {
            network,
            router,
            hosts: links.each_ref().map(|link| link.port()),
            to_hosts: links.map(|link| link.to_host),
        }
    }

    /// Hosts without hardware addresses, where each packet is its own frame.
    fn bare() -> Self {
        Self::new(Medium::Ip, false)
    }

    /// Sends a packet from one of the hosts; returns what each of them receives.
    fn send(&mut self, from: usize, packet: &[u8]) -> [Vec<Vec<u8>>; 2] {
        assert!(send(&mut self.hosts[from], packet));
        let Self {
            network,
            router,
            hosts,
            ..
        } = self;
        let mut received = NOTHING;
        let end = network.run_for(SECOND * 10, |turn| {
            router.poll(turn);
            for (port, received) in hosts.iter_mut().zip(&mut received) {
                received.extend(core::iter::from_fn(|| take(port)));
            }
        });
        assert_eq!(end, Ok(()));
        received
    }
}

/// Neither host receives anything.
const NOTHING: [Vec<Vec<u8>>; 2] = [Vec::new(), Vec::new()];

/// A packet of this length from a host of network 0 to one of network 1.
fn packet(length: usize, is_ipv6: bool) -> Vec<u8> {
    between(host(0, 1, is_ipv6), host(1, 1, is_ipv6), length)
}

fn between(source: IpAddress, destination: IpAddress, length: usize) -> Vec<u8> {
    let header = if matches!(source, IpAddress::Ipv4(_)) {
        20
    } else {
        40
    };
    // 253 is a protocol for experiments (RFC 3692).
    let protocol = IpProtocol::Unknown(253);
    let repr = IpRepr::new(source, destination, protocol, length - header, 64);
    let mut bytes: Vec<u8> = (0..length).map(|at| at as u8).collect();
    repr.emit(&mut bytes, &Default::default());
    bytes
}

/// Changes the header of an IPv4 packet.
fn changed(mut packet: Vec<u8>, change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    change(&mut packet);
    packet[10..12].fill(0);
    let sum = !checksum::data(&packet[..20]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet
}

fn without_df(packet: Vec<u8>) -> Vec<u8> {
    changed(packet, |header| header[6] = 0)
}

#[test]
fn a_packet_is_forwarded_and_has_one_hop_less() {
    for is_ipv6 in [false, true] {
        let mut scene = Scene::new(Medium::Ip, is_ipv6);
        let packet = packet(MTU, is_ipv6);
        let [back, forwarded] = scene.send(0, &packet);
        let hops = if is_ipv6 { 7 } else { 8 };
        let mut expected = packet;
        expected[hops] -= 1;
        if !is_ipv6 {
            expected = changed(expected, |_| ());
        }
        assert_eq!((back, forwarded), (vec![], vec![expected]));
    }
}

#[test]
fn the_sender_of_a_packet_that_is_too_long_is_told_the_mtu() {
    for is_ipv6 in [false, true] {
        let mut scene = Scene::new(Medium::Ip, is_ipv6);
        let packet = packet(MTU + 1, is_ipv6);
        let [back, forwarded] = scene.send(0, &packet);
        assert_eq!((back.len(), forwarded.len()), (1, 0));
        let (error, header) = (&back[0], if is_ipv6 { 40 } else { 20 });
        let source = if is_ipv6 {
            &error[8..24]
        } else {
            &error[12..16]
        };
        let router = match host(0, ROUTER, is_ipv6) {
            IpAddress::Ipv4(router) => router.octets().to_vec(),
            IpAddress::Ipv6(router) => router.octets().to_vec(),
        };
        assert_eq!(source, router);
        let (message, longest) = (&error[header..], if is_ipv6 { 1280 } else { 576 });
        let kind = if is_ipv6 { [2, 0] } else { [3, 4] };
        assert_eq!(message[..2], kind);
        assert_eq!(message[4..8], (MTU as u32).to_be_bytes());
        assert_eq!(error.len(), longest);
        assert_eq!(message[8..], packet[..longest - header - 8]);
        if !is_ipv6 {
            assert_eq!(checksum::data(message), !0);
            assert_eq!(checksum::data(&error[..20]), !0);
        }
    }
}

/// RFC 791, 2.3: what may be fragmented is fragmented, also what is a fragment already.
#[test]
fn a_long_packet_without_df_is_fragmented() {
    let whole = without_df(packet(1500, false));
    let middle = changed(whole.clone(), |header| {
        header[6..8].copy_from_slice(&[0x20, 100])
    });
    for (packet, last, base) in [(whole, 0, 0), (middle, 0x2000, 100)] {
        let mut scene = Scene::bare();
        let [back, fragments] = scene.send(0, &packet);
        assert_eq!((back.len(), fragments.len()), (0, 2));
        let field = |packet: &[u8]| u16::from_be_bytes([packet[6], packet[7]]);
        assert_eq!(field(&fragments[0]), 0x2000 | base);
        assert_eq!(field(&fragments[1]), last | (base + 1280 / 8));
        for fragment in &fragments {
            assert!(fragment.len() <= MTU);
            assert_eq!(checksum::data(&fragment[..20]), !0);
            assert_eq!(
                usize::from(u16::from_be_bytes([fragment[2], fragment[3]])),
                fragment.len()
            );
        }
        let payload: Vec<u8> = fragments
            .iter()
            .flat_map(|one| &one[20..])
            .copied()
            .collect();
        assert_eq!(payload, packet[20..]);
    }
}

#[test]
fn errors_can_be_filtered() {
    let mut scene = Scene::bare();
    scene.router.set_filters_errors(true);
    assert_eq!(scene.send(0, &packet(MTU + 1, false)), NOTHING);
    scene.router.set_filters_errors(false);
    assert_eq!(scene.send(0, &packet(MTU + 1, false))[0].len(), 1);
}

#[test]
fn a_packet_without_hops_or_without_a_way_is_refused() {
    let mut scene = Scene::bare();
    let error = |[back, forwarded]: [Vec<Vec<u8>>; 2]| {
        assert_eq!(forwarded.len(), 0);
        back.first().map(|error| [error[20], error[21]])
    };
    let expired = changed(packet(100, false), |header| header[8] = 1);
    assert_eq!(error(scene.send(0, &expired)), Some([11, 0]));
    let nowhere = between(host(0, 1, false), host(7, 1, false), 100);
    assert_eq!(error(scene.send(0, &nowhere)), Some([3, 0]));

    let mut scene = Scene::new(Medium::Ip, true);
    let error = |[back, _]: [Vec<Vec<u8>>; 2]| back.first().map(|error| [error[40], error[41]]);
    let mut expired = packet(100, true);
    expired[7] = 1;
    assert_eq!(error(scene.send(0, &expired)), Some([3, 0]));
    let nowhere = between(host(0, 1, true), host(7, 1, true), 100);
    assert_eq!(error(scene.send(0, &nowhere)), Some([1, 0]));
}

/// RFC 1812, 4.3.2.7 and 5.2.2; RFC 4291, 2.5.6.
#[test]
fn nothing_is_said_of_errors_and_fragments_or_forwarded_from_groups() {
    let long = MTU + 1;
    let error = changed(packet(long, false), |header| header[9] = 1);
    let error = [&error[..20], &[3, 1, 0, 0], &error[24..]].concat();
    let fragment = changed(packet(long, false), |header| {
        header[6..8].copy_from_slice(&[0x40, 1])
    });
    let mut spoiled = packet(100, false);
    spoiled[11] ^= 1;
    let to_all = between(host(0, 1, false), IpAddress::v4(10, 0, 1, 255), 100);
    let to_router = between(host(0, 1, false), host(1, ROUTER, false), 100);
    for silent in [error, fragment, spoiled, to_all, to_router, vec![0x45; 10]] {
        let mut scene = Scene::bare();
        assert_eq!(scene.send(0, &silent), NOTHING, "{silent:?}");
    }
    let mut scene = Scene::new(Medium::Ip, true);
    let link_local = IpAddress::v6(0xfe80, 0, 0, 0, 0, 0, 0, 1);
    let silent = between(link_local, host(1, 1, true), 100);
    assert_eq!(scene.send(0, &silent), NOTHING);
}

fn stack(port: Port, network: u8, is_ipv6: bool, seed: u64) -> Stack<'static, Port> {
    let config = Config::new(
        uppercase::link::EthernetAddress([2, 0, 0, 0, 0, network]),
        seed,
    )
    .with_addresses(&[cidr(network, 1, is_ipv6)])
    .with_gateways(&[host(network, ROUTER, is_ipv6)]);
    let slots = vec![SocketStorage::EMPTY, SocketStorage::EMPTY];
    Stack::new(port, config, slots, Instant::ZERO).expect("the addresses are those of hosts")
}

/// A text over TCP through the router; returns how many packets were too long for it, and how long
/// all of it took.
fn exchange<const BUFFER: usize>(is_ipv6: bool, is_filtered: bool) -> (usize, Duration) {
    let mut scene = Scene::new(Medium::Ethernet, is_ipv6);
    scene.router.set_filters_errors(is_filtered);
    scene.to_hosts[0].capture();
    let Scene {
        mut network,
        mut router,
        hosts: [near, far],
        to_hosts,
    } = scene;
    let (mut client_stack, mut server_stack) = (
        stack(near, 0, is_ipv6, network.random_seed()),
        stack(far, 1, is_ipv6, network.random_seed()),
    );
    let pool = Box::leak(Box::new(tcp::Pool::<1, BUFFER, BUFFER>::new()));
    let config = tcp::Config::default();
    let server = tcp::Server::new(server_stack.sockets(), pool, config);
    let mut server = server.expect("the port is free");
    let storage = Box::leak(Box::new(tcp::ClientStorage::<8192, 8192>::new()));
    let client = tcp::Client::new(client_stack.sockets(), storage, SECOND * 60);
    let mut client = client.expect("there is a slot");
    let endpoint = IpEndpoint::new(host(1, 1, is_ipv6), uppercase::PORT);
    let mut context = client_stack.context(Instant::ZERO);
    client.connect(&mut context, endpoint).expect("it is idle");
    let text = vec![b'x'; 20_000];
    let (mut sent, mut heard) = (0, Vec::new());
    let done = network.run(SECOND * 60, |turn| {
        let now = turn.now;
        router.poll(turn);
        turn.wake_in(server_stack.poll(now, &mut server).delay(now));
        let mut result = Poll::Pending;
        let mut work = from_fn(|context| {
            sent += client.send(context, &text[sent..]).expect("it is open");
            let mut answer = [0; 4096];
            while let Ok(Poll::Ready(length @ 1..)) = client.receive(context, &mut answer) {
                heard.extend_from_slice(&answer[..length]);
            }
            if heard.len() == text.len() {
                result = Poll::Ready(());
            }
            client.deadline()
        });
        turn.wake_in(client_stack.poll(now, &mut work).delay(now));
        result
    });
    assert_eq!(done, Ok(()), "{} of {}", heard.len(), text.len());
    assert_eq!(heard, text.to_ascii_uppercase());
    let frames = to_hosts[0].captured();
    let is_error = |frame: &&Vec<u8>| frame[23] == 1 && frame[34..36] == [3, 4];
    let errors = frames.iter().filter(is_error).count();
    (errors, network.now() - Instant::ZERO)
}

#[cfg(feature = "paths")]
#[test]
fn a_client_learns_the_mtu_of_its_path_from_the_router() {
    // The window of the second one is scaled.
    for (errors, time) in [
        exchange::<8192>(false, false),
        exchange::<131_070>(false, false),
    ] {
        assert!(errors > 0);
        assert!(time < SECOND, "{time}");
    }
}

/// RFC 2923, 2.1.
#[cfg(feature = "paths")]
#[test]
fn a_client_finds_out_the_mtu_of_its_path_where_errors_are_filtered() {
    let (errors, _) = exchange::<8192>(false, true);
    assert_eq!(errors, 0);
}

#[test]
fn hosts_find_the_router_by_arp_and_by_neighbor_discovery() {
    exchange::<8192>(true, false);
    exchange::<8192>(false, false);
}

/// Asks for the router's address by ARP; returns the header of a frame with IPv4 for the router.
fn ask_for_router(scene: &mut Scene) -> [u8; 14] {
    let from = [2, 0, 0, 0, 0, 9];
    let mut request = [0; 42];
    request[..6].fill(0xff);
    request[6..12].copy_from_slice(&from);
    request[12..22].copy_from_slice(&[8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
    request[22..28].copy_from_slice(&from);
    request[28..32].copy_from_slice(&[10, 0, 0, 1]);
    request[38..].copy_from_slice(&[10, 0, 0, ROUTER]);
    let [back, _] = scene.send(0, &request);
    let mut header = [8, 0].repeat(7);
    header[..6].copy_from_slice(&back[0][6..12]);
    header[6..12].copy_from_slice(&from);
    header.try_into().unwrap()
}

#[test]
fn a_neighbor_that_is_known_is_not_asked_for() {
    let mut scene = Scene::new(Medium::Ethernet, false);
    let server = [2, 0, 0, 0, 0, 7];
    let hardware = uppercase::link::EthernetAddress(server);
    scene.router.add_neighbor(1, host(1, 1, false), hardware);
    let end = scene.network.run_for(SECOND * 3600, |_| ());
    assert_eq!(end, Ok(()));
    let frame = [&ask_for_router(&mut scene)[..], &packet(100, false)].concat();
    let [_, far] = scene.send(0, &frame);
    assert_eq!(far.len(), 1);
    assert_eq!(far[0][..6], server);
}

/// RFC 1812, 3.3.2 and 5.2.7.1: a packet waits for the answer of its next hop, and is refused without.
#[test]
fn the_sender_to_a_host_that_does_not_answer_is_told() {
    let mut scene = Scene::new(Medium::Ethernet, false);
    let frame = [&ask_for_router(&mut scene)[..], &packet(100, false)].concat();
    let [back, far] = scene.send(0, &frame);
    assert_eq!(far.len(), 3, "requests of ARP, a second apart");
    assert!(far.iter().all(|frame| frame[12..14] == [8, 6]));
    assert_eq!(back.len(), 1);
    assert_eq!(back[0][34..36], [3, 1]);
}
