//! The slots of a TCP server: more clients than slots, and forged requests.

use smoltcp::time::Duration;
use smoltcp::wire::IpEndpoint;
use uppercase::simulation::Random;
use uppercase::stack::from_fn;
use uppercase::tcp;

use super::clients::{Crowd, Outcome};
use super::common::network::{Link, MINUTE, SECOND};
use super::forged::{self, Flood};
use super::world::{CLIENTS, DELAY, Make, World};

/// What becomes of `clients` that all begin at once.
pub fn crowd(link: Link, make: Make, places: usize, clients: usize) -> Outcome {
    let mut world = World::new(link, make, places);
    let mut crowd = Crowd::new(&mut world, clients, Duration::ZERO, MINUTE * 2);
    let done = world.run(MINUTE * 5, |turn| {
        crowd.poll(turn);
        crowd.is_done()
    });
    assert!(done, "everybody has come to an end");
    crowd.outcome()
}

/// When a half-open connection leaves its slot, if it does so within 600 seconds.
pub fn half_open(link: Link, make: Make) -> Option<Duration> {
    let mut world = World::new(link, make, 1);
    let (mut stack, cable) = world.host(CLIENTS.into());
    // The client's host says where it is, and nothing else.
    let request = IpEndpoint::new(link.address(CLIENTS), 40_000);
    let request = forged::syn(link, request, &mut Random::new(1));
    cable
        .to_host
        .filter(move |frame| super::common::frames::read_tcp(link, frame).is_none());
    world.run_for(SECOND, |_| {});
    world.to_server.inject(&request);
    world.run_for(SECOND / 100, |turn| {
        turn.wake_in(stack.poll(turn.now, &mut from_fn(|_| None)).delay(turn.now))
    });
    assert_eq!(world.server.connections(), 1);
    for second in 1..=600 {
        world.run_for(SECOND, |turn| {
            turn.wake_in(stack.poll(turn.now, &mut from_fn(|_| None)).delay(turn.now))
        });
        if world.server.connections() == 0 {
            return Some(SECOND * second);
        }
    }
    None
}

/// A flood of connection requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syns {
    None,
    /// From everywhere, by way of the gateway.
    Far,
    /// From addresses on the link that no host has.
    Near,
}

pub const FLOOD: usize = 10_000;
pub const OFFERED: usize = 200;

/// How many of 200 sessions are completed that begin in 10 seconds, 20 a second, while 10 000
/// forged connection requests a second arrive. A client gives up after 5 seconds.
pub fn sessions_in_a_flood(link: Link, make: Make, places: usize, syns: Syns) -> usize {
    let mut world = World::new(link, make, places);
    let mut crowd = Crowd::new(&mut world, OFFERED, SECOND / 20, SECOND * 5);
    let (rate, frame): (_, fn(_, &mut _) -> _) = match syns {
        Syns::None => (0, forged::far_syn),
        Syns::Far => (FLOOD, forged::far_syn),
        Syns::Near => (FLOOD, forged::near_syn),
    };
    let until = world.network.now() + SECOND * 10;
    let mut flood = Flood::new(link, &world.to_server, rate, until, frame);
    let done = world.run(SECOND * 20, |turn| {
        flood.poll(turn);
        crowd.poll(turn);
        turn.now >= until && crowd.is_done()
    });
    assert!(done, "everybody has come to an end");
    assert_eq!(flood.sent, if rate > 0 { 100_000 } else { 0 });
    crowd.outcome().served
}

#[test]
fn a_crowd_is_refused_by_plain_smoltcp_and_served_without_a_pause_by_us() {
    for link in Link::ALL {
        let stock = crowd(link, Make::Stock, 2, 64);
        assert_eq!((stock.served, stock.refused), (2, 62), "{link:?}");
        for clients in [64, 256] {
            // All find room to wait.
            let backlog = clients;
            let ours = crowd(link, Make::Ours { backlog }, 2, clients);
            assert_eq!((ours.served, ours.refused), (clients, 0), "{link:?}");
            // Two at a time, a few round trips each.
            let trips = DELAY * 2 * 3 * clients as u32 / 2 + DELAY * 10;
            assert!(ours.time <= trips, "{link:?}: {}", ours.time);
        }
    }
}

