//! What a stack draws, as an attacker sees it that has connections of its own: none of it tells what
//! another peer is sent (RFC 6528, RFC 6056).

use std::collections::HashSet;

use smoltcp::time::Duration;
#[cfg(not(feature = "syn-cookies"))]
use smoltcp::wire::TcpRepr;
use smoltcp::wire::{IpEndpoint, TcpControl};
use uppercase::tcp::Config;

use super::common::frames::read_tcp;
use super::common::hand::Hand;
use super::common::network::{Link, Network};
use super::common::scene::{Caller, Scene};
use super::generator;

/// Samples that an attacker takes.
const SAMPLES: usize = 40;

/// The initial sequence number and the port of connections that a client opens in a row.
fn of_clients(link: Link, count: usize) -> Vec<(u32, u16)> {
    let mut network = Network::new(link);
    network.to_server.capture();
    let mut caller = Caller::new(&mut network, 64);
    for _ in 0..count {
        let to = IpEndpoint::new(link.server().addr, 9);
        assert_eq!(caller.connect_to(&mut network, to), Ok(()));
        network.run_for(Duration::from_millis(3), &mut [], &mut []);
    }
    let frames = network.to_server.captured();
    let segments = frames.iter().filter_map(|frame| read_tcp(link, frame));
    let mut syns: Vec<_> = segments
        .filter(|(_, _, segment)| segment.control == TcpControl::Syn)
        .map(|(from, _, segment)| (segment.seq_number.0 as u32, from.port))
        .collect();
    syns.dedup();
    assert_eq!(syns.len(), count, "{link:?}");
    syns
}

/// The initial sequence numbers of connections that a server accepts in a row.
fn of_a_server(link: Link, count: usize) -> Vec<u32> {
    let mut scene = Scene::new(link, count + 1, Config::default());
    let hand = Hand::connected(&mut scene, 40_000, 1024);
    let ports = 40_001..40_001 + count as u16;
    let numbers = ports.map(|port| {
        let hand = Hand {
            from: IpEndpoint::new(hand.from.addr, port),
            ..hand
        };
        hand.send(&mut scene, &hand.syn());
        let heard = hand.hear(&mut scene);
        assert_eq!(heard[0].control, TcpControl::Syn);
        heard[0].number.0 as u32
    });
    numbers.collect()
}

/// What an attacker foretells after these numbers, by each of its methods.
fn foretold(numbers: &[u32]) -> HashSet<u32> {
    let mut foretold = HashSet::new();
    // The generator of smoltcp: from any three in a row to the next.
    for three in numbers.windows(3).take(4) {
        for state in generator::states([three[0], three[1], three[2]]) {
            let mut state = state;
            for _ in 0..numbers.len() + 2 {
                state = generator::next(state);
                foretold.insert(generator::number(state));
            }
        }
    }
    // The same step once more.
    for two in numbers.windows(2) {
        let step = two[1].wrapping_sub(two[0]);
        foretold.insert(numbers[numbers.len() - 1].wrapping_add(step));
    }
    foretold
}

#[test]
fn nothing_foretells_the_sequence_number_of_the_next_connection_of_a_client() {
    for link in Link::ALL {
        let numbers: Vec<_> = of_clients(link, SAMPLES).iter().map(|(n, _)| *n).collect();
        let (seen, next) = numbers.split_at(SAMPLES - 5);
        let foretold = foretold(seen);
        assert!(next.iter().all(|next| !foretold.contains(next)), "{link:?}");
        let different: HashSet<_> = numbers.iter().collect();
        assert_eq!(different.len(), SAMPLES, "{link:?}");
    }
}

#[test]
fn nothing_foretells_the_sequence_number_of_the_next_connection_of_a_server() {
    for link in Link::ALL {
        let numbers = of_a_server(link, SAMPLES);
        let (seen, next) = numbers.split_at(SAMPLES - 5);
        let foretold = foretold(seen);
        assert!(next.iter().all(|next| !foretold.contains(next)), "{link:?}");
    }
}

/// The secret of a stack stays one: what is drawn are not the states behind it.
#[test]
fn no_sequence_number_leads_back_to_the_seed() {
    for link in Link::ALL {
        let numbers: Vec<_> = of_clients(link, SAMPLES).iter().map(|(n, _)| *n).collect();
        for three in numbers.windows(3) {
            for mut state in generator::states([three[0], three[1], three[2]]) {
                for _ in 0..SAMPLES + 8 {
                    state = generator::before(state);
                    // As `network.rs` chooses it.
                    assert_ne!(state, 2, "{link:?}");
                }
            }
        }
    }
}

/// RFC 6528, 3: "ISN = M + F(localip, localport, remoteip, remoteport, secretkey)", where M is a
/// timer of 4 µs: of one four-tuple, the numbers grow with time. (A cookie does not.)
#[test]
#[cfg(not(feature = "syn-cookies"))]
fn the_sequence_numbers_of_one_four_tuple_grow_by_one_each_4_microseconds() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 2, Config::default());
        let hand = Hand::connected(&mut scene, 40_000, 1024);
        scene.pass(Duration::from_secs(10));
        let reset = TcpRepr {
            control: TcpControl::Rst,
            ..hand.segment()
        };
        hand.send(&mut scene, &reset);
        hand.hear(&mut scene);
        hand.send(&mut scene, &hand.syn());
        let heard = hand.hear(&mut scene);
        assert_eq!(heard[0].control, TcpControl::Syn, "{link:?}");
        let grown = heard[0].number.0.wrapping_sub(hand.expected.0) as u32 + 1;
        assert!((2_500_000..2_501_000).contains(&grown), "{grown}, {link:?}");
    }
}

/// RFC 6056, 3.1: "the security goal" is that an attacker cannot guess "the ephemeral port that will
/// be selected for the next connection".
#[test]
fn no_step_from_a_port_to_the_next_is_more_likely_than_others() {
    const COUNT: usize = 4_000;
    let ports: Vec<_> = of_clients(Link::IP_V4, COUNT)
        .iter()
        .map(|(_, p)| *p)
        .collect();
    assert!(ports.iter().all(|port| *port >= 49_152));
    let mut steps = vec![0; 1 << 14];
    for two in ports.windows(2) {
        steps[usize::from(two[1].wrapping_sub(two[0]) & 0x3fff)] += 1;
    }
    let most = steps.iter().max().expect("there are some");
    assert!(*most <= 6, "one step was made {most} times");
    // Late answers find no other client: a port is not chosen again soon.
    for ports in ports.windows(2000).step_by(100) {
        let different: HashSet<_> = ports.iter().collect();
        assert_eq!(different.len(), ports.len());
    }
}
