//! Both ends on this package's stack, in the simulated network.

use smoltcp::time::{Duration, Instant};
use uppercase::simulation::{Conditions, Probability};
use uppercase::tcp::{Config, CongestionControl};

use crate::common::network::{Actor, Link, Network};
use crate::common::scene::{Server, client};
use crate::common::talk::Talk;
use crate::common::text::{mixed, upper};

const LENGTH: usize = 2_000_000;
const WINDOW: usize = 65_535 << 2;
/// Each row with loss is run with so many seeds: what is lost differs much from one to the other.
const SEEDS: u64 = 9;
/// How long an exchange may take, and how often it is looked at.
const LIMIT: Duration = Duration::from_secs(600);
const STEP: Duration = Duration::from_millis(10);
const CONTROLS: [(&str, CongestionControl); 2] = [
    ("Cubic", CongestionControl::Cubic),
    ("Reno", CongestionControl::Reno),
];

/// What an exchange comes to. One that does not end is the longest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Result {
    time: Duration,
    stall: Duration,
    is_whole: bool,
}

pub fn bottleneck() {
    println!("\nsimulated: a bottleneck of 10 Mbit/s each way, 2 MB a connection");
    println!("The queue is in frames of any length: those without payload take as much of it as others.");
    println!("delay  queue  connections | Cubic: time  stall | Reno: time   stall");
    for delay in [1, 25] {
        for queue in [133, 66, 20] {
            for count in [1, 4] {
                let conditions = Conditions::PERFECT.with_bandwidth(Some(10_000_000)).with_queue(queue).with_delay(Duration::from_millis(delay));
                print!("{delay:2} ms  {queue:5}  {count:11}");
                row(conditions, count, 1);
            }
        }
    }
}

pub fn loss() {
    println!("\nsimulated: 100 Mbit/s and 5 ms each way, 2 MB over one connection");
    println!("The time in the middle of those with {SEEDS} seeds, the longest of them, and the longest stall.");
    println!("fault                      | Cubic: time    longest   stall | Reno: time     longest   stall");
    let path = Conditions::PERFECT.with_bandwidth(Some(100_000_000)).with_queue(1000).with_delay(Duration::from_millis(5));
    print!("none                      ");
    row(path, 1, 1);
    for percent in [1, 5, 20] {
        let loss = Probability::percent(percent);
        print!("{percent:2} % lost                 ");
        row(path.with_loss(loss), 1, SEEDS);
    }
    for percent in [1, 5, 20] {
        let reordering = Probability::percent(percent);
        for hold in [1, 10] {
            print!("{percent:2} % held back for {hold:2} ms   ");
            let hold = Duration::from_millis(hold);
            row(path.with_reordering(reordering).with_hold(hold), 1, SEEDS);
        }
    }
}

fn row(conditions: Conditions, count: usize, seeds: u64) {
    for (_, control) in CONTROLS {
        let mut results: Vec<Result> =
            (1..=seeds).map(|seed| exchange(conditions, count, control, seed)).collect();
        results.sort();
        let stall = results.iter().map(|result| result.stall).max();
        print!(" | {}", time(results[results.len() / 2]));
        if seeds > 1 {
            print!(" {}", time(results[results.len() - 1]));
        }
        print!(" {:5.2} s", seconds(stall.unwrap_or(Duration::ZERO)));
    }
    println!();
}

fn time(result: Result) -> String {
    match result.is_whole {
        true => format!("{:8.2} s", seconds(result.time)),
        false => format!("{:>10}", "never"),
    }
}

fn seconds(time: Duration) -> f64 {
    time.total_micros() as f64 / 1e6
}

fn exchange(conditions: Conditions, count: usize, control: CongestionControl, seed: u64) -> Result {
    let link = Link::ETHERNET_V4;
    let mut network = Network::with_seed(link, seed);
    let config = Config::default().with_congestion_control(control);
    let mut server = Server::hashing(&mut network, count, WINDOW, config);
    network.to_client.set(conditions);
    network.to_server.set(conditions);
    let text = mixed(LENGTH);
    let talk = |_| {
        let mut client = client(network.client.sockets(), WINDOW, LIMIT);
        client.set_congestion_control(control);
        Talk::by(client, &mut network, link.server(), &text)
    };
    let mut talks: Vec<Talk> = (0..count).map(talk).collect();
    let start = network.now();
    let mut last: Vec<(usize, Instant)> = vec![(0, start); count];
    let mut stall = Duration::ZERO;
    while network.now() < start + LIMIT {
        let mut clients: Vec<&mut dyn Actor> = Vec::new();
        for talk in &mut talks {
            clients.push(talk);
        }
        network.run_for(STEP, &mut [&mut server], &mut clients);
        let now = network.now();
        for (talk, (length, since)) in talks.iter().zip(&mut last) {
            if talk.answer.len() > *length || talk.outcome.is_some() {
                (*length, *since) = (talk.answer.len(), now);
            }
            stall = stall.max(now - *since);
        }
        if talks.iter().all(|talk| talk.outcome.is_some()) {
            let is_whole = |talk: &Talk| talk.outcome == Some(Ok(())) && talk.answer == upper(&text);
            let is_whole = talks.iter().all(is_whole);
            let time = if is_whole { now - start } else { LIMIT };
            return Result { time, stall, is_whole };
        }
    }
    Result { time: LIMIT, stall, is_whole: false }
}
