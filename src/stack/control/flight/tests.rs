//! What is made of the segments that leave and of the acknowledgements that arrive.

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpEndpoint, TcpSeqNumber};

use super::{Acknowledgement, Advice, Expiry, Flight, Length};
use crate::packet::{Flags, Segment};

const SIZE: i32 = 1000;
const HEADERS: usize = 40;

/// A segment of ours is numbered from 0.
fn segment(number: i32, payload_len: usize) -> Segment {
    let end = |port| IpEndpoint::new(IpAddress::v4(10, 0, 0, 1), port);
    Segment {
        source: end(12000),
        destination: end(40000),
        sequence: TcpSeqNumber(number),
        acknowledgement: TcpSeqNumber(0),
        flags: Flags(Flags::ACK),
        window: 100,
        header_len: 20,
        payload_len,
    }
}

/// A flight of ten segments, of which the first number is 0.
struct Scene {
    flight: Flight,
    sent: TcpSeqNumber,
    now: Instant,
}

impl Scene {
    fn new() -> Self {
        let mut scene = Self {
            flight: Flight::default(),
            sent: TcpSeqNumber(0),
            now: Instant::ZERO,
        };
        for number in 0..10 {
            scene.send(number);
        }
        scene
    }

    /// Segment `number` leaves; returns whether it may be fragmented.
    fn send(&mut self, number: i32) -> bool {
        let segment = segment(number * SIZE, SIZE as usize);
        let length = Length {
            headers: HEADERS,
            payload: SIZE as usize,
        };
        let permits = self
            .flight
            .transmitted(&segment, length, self.sent, true, self.now);
        self.sent = self.sent.max(segment.end());
        permits
    }