/// All clients ask again at the same moments, which are further apart each time. So their timeouts
/// decide how many are served.
#[test]
fn a_crowd_without_room_to_wait_is_not_refused() {
    for link in Link::ALL {
        for backlog in [0, 1] {
            let ours = crowd(link, Make::Ours { backlog }, 2, 64);
            assert_eq!(ours.refused, 0, "{link:?}, {backlog}");
            // Two each time: at once, and after 1, 3, 7, 15, 31 and 63 seconds.
            assert!(ours.served >= 14, "{link:?}, {backlog}: {ours:?}");
        }
    }
}

#[test]
fn a_crowd_with_some_room_to_wait_is_served_when_it_asks_again() {
    for link in Link::ALL {
        let ours = crowd(link, Make::Ours { backlog: 8 }, 2, 64);
        assert_eq!((ours.served, ours.refused), (64, 0), "{link:?}");
        let ours = crowd(link, Make::Ours { backlog: 64 }, 2, 256);
        assert_eq!((ours.served, ours.refused), (256, 0), "{link:?}");
        assert!(ours.time < SECOND * 10, "{link:?}: {}", ours.time);
    }
}

#[test]
fn a_port_without_a_server_refuses_even_while_another_is_busy() {
    for link in Link::ALL {
        let mut world = World::new(link, Make::OURS, 2);
        let mut crowd = Crowd::new(&mut world, 64, Duration::ZERO, MINUTE * 2);
        let mut nobody = world.address();
        nobody.port = 9;
        crowd.add(nobody, world.network.now(), MINUTE);
        world.run_for(SECOND / 2, |turn| crowd.poll(turn));
        assert_eq!(crowd.outcome().refused, 1, "{link:?}");
    }
}

/// Other limits in time: `tcp_places.rs` (idle, reads nothing) and `tcp_closing.rs` (never closes,
/// writes on, vanishes in each phase).
#[test]
fn a_half_open_connection_stays_in_plain_smoltcp_and_leaves_ours() {
    for link in Link::ALL {
        assert_eq!(half_open(link, Make::Stock), None, "{link:?}");
        let limit = tcp::Config::default().handshake_timeout;
        assert_eq!(limit, Some(SECOND * 10));
        let ours = half_open(link, Make::OURS).expect("it leaves");
        // The test looks once a second.
        assert!(ours <= SECOND * 10, "{link:?}: {ours}");
    }
}

/// Few slots and many, and each kind of link: each flood is 100 000 frames.
const FLOODED: [(Link, usize); 2] = [(Link::ETHERNET_V4, 2), (Link::IP_V6, 8)];

#[test]
fn a_flood_of_connection_requests_stops_plain_smoltcp() {
    for (link, places) in FLOODED {
        let sessions = |syns| sessions_in_a_flood(link, Make::Stock, places, syns);
        assert_eq!(sessions(Syns::None), OFFERED, "{link:?}");
        assert_eq!(sessions(Syns::Far), 0, "{link:?}");
    }
}

#[test]
#[cfg(feature = "syn-cookies")]
fn a_flood_of_connection_requests_leaves_our_clients_served() {
    for (link, places) in FLOODED {
        let make = Make::Ours { backlog: 8 };
        let sessions = |syns| sessions_in_a_flood(link, make, places, syns);
        assert_eq!(sessions(Syns::None), OFFERED, "{link:?}");
        for syns in [Syns::Far, Syns::Near] {
            let served = sessions(syns);
            assert!(served >= OFFERED * 19 / 20, "{link:?}, {syns:?}: {served}");
        }
    }
}
