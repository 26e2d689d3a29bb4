//! A run that is stepped: one thing that happens at a time.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::Poll;

use smoltcp::phy::Medium;
use smoltcp::time::{Duration, Instant};
use uppercase::simulation::{Conditions, Event, Fate, Link, Network, Step, Turn};

use super::lanes::{MILLISECOND, host, send, take};
use super::plain::{Exchange, exchange};

fn at(millis: i64) -> Instant {
    Instant::from_millis(millis)
}

/// What a step was: whether the hosts were polled, and the fates of frames with their numbers.
fn summary<T>(step: &Step<T>) -> (bool, Vec<(Fate, u64)>) {
    let events = step.events.iter();
    let fates = events.map(|event| (event.fate, event.number)).collect();
    (step.polled.is_some(), fates)
}

fn nothing(_: &mut Turn) {}

#[test]
fn a_run_in_steps_has_the_events_of_a_run_in_one_go() {
    for seed in 0..20 {
        let Exchange { mut network, hosts } = exchange(seed, &[7; 1000], false);
        let whole = Rc::new(RefCell::new(Vec::<Event>::new()));
        let watched = whole.clone();
        network.watch(move |event| watched.borrow_mut().push(event.clone()));
        let done = network.run(Duration::from_secs(600), hosts);
        assert_eq!(done, Ok(()), "seed {seed}");

        let mut stepped = Exchange {
            ..exchange(seed, &[7; 1000], false)
        };
        let mut events = Vec::new();
        loop {
            let next = stepped.network.next_step_at();
            let step = stepped.network.step(&mut stepped.hosts);
            let step = step.expect("something is left to happen");
            // It happens when it was announced, but a frame that only comes to the hub is no step.
            assert!(Some(stepped.network.now()) >= next);
            events.extend(step.events);
            if step.polled == Some(Poll::Ready(())) {
                break;
            }
        }
        assert_eq!(events, whole.take(), "seed {seed}");
        assert_eq!(stepped.network.now(), network.now(), "seed {seed}");
    }
}

#[test]
fn frames_that_arrive_at_one_moment_are_a_step_each_and_the_hosts_are_polled_after_them() {
    let (mut network, link, mut port) = host(Conditions::PERFECT.with_delay(MILLISECOND * 5));
    assert_eq!(
        summary(&network.step(nothing).expect("a first poll")),
        (true, vec![])
    );
    link.to_host.inject(b"one");
    link.to_host.inject(b"other");
    let mut steps = Vec::new();
    while let Some(step) = network.step(|_| while take(&mut port).is_some() {}) {
        steps.push((network.now(), summary(&step)));
    }
    let expected = [
        (at(5), (false, vec![(Fate::Arrived, 1)])),
        (at(5), (false, vec![(Fate::Arrived, 2)])),
        (at(5), (true, vec![])),
    ];
    assert_eq!(steps, expected);
}

#[test]
fn a_step_says_what_the_hosts_have_sent_and_what_was_dropped_at_once() {
    let (mut network, link, mut port) = host(Conditions::PERFECT);
    link.from_host.filter(|frame| frame != b"lost");
    let step = network.step(|turn| {
        assert!(send(&mut port, b"kept") && send(&mut port, b"lost"));
        turn.now
    });
    let step = step.expect("a first poll");
    assert_eq!(step.polled, Some(at(0)));
    let fates = [(Fate::Sent, 1), (Fate::Sent, 2), (Fate::Filtered, 2)];
    assert_eq!(summary(&step).1, fates);
    // There is no other link.
    let step = network.step(nothing).expect("a frame is on its way");
    assert_eq!(summary(&step), (false, vec![(Fate::NotForwarded, 1)]));
    assert!(network.step(nothing).is_none());
}

#[test]
fn a_frame_that_takes_no_time_arrives_in_a_later_step_at_the_same_moment() {
    let mut network = Network::new(Medium::Ip, 1);
    let [mut a, mut b] = ["a", "b"].map(|name| network.link(name).port());
    let mut hosts = |_: &mut Turn| {
        send(&mut a, b"question");
        take(&mut b)
    };
    let step = network.step(&mut hosts).expect("a first poll");
    assert_eq!(step.polled, Some(None));
    let step = network.step(&mut hosts).expect("a frame is on its way");
    assert_eq!(summary(&step), (false, vec![(Fate::Arrived, 1)]));
    let step = network.step(&mut hosts).expect("a frame has arrived");
    assert_eq!(step.polled, Some(Some(b"question".to_vec())));
    assert_eq!(network.now(), at(0));
}

#[test]
fn a_step_jumps_to_the_deadline_of_a_host_or_to_the_next_frame() {
    let (mut network, link, mut port) = host(Conditions::PERFECT.with_delay(MILLISECOND * 20));
    link.to_host.inject(b"frame");
    let mut times = Vec::new();
    for next in [0, 15, 20, 20] {
        assert_eq!(network.next_step_at(), Some(at(next)));
        let step = network.step(|turn| {
            // Twice: at 0 and at 15.
            turn.wake_in((turn.now < at(15)).then_some(MILLISECOND * 15));
            while take(&mut port).is_some() {}
        });
        let step = step.expect("something is left to happen");
        times.push((network.now(), step.polled.is_some()));
    }
    assert_eq!(
        times,
        [
            (at(0), true),
            (at(15), true),
            (at(20), false),
            (at(20), true)
        ]
    );
    assert_eq!(network.next_step_at(), None);
    assert!(network.step(nothing).is_none());
}

#[test]
fn hosts_to_which_something_was_said_between_two_steps_are_polled_in_the_next_one() {
    let (mut network, ..) = host(Conditions::PERFECT);
    assert!(network.step(nothing).is_some());
    assert!(network.step(nothing).is_none());
    network.wake();
    let step = network.step(nothing).expect("it was woken");
    assert_eq!(summary(&step), (true, vec![]));
    assert!(network.step(nothing).is_none());
}

#[test]
fn a_frame_that_is_lost_behind_the_hub_is_a_step_with_all_its_ends_at_that_moment() {
    let mut network = Network::new(Medium::Ip, 1);
    let links = ["a", "b", "c"].map(|name| network.link(name));
    let mut ports = links.each_ref().map(Link::port);
    for link in &links {
        link.from_host
            .set(Conditions::PERFECT.with_delay(MILLISECOND * 3));
        link.to_host.cut();
    }
    let step = network.step(|_| assert!(send(&mut ports[0], b"frame")));
    assert!(step.is_some());
    let step = network.step(nothing).expect("a frame is on its way");
    assert_eq!(
        summary(&step),
        (false, vec![(Fate::Cut, 1), (Fate::Cut, 1)])
    );
    assert_eq!(network.now(), at(3));
}

#[test]
fn a_run_goes_on_where_steps_have_stopped() {
    let Exchange {
        mut network,
        mut hosts,
    } = exchange(3, &[7; 1000], false);
    for _ in 0..10 {
        assert!(network.step(&mut hosts).is_some());
    }
    assert_eq!(network.run(Duration::from_secs(600), hosts), Ok(()));
}
