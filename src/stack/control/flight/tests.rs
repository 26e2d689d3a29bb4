//! What is made of the segments that leave and of the acknowledgements that arrive.

use smoltcp::wire::{IpAddress, IpEndpoint, TcpSeqNumber};

use super::{Acknowledgement, Flight};
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
}

impl Scene {
    fn new() -> Self {
        let mut scene = Self {
            flight: Flight::default(),
            sent: TcpSeqNumber(0),
        };
        for number in 0..10 {
            scene.send(number);
        }
        scene
    }

    /// Segment `number` leaves; returns whether it may be fragmented.
    fn send(&mut self, number: i32) -> bool {
        let segment = segment(number * SIZE, SIZE as usize);
        let length = HEADERS + SIZE as usize;
        let permits = self.flight.transmitted(&segment, length, self.sent, true);
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
            is_selective: false,
        };
        change(&mut acknowledgement, &mut changed);
        acknowledgement.segment = &changed;
        self.flight.received(acknowledgement, self.sent)
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
            acknowledgement.is_selective = true;
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
            let limit = scene
                .flight
                .too_long(TcpSeqNumber(number * SIZE), 700, scene.sent);
            let expected = (believed && !proven).then_some(700);
            assert_eq!(limit, expected, "{number}, {proven}");
            let again = scene
                .flight
                .too_long(TcpSeqNumber(number * SIZE), 700, scene.sent);
            assert_eq!(again, None);
        }
    }
}
