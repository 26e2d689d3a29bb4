//! How fast a lane is, and how much waits for it.

use std::task::Poll;

use smoltcp::time::Duration;
use uppercase::simulation::{Conditions, Probability};

use super::lanes::{MILLISECOND, arrivals, host, send, take};

/// 8 000 bits a second: a frame of 10 bytes takes 10 ms.
const SLOW: Conditions = Conditions::PERFECT
    .with_bandwidth(Some(8_000))
    .with_queue(3)
    .with_delay(MILLISECOND);

#[test]
fn a_slow_lane_sends_one_frame_after_the_other_and_loses_what_finds_its_queue_full() {
    let (mut network, link, mut port) = host(SLOW);
    for number in 0..5 {
        link.to_host.inject(&[number; 10]);
    }
    let times: Vec<_> = arrivals(&mut network, &mut port)
        .into_iter()
        .map(|(time, frame)| (time, frame[0]))
        .collect();
    assert_eq!(times, [(11, 0), (21, 1), (31, 2)]);
    assert_eq!(link.to_host.statistics().queue_full, 2);
}

#[test]
fn a_host_is_not_given_room_before_a_frame_has_left_and_is_called_then() {
    let (mut network, link, mut port) = host(SLOW);
    let mut sent = Vec::new();
    let done = network.run(MILLISECOND * 100, |turn| {
        while sent.len() < 5 && send(&mut port, &[0; 10]) {
            sent.push(turn.now.total_millis());
        }
        // As a stack does that has something to send.
        turn.wake_in(Some(Duration::ZERO));
        if sent.len() < 5 {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    });
    assert_eq!(done, Ok(()));
    assert_eq!(sent, [0, 0, 0, 10, 20]);
    assert_eq!(link.from_host.statistics().queue_full, 0);
}

#[test]
fn a_host_sends_no_more_than_its_queue_in_one_poll_even_where_frames_take_no_time() {
    let (mut network, _link, mut port) = host(Conditions::PERFECT.with_queue(3));
    let mut sent = Vec::new();
    let done = network.run(MILLISECOND, |turn| {
        let before = sent.len();
        while sent.len() < 8 && send(&mut port, b"frame") {
            sent.push(turn.now.total_millis());
        }
        assert!(sent.len() - before <= 3);
        if sent.len() < 8 {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    });
    assert_eq!(done, Ok(()));
    assert_eq!(sent, [0; 8]);
}

#[test]
fn a_host_is_called_again_where_another_one_has_made_room_by_looking_for_frames() {
    let (mut network, link, mut port) = host(Conditions::PERFECT.with_queue(3));
    let mut other = network.link("other").port();
    link.from_host.set(
        Conditions::PERFECT
            .with_queue(3)
            .with_loss(Probability::percent(100)),
    );
    let mut sent = 0;
    let done = network.run(MILLISECOND, |turn| {
        while sent < 5 && send(&mut port, b"frame") {
            sent += 1;
        }
        // The other one's look empties the queue.
        assert_eq!(take(&mut other), None);
        if sent < 5 {
            turn.wake_in(Some(Duration::ZERO));
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    });
    assert_eq!((done, sent), (Ok(()), 5));
}

#[test]
fn time_passes_where_a_host_never_has_room() {
    let (mut network, _link, mut port) = host(Conditions::PERFECT.with_queue(0));
    let done = network.run_for(MILLISECOND, |turn| {
        assert!(!send(&mut port, b"frame"));
        turn.wake_in(Some(Duration::ZERO));
    });
    assert_eq!(done, Ok(()));
    assert_eq!(network.now().total_millis(), 1);
}

#[test]
fn a_lane_carries_what_its_bandwidth_says_where_a_frame_takes_parts_of_a_microsecond() {
    for (bandwidth, microseconds) in [(100_000_000, 4_800), (1_000_000_000, 480)] {
        let (mut network, link, mut port) = host(
            Conditions::PERFECT
                .with_bandwidth(Some(bandwidth))
                .with_queue(1000),
        );
        for _ in 0..1000 {
            link.to_host.inject(&[0; 60]);
        }
        let mut arrived = 0;
        let done = network.run(MILLISECOND * 100, |_| {
            while take(&mut port).is_some() {
                arrived += 1;
            }
            if arrived < 1000 {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        });
        assert_eq!(done, Ok(()));
        assert_eq!(network.now().total_micros(), microseconds);
    }
}
