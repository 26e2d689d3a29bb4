//! Sessions on a link that loses, repeats, confuses and spoils what it carries.

use smoltcp::time::Duration;
use uppercase::simulation::{Conditions, Network, Probability, Statistics, seeds};
use uppercase::tcp;

use super::common::network::{Link, MINUTE};
use super::model::Verdict;
use super::town::Town;

/// Each way.
const HOSTILE: Conditions = Conditions::PERFECT
    .with_delay(Duration::from_millis(5))
    .with_jitter(Duration::from_millis(5))
    .with_loss(Probability::percent(20))
    .with_duplication(Probability::percent(10))
    .with_reordering(Probability::percent(20))
    .with_hold(Duration::from_millis(30))
    .with_corruption(Probability::percent(5))
    .with_truncation(Probability::percent(1));

fn hostile(link: Link) -> Town {
    Town {
        servers_link: HOSTILE,
        ..Town::new(link)
    }
}

/// All answers are exact, no run is stuck, and every slot of the server is free in the end.
fn sessions(link: Link) {
    let mut longest = Duration::ZERO;
    let mut exact = 0;
    let seeds = seeds(0..500);
    for seed in seeds.clone() {
        let outcome = hostile(link).run(seed);
        outcome.expect_exact();
        longest = longest.max(outcome.time);
        exact += outcome.verdicts.len();
    }
    println!("{link:?}, seeds {seeds:?}: {exact} answers are exact, longest run {longest}");
}

#[test]
fn sessions_over_a_hostile_link_are_exact_over_ipv4() {
    sessions(Link::ETHERNET_V4);
}

#[test]
fn sessions_over_a_hostile_link_are_exact_over_ipv6() {
    sessions(Link::ETHERNET_V6);
}

#[test]
fn with_the_usual_limits_a_session_is_exact_or_ends_in_an_error() {
    for link in Link::ALL {
        let town = Town {
            config: tcp::Config::default(),
            timeout: MINUTE,
            ..hostile(link)
        };
        let mut exact = 0;
        let mut all = 0;
        for seed in seeds(0..30) {
            let outcome = town.run(seed);
            let verdicts = &outcome.verdicts;
            assert!(!verdicts.contains(&Verdict::Wrong), "{verdicts:?}");
            all += verdicts.len();
            exact += verdicts.iter().filter(|v| **v == Verdict::Exact).count();
        }
        assert!(exact * 10 >= all * 9, "{link:?}: {exact} of {all}");
    }
}

#[test]
fn every_fault_has_struck_both_ways() {
    let mut to_server = Statistics::default();
    let mut from_server = Statistics::default();
    let town = hostile(Link::ETHERNET_V4);
    for seed in 0..20 {
        let outcome = town.run(seed);
        add(&mut to_server, &outcome.to_server);
        add(&mut from_server, &outcome.from_server);
    }
    for all in [to_server, from_server] {
        let share = |count: u64| count * 100 / all.sent;
        assert!((15..25).contains(&share(all.lost)), "{all:?}");
        assert!((5..11).contains(&share(all.duplicated)), "{all:?}");
        assert!((2..20).contains(&share(all.reordered)), "{all:?}");
        assert!((2..6).contains(&share(all.corrupted)), "{all:?}");
        assert!(all.truncated > 0, "{all:?}");
    }
}

fn add(sum: &mut Statistics, other: &Statistics) {
    sum.sent += other.sent;
    sum.lost += other.lost;
    sum.duplicated += other.duplicated;
    sum.reordered += other.reordered;
    sum.corrupted += other.corrupted;
    sum.truncated += other.truncated;
}

#[test]
fn where_checksums_are_not_looked_at_wrong_text_is_noticed() {
    for link in Link::ALL {
        let town = Town {
            servers_link: Conditions::default().with_corruption(Probability::percent(5)),
            verifies: false,
            config: tcp::Config::default(),
            timeout: MINUTE,
            ..Town::new(link)
        };
        let wrong = |seed| town.run(seed).verdicts.contains(&Verdict::Wrong);
        assert!((0..20).any(wrong), "{link:?}: all was right");
    }
}

/// Everything that happened to the frames of a run.
fn log(seed: u64) -> Vec<String> {
    let town = hostile(Link::ETHERNET_V4);
    let mut network = Network::new(town.link.medium, seed);
    let log = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let writer = log.clone();
    network.watch(move |event| writer.borrow_mut().push(event.to_string()));
    town.run_on(network, seed).expect_exact();
    log.take()
}

#[test]
fn the_same_seed_gives_the_same_log() {
    for seed in 0..5 {
        assert_eq!(log(seed), log(seed));
        assert_ne!(log(seed), log(seed + 1));
    }
}
