//! Losses that come one after the other.

use smoltcp::phy::Medium;
use uppercase::simulation::{Bursts, Conditions, Link, Network, Probability, Statistics};

use super::lanes::{MILLISECOND, host, take};

const FRAMES: u32 = 20_000;

/// Which of many frames arrive, sent one after the other.
fn arrived(conditions: Conditions) -> (Vec<bool>, Statistics) {
    let (_network, link, mut port) = host(conditions);
    let mut arrived = Vec::new();
    for number in 0..FRAMES {
        link.to_host.inject(&number.to_be_bytes());
        arrived.push(take(&mut port).is_some());
    }
    (arrived, link.to_host.statistics())
}

/// The mean length of the runs of frames that were all lost, or have all arrived.
fn mean_run(arrived: &[bool], value: bool) -> f64 {
    let runs = arrived.chunk_by(|one, next| one == next);
    let runs: Vec<_> = runs.filter(|run| run[0] == value).map(<[_]>::len).collect();
    runs.iter().sum::<usize>() as f64 / runs.len() as f64
}

#[test]
fn bursts_are_as_long_and_as_far_apart_as_the_formulas_say() {
    for (enter, leave) in [(1, 20), (5, 50), (2, 100)] {
        let bursts = Bursts::new(Probability::percent(enter), Probability::percent(leave));
        let (arrived, statistics) = arrived(Conditions::PERFECT.with_bursts(bursts));
        let (enter, leave) = (f64::from(enter) / 100.0, f64::from(leave) / 100.0);
        let is_about = |value: f64, expected: f64| (value / expected - 1.0).abs() < 0.15;
        let length = mean_run(&arrived, false);
        assert!(is_about(length, 1.0 / leave), "{length} for {leave}");
        let distance = mean_run(&arrived, true);
        assert!(is_about(distance, 1.0 / enter), "{distance} for {enter}");
        let share = statistics.lost_in_burst as f64 / f64::from(FRAMES);
        assert!(is_about(share, enter / (enter + leave)), "{share}");
        assert_eq!(statistics.lost, 0);
    }
}

#[test]
fn each_state_has_a_loss_of_its_own() {
    let (_, statistics) = arrived(
        Conditions::PERFECT
            .with_loss(Probability::percent(2))
            .with_bursts(Bursts {
                enter: Probability::percent(10),
                leave: Probability::percent(10),
                loss: Probability::percent(50),
            }),
    );
    // Each state has half of the frames.
    let share = |count: u64| count * 1000 / u64::from(FRAMES);
    assert!((8..12).contains(&share(statistics.lost)), "{statistics:?}");
    let in_burst = share(statistics.lost_in_burst);
    assert!((230..270).contains(&in_burst), "{statistics:?}");
}

#[test]
fn bursts_that_never_begin_change_nothing_of_a_run() {
    let run = |bursts| {
        arrived(
            Conditions::PERFECT
                .with_loss(Probability::percent(20))
                .with_bursts(bursts),
        )
        .0
    };
    let rare = Bursts::new(Probability::NEVER, Probability::percent(3));
    assert_eq!(run(Bursts::NEVER), run(rare));
}

#[test]
fn the_same_seed_has_the_same_bursts_and_another_lane_has_others() {
    let run = |seed| {
        let mut network = Network::new(Medium::Ip, seed);
        let links = ["a", "b"].map(|name| network.link(name));
        for link in &links {
            link.set(Conditions::PERFECT.with_bursts(Bursts::new(
                Probability::percent(5),
                Probability::percent(20),
            )));
        }
        let mut ports = links.each_ref().map(Link::port);
        let mut arrived = [const { Vec::new() }; 2];
        for _ in 0..500 {
            for ((link, port), arrived) in links.iter().zip(&mut ports).zip(&mut arrived) {
                link.to_host.inject(b"frame");
                arrived.push(take(port).is_some());
            }
            network.sleep(MILLISECOND);
        }
        arrived
    };
    let [one, other] = run(1);
    assert_ne!(one, other);
    assert_eq!([one, other], run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn other_bursts_begin_in_their_good_state() {
    let endless = Bursts::new(Probability::ALWAYS, Probability::NEVER);
    let (_network, link, mut port) = host(Conditions::PERFECT.with_bursts(endless));
    let mut passes = || {
        link.to_host.inject(b"frame");
        take(&mut port).is_some()
    };
    assert!(!passes());
    // The MTU is changed and the bursts are not: the bad state goes on.
    let later = Conditions::PERFECT.with_bursts(endless).with_mtu(1000);
    link.to_host.set(later);
    assert!(!passes());
    link.to_host
        .set(later.with_bursts(Bursts::new(Probability::NEVER, Probability::NEVER)));
    assert!(passes());
}
