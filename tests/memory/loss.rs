//! What is lost on the path is retransmitted about a round trip later, and what comes late is not.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use smoltcp::time::Duration;
use smoltcp::wire::TcpControl;
use uppercase::simulation::{Conditions, Lane, Probability};
use uppercase::tcp::{self, CongestionControl};

use super::common::frames::read_tcp;
use super::common::network::{HOUR, Link, MINUTE, Network};
use super::common::scene::{Server, client};
use super::common::talk::Talk;
use super::common::text::{mixed, upper};

const WINDOW: usize = tcp::UNSCALED_WINDOW << 2;
const ROUND_TRIP: Duration = Duration::from_millis(100);

/// What passes, and how long it takes.
struct Exchange {
    network: Network,
    link: Link,
    length: usize,
    window: usize,
    control: CongestionControl,
    closes_first: bool,
}

impl Exchange {
    fn new(link: Link, length: usize, path: Conditions, seed: u64) -> Self {
        let network = Network::with_seed(link, seed);
        network.to_server.set(path);
        network.to_client.set(path);
        Self {
            network,
            link,
            length,
            window: WINDOW,
            control: CongestionControl::Reno,
            closes_first: true,
        }
    }

    #[track_caller]
    fn run(&mut self) -> Duration {
        let config = tcp::Config::default().with_congestion_control(self.control);
        let network = &mut self.network;
        let mut server = Server::hashing(network, 1, self.window, config);
        let text = mixed(self.length);
        let mut client = client(network.client.sockets(), self.window, HOUR);
        client.set_congestion_control(self.control);
        let mut talk = Talk::by(client, network, self.link.server(), &text);
        talk.closes_first = self.closes_first;
        let start = network.now();
        network.run(HOUR, &mut [&mut server], &mut [&mut talk]);
        assert!(talk.expect_answer() == upper(&text));
        network.now() - start
    }
}

fn far() -> Conditions {
    Conditions::PERFECT
        .with_delay(ROUND_TRIP / 2)
        .with_queue(1000)
}

/// The segment that brings the first byte of so many, or the FIN, is lost so often.
fn lose(lane: &Lane, link: Link, number: usize, times: usize) {
    let (mut first, mut lost) = (None, 0);
    lane.filter(move |frame| {
        let Some((_, _, segment)) = read_tcp(link, frame) else {
            return true;
        };
        if segment.control == TcpControl::Syn {
            first = Some(segment.seq_number + 1);
        }
        let Some(first) = first else { return true };
        let number = first + number;
        let end = segment.seq_number + segment.segment_len();
        let is_it = segment.seq_number <= number && number < end;
        let loses = is_it && lost < times;
        lost += usize::from(loses);
        !loses
    });
}

const LENGTH: usize = 20_000;

/// RFC 8985, 7: "the last segment [...] of a flight"; RFC 6582: any of them; and a FIN alone. None waits for
/// the second of smoltcp's timer.
#[test]
fn a_lost_segment_is_sent_again_after_about_a_round_trip() {
    for link in [Link::ETHERNET_V4, Link::IP_V6] {
        let length = mixed(LENGTH).len();
        let undisturbed = Exchange::new(link, LENGTH, far(), 1).run();
        for number in [0, 1_500, 5_000, 10_000, length - 1, length] {
            let mut exchange = Exchange::new(link, LENGTH, far(), 1);
            lose(&exchange.network.to_server, link, number, 1);
            let time = exchange.run();
            // The timeout is that of RFC 6298: the first round-trip time and four times the half of it.
            let most = undisturbed + ROUND_TRIP * 5;
            assert!(time <= most, "{link:?}, {number}: {undisturbed}, {time}");
        }
    }
}

