//! The scenarios, each run by the real stacks on a virtual clock.

use smoltcp::time::Duration;
use uppercase::simulation::Conditions;
use uppercase::tcp;

use super::common::network::{HOUR, Link, Network};
use super::common::scene::{self};
use super::common::talk::Talk;
use super::snapshot::check;
use super::trace::Trace;

/// A network on which each frame takes 5 ms.
fn network(link: Link) -> (Network, Trace) {
    let mut network = Network::new(link);
    let conditions = Conditions {
        delay: Duration::from_millis(5),
        ..Conditions::default()
    };
    network.to_server.set(conditions);
    network.to_client.set(conditions);
    let trace = Trace::of(&mut network);
    (network, trace)
}

/// One line over TCP, of which the client closes first.
fn talk(network: &mut Network, link: Link, change: impl FnOnce(&mut Talk)) {
    let mut server = scene::server(network, 1, 1024, tcp::Config::default());
    let mut talk = Talk::new(network, link.server(), 1024, b"hello, world\n");
    change(&mut talk);
    network.run(HOUR, &mut [&mut server], &mut [&mut talk]);
}

#[test]
fn handshake_and_close_by_the_client() {
    let link = Link::ETHERNET_V4;
    let (mut network, trace) = network(link);
    talk(&mut network, link, |_| {});
    check("client-closes", &trace.ladder());
    check("client-closes-derived", &trace.derived());
}
