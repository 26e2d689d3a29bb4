//! A TCP client knows when it is over, and says the truth about how.

use super::common;

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpCidr, IpEndpoint, TcpControl};
use uppercase::dns::{self, Resolver};
use uppercase::link::EthernetAddress;
use uppercase::simulation;
use uppercase::stack::from_fn;
use uppercase::stack::{Config as StackConfig, ConfigError};
use uppercase::tcp::{Config, Error};
use uppercase::{PORT, Stack};

use common::frames::{read_tcp, segment, tcp};
use common::network::{Link, NOBODY, Network, SECOND, SERVER};
use common::scene::{Caller, Scene, client, server};

const MINUTE: Duration = Duration::from_secs(60);
const LINK: Link = Link::ETHERNET_V4;

/// A client after the server has answered and has closed its side.
fn answered_once() -> (Scene, Caller) {
    let config = Config::default().with_once(true);
    let mut scene = Scene::new(LINK, 1, config);
    let mut caller = Caller::connected(&mut scene);
    caller.say(&mut scene, b"a");
    caller.expect_end(&mut scene, b"A");
    (scene, caller)
}

#[test]
fn a_failed_client_does_not_keep_the_stack_busy() {
    let mut network = Network::new(LINK);
    let mut caller = Caller::new(&mut network, 512);
    let nobody = IpEndpoint::new(LINK.address(NOBODY), PORT);
    caller
        .connect_to(&mut network, nobody)
        .expect("it is on the link");
    network.sleep(MINUTE);
    let client = &mut caller.client;
    for _ in 0..3 {
        let delay = network
            .client
            .poll(
                network.now(),
                &mut from_fn(|context| {
                    assert!(client.is_open(context).is_err());
                    client.deadline()
                }),
            )
            .delay(network.now());
        assert_ne!(delay, Some(Duration::ZERO));
    }
}

#[test]
fn a_client_times_out_if_its_fin_is_never_acknowledged() {
    let (mut scene, mut caller) = answered_once();
    scene.network.cut();
    caller.finish(&mut scene);
    scene.pass(MINUTE);
    assert_eq!(caller.is_closed(&mut scene), Err(Error::TimedOut));
}

#[test]
fn text_that_is_lost_after_the_servers_close_is_no_success() {
    let (mut scene, mut caller) = answered_once();
    scene.network.to_client.capture();
    scene.network.to_server.capture();
    scene.network.to_server.cut();
    caller.say(&mut scene, b"lost text");
    caller.finish(&mut scene);
    scene.pass(SECOND / 10);
    let sent = scene.network.to_server.captured();
    let segments = sent.iter().filter_map(|frame| read_tcp(LINK, frame));
    let mut last = segments.map(|(from, to, repr)| (from, to, repr.seq_number, repr.ack_number));
    let (client, server, sequence, acknowledged) = last.next_back().expect("the client has sent");
    let mut reset = segment(server, client);
    reset.control = TcpControl::Rst;
    reset.seq_number = acknowledged.expect("it acknowledges");
    reset.ack_number = Some(sequence);
    let reset = tcp(LINK, server.addr, client.addr, &reset);
    scene.network.to_client.inject(&reset);
    scene.settle();
    assert_eq!(caller.is_closed(&mut scene), Err(Error::Reset));
}

#[test]
fn an_aborted_client_is_not_connected_and_waits_for_nothing() {
    let mut scene = Scene::new(LINK, 1, Config::default());
    let mut caller = Caller::connected(&mut scene);
    caller.abort(&mut scene);
    assert_eq!(caller.is_closed(&mut scene), Err(Error::NotConnected));
    scene.settle();
    assert_eq!(caller.is_closed(&mut scene), Err(Error::NotConnected));
    assert_eq!(caller.client.deadline(), None);
}

#[test]
fn a_client_that_never_connected_says_so() {
    let mut network = Network::new(LINK);
    let mut caller = Caller::new(&mut network, 512);
    let context = &mut network.context();
    assert_eq!(caller.client.is_open(context), Err(Error::NotConnected));
}

#[test]
fn the_longest_timeout_is_not_over_at_once() {
    let mut network = Network::new(LINK);
    let mut client = client(network.client.sockets(), 512, Duration::MAX);
    let mut server = server(&mut network, 1, 512, Config::default());
    let context = &mut network.context();
    client.connect(context, LINK.server()).unwrap();
    assert_eq!(client.is_open(context), Ok(false));
    network.run_for(SECOND, &mut [&mut server], &mut []);
    let context = &mut network.context();
    assert_eq!(client.is_open(context), Ok(true));
}

#[test]
fn a_resolver_that_was_not_asked_finds_nothing() {
    let mut network = Network::new(LINK);
    let servers = [LINK.address(SERVER)];
    let sockets = network.client.sockets();
    let buffers = Box::leak(Box::new(dns::Buffers::new()));
    let mut resolver = Resolver::new(sockets, buffers, &servers, SECOND * 10).unwrap();
    network.sleep(MINUTE);
    let context = &mut network.context();
    assert_eq!(resolver.poll(context), Err(dns::Error::NotFound));
}

#[test]
fn a_second_gateway_of_the_same_version_is_an_error() {
    let config = StackConfig::new(EthernetAddress([2, 0, 0, 0, 0, 1]), 1)
        .with_addresses(&[IpCidr::new(LINK.address(SERVER), 24)])
        .with_gateways(&[LINK.address(10), LINK.address(11)]);
    let device = simulation::Network::new(LINK.medium, 1).link("host").port();
    let stack = Stack::new(device, config, vec![], Instant::ZERO);
    assert_eq!(
        stack.err(),
        Some(ConfigError::SecondGateway(LINK.address(11)))
    );
}