/// RFC 8961, 4: the timeout follows from the round-trip time, and doubles.
#[test]
fn a_segment_that_is_lost_twice_is_sent_again_after_the_timeout() {
    let link = Link::IP_V4;
    let length = mixed(LENGTH).len();
    let undisturbed = Exchange::new(link, LENGTH, far(), 1).run();
    for number in [0, 5_000, length - 1, length] {
        let mut exchange = Exchange::new(link, LENGTH, far(), 1);
        lose(&exchange.network.to_server, link, number, 2);
        let time = exchange.run();
        let most = undisturbed + ROUND_TRIP * 12;
        assert!(time <= most, "{number}: {undisturbed}, {time}");
    }
}

#[test]
fn a_text_passes_whatever_is_lost() {
    for (percent, limit) in [(1, 5), (5, 30), (20, 600)] {
        for seed in 1..=6 {
            let path = far()
                .with_loss(Probability::percent(percent))
                .with_delay(Duration::from_millis(5));
            let mut exchange = Exchange::new(Link::IP_V4, 300_000, path, seed);
            #[cfg(feature = "cubic")]
            if seed % 2 == 0 {
                exchange.control = CongestionControl::Cubic;
            }
            let time = exchange.run();
            let limit = Duration::from_secs(limit);
            assert!(time < limit, "{percent} %, seed {seed}: {time}");
        }
    }
}

/// Each side's window is shut for most of the time, and acknowledgements come with payload beyond it.
#[test]
fn a_text_passes_shut_windows_whatever_is_lost() {
    for seed in 1..=6 {
        let path = far()
            .with_loss(Probability::percent(10))
            .with_delay(Duration::from_millis(5));
        let mut exchange = Exchange::new(Link::IP_V4, 100_000, path, seed);
        exchange.window = 3000;
        let time = exchange.run();
        assert!(time < MINUTE, "seed {seed}: {time}");
    }
}

/// The payload that passes a lane: the segments, those that were sent before, and the short ones.
#[derive(Default)]
struct Payload {
    segments: usize,
    again: usize,
    short: usize,
}

fn watch(lane: &Lane, link: Link, full: usize) -> Rc<RefCell<Payload>> {
    let payload = Rc::new(RefCell::new(Payload::default()));
    let mut seen = BTreeSet::new();
    let counts = Rc::clone(&payload);
    lane.filter(move |frame| {
        if let Some((_, _, segment)) = read_tcp(link, frame)
            && !segment.payload.is_empty()
        {
            let mut counts = counts.borrow_mut();
            counts.segments += 1;
            counts.again += usize::from(!seen.insert(segment.seq_number.0));
            counts.short += usize::from(segment.payload.len() < full);
        }
        true
    });
    payload
}

/// RFC 8985, 3.3.2: a reordering window, so that few of the late segments are taken for lost.
#[test]
fn segments_that_come_late_are_seldom_sent_again() {
    let link = Link::IP_V4;
    let path = far()
        .with_bandwidth(Some(100_000_000))
        .with_delay(Duration::from_millis(5))
        .with_reordering(Probability::percent(20))
        .with_hold(Duration::from_millis(1));
    let mut exchange = Exchange::new(link, 1_000_000, path, 1);
    let payload = watch(&exchange.network.to_server, link, 0);
    exchange.run();
    let payload = payload.borrow();
    let (again, segments) = (payload.again, payload.segments);
    // A fifth of them is late.
    assert!(again * 20 < segments, "{again} of {segments}");
}

/// RFC 9293, 3.8.6.2.1: "A TCP implementation MUST include a SWS avoidance algorithm in the sender
/// (MUST-38)". A congestion window is no multiple of a segment.
#[test]
fn segments_are_full_where_more_text_waits() {
    let link = Link::IP_V4;
    let path = far()
        .with_bandwidth(Some(10_000_000))
        .with_queue(20)
        .with_delay(Duration::from_millis(5));
    let mut exchange = Exchange::new(link, 1_000_000, path, 1);
    // smoltcp 0.14 has segments leave short once a FIN is to follow.
    exchange.closes_first = false;
    let payload = watch(&exchange.network.to_server, link, 1460);
    assert!(exchange.run() < MINUTE);
    let payload = payload.borrow();
    let (short, segments) = (payload.short, payload.segments);
    assert!(short * 5 < segments, "{short} of {segments}");
}
