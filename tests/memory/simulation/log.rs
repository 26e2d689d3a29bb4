//! What is told of a run: the same for the same seed, a line for each event.

use std::cell::RefCell;
use std::rc::Rc;

use smoltcp::phy::Medium;
use smoltcp::time::{Duration, Instant};
use uppercase::simulation::{Conditions, Direction, Fate, Link, Network, Probability};

use super::lanes::{MILLISECOND, send, take};

/// The whole story of some frames between two hosts that suffer everything.
fn story(seed: u64) -> String {
    let mut network = Network::new(Medium::Ip, seed);
    let story = Rc::new(RefCell::new(String::new()));
    let writer = story.clone();
    network.watch(move |event| {
        let (time, fate) = (event.time.total_micros(), event.fate);
        let line = format!("{time} {} {fate} {:?}\n", event.link, event.frame);
        *writer.borrow_mut() += &line;
    });
    let links = ["a", "b"].map(|name| network.link(name));
    for link in &links {
        link.set(Conditions {
            delay: MILLISECOND,
            jitter: MILLISECOND * 3,
            loss: Probability::percent(10),
            duplication: Probability::percent(10),
            reordering: Probability::percent(10),
            hold: MILLISECOND * 5,
            corruption: Probability::percent(10),
            truncation: Probability::percent(10),
            mtu: 90,
            bandwidth: Some(500_000),
            queue: 3,
        });
        link.cut_between(Instant::from_millis(40), Instant::from_millis(50));
    }
    let mut ports = links.each_ref().map(Link::port);
    for number in 0..100 {
        for port in &mut ports {
            send(port, &vec![number; usize::from(number)]);
        }
        network.sleep(MILLISECOND);
        while ports.iter_mut().any(|port| take(port).is_some()) {}
    }
    story.take()
}

#[test]
fn the_same_seed_tells_the_same_story_on_every_platform() {
    assert_eq!(story(1), story(1));
    assert_ne!(story(1), story(2));
    // FNV-1a: were this to differ on some platform, or with some change, seeds would mean other
    // runs from then on.
    let hash = story(1)
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    assert_eq!(hash, 0x4da5_ac75_65e9_5baf, "{hash:#x}");
}

#[test]
fn the_log_has_a_line_for_each_event() {
    let mut network = Network::new(Medium::Ethernet, 1);
    let events = Rc::new(RefCell::new(Vec::new()));
    let log = events.clone();
    network.watch(move |event| {
        log.borrow_mut()
            .push((event.direction, event.fate, event.to_string()));
    });
    let link = network.link("host");
    link.to_host.set(Conditions {
        delay: Duration::from_micros(1_000_020),
        duplication: Probability::ALWAYS,
        ..Conditions::default()
    });
    let _port = link.port();
    let mut frame = vec![0; 14];
    frame[0] = 2;
    link.to_host.inject(&frame);
    network.sleep(MILLISECOND * 2000);
    let events = events.take();
    let fates: Vec<_> = events.iter().map(|(_, fate, _)| *fate).collect();
    assert_eq!(
        fates,
        [Fate::Sent, Fate::Duplicated, Fate::Arrived, Fate::Arrived]
    );
    let (direction, _, line) = &events[2];
    assert_eq!(*direction, Direction::ToHost);
    assert_eq!(
        line,
        "   1.000020 host     < arrived    \
         EthernetII src=00-00-00-00-00-00 dst=02-00-00-00-00-00 type=0x0000"
    );
}

#[test]
fn a_frame_has_one_number_on_all_lanes_and_its_copies_have_it_too() {
    let mut network = Network::new(Medium::Ip, 1);
    let events = Rc::new(RefCell::new(Vec::new()));
    let log = events.clone();
    network.watch(move |event| log.borrow_mut().push(event.clone()));
    let [a, b, c] = ["a", "b", "c"].map(|name| network.link(name));
    for link in [&a, &b] {
        link.set(Conditions {
            duplication: Probability::ALWAYS,
            ..Conditions::default()
        });
    }
    let mut ports = [&a, &b, &c].map(Link::port);
    for number in 1..=2 {
        assert!(send(&mut ports[0], &[number; 20]));
        network.sleep(MILLISECOND);
    }
    let events = events.take();
    for event in &events {
        assert_eq!(event.number, u64::from(event.frame[0]));
    }
    let arrived = |number: u64, link: &str| {
        let arrived = events.iter().filter(|event| {
            event.fate == Fate::Arrived
                && event.direction == Direction::ToHost
                && (event.number, &*event.link) == (number, link)
        });
        arrived.map(|event| event.copy).collect::<Vec<_>>()
    };
    for number in 1..=2 {
        // It becomes two on the way from `a`, and each of the two becomes two on the way to `b`.
        assert_eq!(arrived(number, "b"), [0, 2, 1, 3]);
        assert_eq!(arrived(number, "c"), [0, 1]);
    }
}