    /// An acknowledgement of all before segment `number`; returns whether that has to be sent again.
    fn hear(
        &mut self,
        number: i32,
        change: impl Fn(&mut Acknowledgement<'_>, &mut Segment),
    ) -> bool {
        let mut heard = segment(77, 0);
        heard.acknowledgement = TcpSeqNumber(number * SIZE);
        let known = self.flight.unacknowledged;
        let mut changed = heard;
        let mut acknowledgement = Acknowledgement {
            segment: &heard,
            is_new: known.is_some_and(|known| heard.acknowledgement > known),
            highest: None,
            now: self.now,
        };
        change(&mut acknowledgement, &mut changed);
        acknowledgement.segment = &changed;
        let advice = self.flight.received(acknowledgement, self.sent);
        if advice == Advice::Lost {
            self.flight.inject(3, true);
        }
        advice == Advice::Lost
    }

    fn acknowledge(&mut self, number: i32) -> bool {
        self.hear(number, |_, _| {})
    }
}

#[test]
fn the_third_duplicate_has_the_first_segment_sent_again() {
    let mut scene = Scene::new();
    assert!(!scene.acknowledge(1));
    assert_eq!(
        [(); 5].map(|()| scene.acknowledge(1)),
        [false, false, true, false, false]
    );
}

/// smoltcp 0.14 counts from the start again at each of these.
#[test]
fn neither_payload_nor_another_window_begins_the_count_anew() {
    let mut scene = Scene::new();
    assert!(!scene.acknowledge(1));
    assert!(!scene.acknowledge(1));
    assert!(!scene.hear(1, |_, segment| segment.payload_len = 10));
    assert!(!scene.acknowledge(1));
    assert!(!scene.hear(1, |_, segment| segment.window = 50));
    assert!(!scene.hear(1, |_, segment| segment.window = 100));
    assert!(scene.acknowledge(1));
}

/// RFC 6675, 2: a duplicate is also what acknowledges something behind, with payload or not.
#[test]
fn a_selective_acknowledgement_counts_with_payload_and_with_another_window() {
    let mut scene = Scene::new();
    assert!(!scene.acknowledge(1));
    let heard = [10, 20, 30].map(|window| {
        scene.hear(1, |acknowledgement, segment| {
            acknowledgement.highest = Some(TcpSeqNumber(3 * SIZE));
            (segment.payload_len, segment.window) = (10, window);
        })
    });
    assert_eq!(heard, [false, false, true]);
}

#[test]
fn each_partial_acknowledgement_has_the_next_segment_sent_again() {
    let mut scene = Scene::new();
    scene.acknowledge(1);
    let _ = [(); 3].map(|()| scene.acknowledge(1));
    assert!(!scene.send(1));
    for number in [3, 4, 7] {
        assert!(scene.acknowledge(number));
        assert!(!scene.send(number));
        assert!(!scene.acknowledge(number), "a duplicate is expected");
    }
    assert!(!scene.acknowledge(10), "all that was in flight");
    scene.send(10);
    scene.send(11);
    assert!(!scene.acknowledge(11));
}

/// What the timeout has sent again is acknowledged as it arrives; nothing else was lost.
#[test]
fn the_timeout_ends_a_recovery() {
    let mut scene = Scene::new();
    scene.acknowledge(1);
    let _ = [(); 3].map(|()| scene.acknowledge(1));
    scene.send(1);
    scene.send(1);
    assert!(!scene.acknowledge(2));
    scene.send(2);
    assert!(!scene.acknowledge(3));
}

#[test]
fn a_window_of_zero_has_nothing_sent_again() {
    let mut scene = Scene::new();
    scene.hear(1, |_, segment| segment.window = 0);
    let heard = [(); 4].map(|()| scene.hear(1, |_, segment| segment.window = 0));
    assert_eq!(heard, [false; 4]);
}

#[test]
fn nothing_is_lost_where_nothing_is_in_flight() {
    let mut scene = Scene::new();
    assert!(!scene.acknowledge(10));
    assert_eq!([(); 4].map(|()| scene.acknowledge(10)), [false; 4]);
}

#[test]
fn the_timeout_of_a_longer_packet_than_any_that_has_arrived_lowers_the_limit() {
    let mut scene = Scene::new();
    assert!(!scene.send(0), "few paths take less than 1280 bytes");
    assert!(scene.send(0));
    assert_eq!(scene.flight.limit(), Some(576));
    // All is sent again, which says nothing about the next one.
    assert!(!scene.send(1));
    assert!(!scene.acknowledge(1));
    assert!(!scene.send(2));
    assert_eq!(scene.flight.confirm(), Some(576));
    assert_eq!(scene.flight.confirm(), None);
}

#[test]
fn a_packet_that_is_lost_behind_one_of_its_length_is_not_too_long() {
    let mut scene = Scene::new();
    scene.acknowledge(1);
    assert!(!scene.send(1));
    assert_eq!(scene.flight.limit(), None);
}

#[test]
fn a_router_is_believed_about_what_is_in_flight() {
    for (number, believed) in [(-1, false), (0, false), (1, true), (9, true), (10, false)] {
        for proven in [false, true] {
            let mut scene = Scene::new();
            if !proven {
                scene.flight.sample = None;
            }
            scene.acknowledge(1);
            let limit =
                scene
                    .flight
                    .too_long(TcpSeqNumber(number * SIZE), 700, scene.sent, scene.now);
            let expected = (believed && !proven).then_some(700);
            assert_eq!(limit, expected, "{number}, {proven}");
            let again =
                scene
                    .flight
                    .too_long(TcpSeqNumber(number * SIZE), 700, scene.sent, scene.now);
            assert_eq!(again, None);
        }
    }
}

/// A bare acknowledgement of all before segment `number`.
fn bare(number: i32) -> Segment {
    Segment {
        acknowledgement: TcpSeqNumber(number * SIZE),
        ..segment(77, 0)
    }
}

/// smoltcp would retransmit the first segment in flight, although that was retransmitted, or is late.
#[test]
fn smoltcp_is_never_given_a_third_duplicate_of_the_peer() {
    let mut scene = Scene::new();
    scene.acknowledge(1);
    for (is_one_too_many, lost) in [(false, false), (false, false), (true, true)] {
        let found = scene.flight.is_one_too_many(&bare(1), scene.sent);
        assert_eq!(found, is_one_too_many);
        assert_eq!(scene.acknowledge(1), lost);
    }
    // It has counted three that it was given, so it counts further ones.
    assert!(!scene.flight.is_one_too_many(&bare(1), scene.sent));
    scene.send(1);
    for window in [50, 60] {
        scene.hear(1, |_, segment| segment.window = window);
        let duplicate = Segment { window, ..bare(1) };
        for is_one_too_many in [false, false, true, true] {
            let found = scene.flight.is_one_too_many(&duplicate, scene.sent);
            assert_eq!(found, is_one_too_many, "{window}");
            assert!(!scene.hear(1, |_, segment| segment.window = window));
        }
    }
    assert!(scene.acknowledge(2), "the recovery goes on");
}

/// RFC 5681, 3.2 (4): each additional duplicate lets a segment more leave.
#[test]
fn a_duplicate_in_a_recovery_that_smoltcp_has_not_counted_is_given_to_it() {
    let mut scene = Scene::new();
    scene.acknowledge(1);
    let _ = [(); 3].map(|()| scene.acknowledge(1));
    scene.send(1);
    let mut duplicate = Segment {
        payload_len: 10,
        ..bare(1)
    };
    let mut advice = |segment: &Segment, highest| {
        let acknowledgement = Acknowledgement {
            segment,
            is_new: false,
            highest,
            now: scene.now,
        };
        scene.flight.received(acknowledgement, scene.sent)
    };
    let highest = Some(TcpSeqNumber(5 * SIZE));
    assert_eq!(advice(&duplicate, highest), Advice::Duplicate);
    assert_eq!(advice(&duplicate, None), Advice::Nothing, "text for us");
    duplicate.payload_len = 0;
    assert_eq!(advice(&duplicate, highest), Advice::Nothing, "it counts it");
}

/// RFC 5681, 3.2 (4): "A TCP MAY therefore limit the number of times cwnd is artificially inflated during loss
/// recovery to the number of outstanding segments".
#[test]
fn smoltcp_is_given_no_more_duplicates_than_segments_were_in_flight() {
    for (payload_len, highest) in [(0, None), (10, Some(TcpSeqNumber(5 * SIZE)))] {
        let mut scene = Scene::new();
        scene.acknowledge(1);
        let _ = [(); 3].map(|()| scene.acknowledge(1));
        for (number, in_flight) in [(1, 9), (2, 8)] {
            scene.send(number);
            let duplicate = Segment {
                payload_len,
                ..bare(number)
            };
            let mut given = 0;
            for _ in 0..100 {
                let counts = payload_len == 0;
                given += i32::from(counts && !scene.flight.is_one_too_many(&duplicate, scene.sent));
                let acknowledgement = Acknowledgement {
                    segment: &duplicate,
                    is_new: false,
                    highest,
                    now: scene.now,
                };
                if scene.flight.received(acknowledgement, scene.sent) == Advice::Duplicate {
                    let anew = scene.flight.is_at_two();
                    scene.flight.inject(1, anew);
                    given += 1;
                }
            }
            assert_eq!(given, in_flight, "{payload_len}");
            assert!(scene.acknowledge(number + 1), "the recovery goes on");
        }
    }
}

/// Sends and acknowledges a segment, which takes so long.
fn with_round_trip(time: u64) -> Scene {
    let mut scene = Scene::new();
    scene.now += Duration::from_millis(time);
    scene.acknowledge(10);
    scene
}

impl Scene {
    /// When something has to be done, in milliseconds from now, and what.
    fn due(&mut self) -> Option<(u64, Expiry)> {
        let due = self.flight.due()?;
        let expiry = self.flight.expire(self.sent, due);
        Some(((due - self.now).total_millis(), expiry.expect("it is due")))
    }
}

/// RFC 8985, 7.2: after "2 * SRTT", and longer where one segment is in flight.
#[test]
fn the_end_of_a_flight_is_probed_after_two_round_trips() {
    let mut scene = with_round_trip(30);
    assert_eq!(scene.due(), None, "nothing is in flight");
    scene.send(10);
    assert_eq!(scene.due(), Some((260, Expiry::Probe)));
    scene.send(11);
    assert_eq!(scene.due(), Some((70, Expiry::Probe)));
}

/// RFC 9293, 3.8.6.3: of an acknowledgement, "the delay MUST be less than 0.5 seconds".
#[test]
fn one_segment_has_as_long_as_its_acknowledgement_may_be_delayed() {
    let mut scene = with_round_trip(200);
    scene.send(10);
    let Some((probe, Expiry::Probe)) = scene.due() else {
        panic!("no probe")
    };
    assert_eq!(probe, 600, "a timeout would be due after 700");
}

/// RFC 6298, 2.4: "Whenever RTO is computed, if it is less than 1 second, then the RTO SHOULD be rounded up
/// to 1 second". A SYN and a short segment pass a slow link sooner than a long one.
#[test]
fn the_timeout_is_a_second_until_the_round_trip_of_a_long_segment_is_known() {
    let mut timer = super::timer::Timer::default();
    let mut now = Instant::ZERO;
    for (payload, due) in [(0, 1000), (535, 1000), (536, 240), (0, 240)] {
        timer.measure(TcpSeqNumber(1), payload, now);
        now += Duration::from_millis(20);
        timer.acknowledged(TcpSeqNumber(1), now);
        timer.start_probe(now, true);
        assert_eq!(
            timer.due(),
            Some(now + Duration::from_millis(due)),
            "{payload}"
        );
    }
}

/// RFC 6298, 2.1: "the sender SHOULD set RTO <- 1 second".
#[test]
fn before_a_round_trip_is_measured_the_timeout_is_a_second() {
    assert_eq!(Scene::new().flight.due(), Some(Instant::from_secs(1)));
}

/// RFC 6298, 5.5: "back off the timer"; RFC 8961, 4 (3): until something arrives that was sent once.
#[test]
fn the_timeout_is_doubled_until_something_arrives_that_was_sent_once() {
    let mut scene = with_round_trip(30);
    for number in [10, 11, 12] {
        scene.send(number);
    }
    for timeout in [400, 800, 1600] {
        scene.flight.rewind(false, scene.now);
        scene.send(10);
        assert_eq!(scene.due(), Some((timeout, Expiry::Timeout)));
    }
    assert!(!scene.acknowledge(11));
    assert_eq!(scene.due(), Some((1600, Expiry::Timeout)), "sent again");
    scene.send(11);
    assert!(!scene.acknowledge(13));
    scene.send(13);
    assert_eq!(scene.due(), Some((260, Expiry::Probe)));
}

/// RFC 8985, 6.2: what was sent later has arrived.
#[test]
fn a_retransmission_that_is_lost_too_is_noticed_by_what_was_sent_after_it() {
    let mut scene = with_round_trip(40);
    for number in 10..15 {
        scene.send(number);
    }
    let _ = [(); 3].map(|()| scene.acknowledge(10));
    scene.send(10);
    scene.send(15);
    let timeout = scene.flight.due();
    let behind = |end: i32| {
        move |acknowledgement: &mut Acknowledgement<'_>, _: &mut Segment| {
            acknowledgement.highest = Some(TcpSeqNumber(end * SIZE));
        }
    };
    scene.hear(10, behind(15));
    assert_eq!(scene.flight.due(), timeout, "it was sent before");
    scene.hear(10, behind(16));
    assert_eq!(scene.due(), Some((50, Expiry::Overtaken)));
}

