//! How long honest clients wait while SYNs come from hosts that are not there, at any rate.

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::stack::PendingSyn;
use uppercase::tcp::Config;

use super::common::chance::Chance;
use super::common::frames::{segment, tcp};
use super::common::network::{Actor, Link, SECOND};
use super::common::scene::Scene;
use super::common::talk::Talk;

/// How SYNs come.
#[derive(Clone, Copy, Debug)]
enum Flood {
    /// This many at once, before the first honest client.
    Once(usize),
    /// This many a second.
    Rate(u64),
}

const FLOODS: [Flood; 4] = [
    Flood::Once(5),
    Flood::Once(600),
    Flood::Rate(70),
    Flood::Rate(1000),
];

/// With cookies, a client is served as soon as it has acknowledged one.
const LIMIT: Duration = if cfg!(feature = "syn-cookies") {
    SECOND
} else {
    Duration::from_secs(3)
};

/// For this time honest clients come, one each 200 ms on average. They do not keep in step with the
/// flood, as no two hosts do.
const TIME: Duration = Duration::from_secs(13);
const PACE: u64 = 200;
/// The delay of the link, one way.
const DELAY: Duration = Duration::from_millis(1);

/// A SYN from a host of its own.
fn forged(link: Link, number: usize) -> Vec<u8> {
    let [.., high, low] = number.to_be_bytes();
    let source = if link.ipv6 {
        IpAddress::v6(0xfdbb, 0, 0, 0, 0, high.into(), low.into(), 9)
    } else {
        IpAddress::v4(10, 7, high, low)
    };
    let from = IpEndpoint::new(source, 1024 + (number % 60_000) as u16);
    let syn = TcpRepr {
        control: TcpControl::Syn,
        seq_number: TcpSeqNumber((number as i32).wrapping_mul(0x9e37_79b1_u32 as i32)),
        max_seg_size: Some(1460),
        ..segment(from, link.server())
    };
    tcp(link, source, link.server().addr, &syn)
}

/// The longest time from the first SYN of an honest client to the end of its session.
fn longest_delay(link: Link, places: usize, backlog: usize, flood: Flood) -> Duration {
    let mut scene = Scene::new(link, places, Config::default());
    let backlog = vec![PendingSyn::EMPTY; backlog];
    *scene.network.server = scene.network.server.with_backlog(backlog);
    let conditions = uppercase::simulation::Conditions::default().with_delay(DELAY);
    scene.network.to_server.set(conditions);
    scene.network.to_client.set(conditions);
    let Scene {
        network, server, ..
    } = &mut scene;
    let mut sent = 0;
    if let Flood::Once(count) = flood {
        while sent < count {
            network.to_server.inject(&forged(link, sent));
            sent += 1;
        }
    }
    let step = match flood {
        Flood::Once(_) => Duration::from_millis(20),
        Flood::Rate(rate) => SECOND / rate as u32,
    };
    let mut chance = Chance::new(5);
    let begin = network.now();
    let mut next = begin + step * 3;
    let mut talks: Vec<(Instant, Talk)> = Vec::new();
    let mut longest = Duration::ZERO;
    while network.now() < begin + TIME || !talks.is_empty() {
        if matches!(flood, Flood::Rate(_)) {
            network.to_server.inject(&forged(link, sent));
            sent += 1;
        }
        let now = network.now();
        if now >= next && now < begin + TIME {
            next += Duration::from_micros(PACE * 500 + chance.below(PACE as usize * 1000) as u64);
            talks.push((now, Talk::new(network, link.server(), 64, b"hello")));
        }
        {
            let talks = talks.iter_mut();
            let mut clients: Vec<_> = talks.map(|(_, talk)| talk as &mut dyn Actor).collect();
            network.run_for(step, &mut [server], &mut clients);
        }
        let now = network.now();
        talks.retain(|(since, talk)| {
            let delay = now - *since;
            if !talk.is_done() && delay < SECOND * 60 {
                return true;
            }
            // A client that has given up was not served.
            let is_served = talk.outcome == Some(Ok(())) && talk.answer == b"HELLO";
            longest = longest.max(if is_served { delay } else { SECOND * 99 });
            false
        });
    }
    longest
}

/// `cargo test --test memory honest_clients -- --nocapture` prints the figures.
#[test]
fn honest_clients_are_served_soon_while_others_do_not_acknowledge() {
    let mut late = Vec::new();
    for (places, backlog) in [(2, 0), (2, 4), (512, 1024)] {
        for flood in FLOODS {
            let mut longest = Duration::ZERO;
            for link in [Link::IP_V4, Link::IP_V6] {
                longest = longest.max(longest_delay(link, places, backlog, flood));
            }
            println!("{places} places, backlog {backlog}, {flood:?}: {longest}");
            if longest > LIMIT {
                late.push((places, backlog, flood, longest));
            }
        }
    }
    assert!(late.is_empty(), "{late:#?}");
}
