//! One source floods a server with SYNs, and acknowledges none: others are served all the same, however
//! long their round trips are.

use smoltcp::time::Duration;
use smoltcp::wire::{IpAddress, IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::simulation::Conditions;
use uppercase::stack::PendingSyn;
use uppercase::tcp::Config;

use super::common::frames::{segment, tcp};
use super::common::network::{Actor, Link};
use super::common::scene::Scene;
use super::common::talk::Talk;

/// SYNs come so often.
const STEP: Duration = Duration::from_millis(1);
/// One way, for honest clients: of their round trip, the flood fills the server 150 times.
const DELAY: Duration = Duration::from_millis(150);
const LIMIT: Duration = Duration::from_secs(3);

/// A SYN of the attacker: from one address, or with IPv6 from one network.
fn forged(link: Link, number: u32) -> Vec<u8> {
    let source = if link.ipv6 {
        IpAddress::v6(0xfdbb, 0, 0, 7, 0, 0, 0, number as u16)
    } else {
        IpAddress::v4(10, 7, 7, 7)
    };
    let from = IpEndpoint::new(source, 1024 + (number % 60_000) as u16);
    let syn = TcpRepr {
        control: TcpControl::Syn,
        seq_number: TcpSeqNumber(number.wrapping_mul(0x9e37_79b1) as i32),
        ..segment(from, link.server())
    };
    tcp(link, source, link.server().addr, &syn)
}

/// An honest client comes each second; each is served in three.
fn others_are_served(link: Link, places: usize, backlog: usize) {
    let mut scene = Scene::new(link, places, Config::default());
    let slots = vec![PendingSyn::EMPTY; backlog];
    *scene.network.server = scene.network.server.with_backlog(slots);
    for lane in [&scene.network.to_server, &scene.network.to_client] {
        lane.set(Conditions::default().with_delay(DELAY));
    }
    let Scene {
        network, server, ..
    } = &mut scene;
    let mut number = 0;
    let mut flood = |network: &mut super::common::network::Network| {
        network.to_server.inject(&forged(link, number));
        number += 1;
    };
    for _ in 0..1000 {
        flood(network);
        network.run_for(STEP, &mut [server], &mut []);
    }
    for client in 0..5 {
        let mut talk = Talk::new(network, link.server(), 64, b"hello");
        let begin = network.now();
        while !talk.is_done() && network.now() < begin + LIMIT {
            flood(network);
            network.run_for(STEP, &mut [server], &mut [&mut talk]);
        }
        let case = format!("client {client}, {places} slots, backlog {backlog}, {link:?}");
        assert_eq!(talk.outcome, Some(Ok(())), "{case}");
        assert_eq!(talk.answer, b"HELLO", "{case}");
    }
}

#[test]
fn a_source_that_floods_a_server_keeps_no_other_from_being_served() {
    for link in [Link::IP_V4, Link::IP_V6] {
        for (places, backlog) in [(2, 0), (2, 2), (2, 4), (4, 0), (4, 8), (32, 64)] {
            others_are_served(link, places, backlog);
        }
    }
}