/// RFC 8985, 6.2, step 4: the reordering window.
#[test]
fn where_segments_come_late_they_are_not_taken_for_lost_at_once() {
    let mut scene = with_round_trip(40);
    for number in 10..20 {
        scene.send(number);
    }
    scene.now += Duration::from_millis(40);
    scene.acknowledge(10);
    scene.acknowledge(10);
    assert!(!scene.acknowledge(12), "two were late");
    assert_eq!(
        [(); 4].map(|()| scene.acknowledge(12)),
        [false; 4],
        "the window is a quarter of a round trip now"
    );
    assert_eq!(scene.due(), Some((10, Expiry::Reordering)));
}

/// RFC 6582, 4: many are lost, and one in each round trip is too slow.
#[test]
fn a_long_loss_has_all_sent_again() {
    let mut scene = Scene::new();
    scene.acknowledge(1);
    let _ = [(); 3].map(|()| scene.acknowledge(1));
    for number in [1, 2] {
        scene.send(number);
        assert!(scene.acknowledge(number + 1));
    }
    scene.send(3);
    let acknowledgement = Acknowledgement {
        segment: &bare(4),
        is_new: true,
        highest: None,
        now: scene.now,
    };
    let advice = scene.flight.received(acknowledgement, scene.sent);
    assert_eq!(advice, Advice::AllLost);
}
