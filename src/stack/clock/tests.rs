//! What a poll at some moment comes to.

use smoltcp::time::{Duration, Instant};

use super::{Clock, LATE, POLLS};
fn at(millis: i64) -> Instant {
    Instant::from_millis(millis)
}

/// A clock that was polled at 0 and asked to be polled again after 1 s.
fn asked() -> Clock {
    let mut clock = Clock::new(at(0));
    clock.begin(at(0));
    clock.received(true);
    let next = clock.end(Some(at(1000)));
    assert_eq!(next, Some(at(1000)));
    clock
}

#[test]
fn time_passes_as_it_does_for_the_program() {
    for millis in [0, 1, 999, 1000, 1001, 2000] {
        let mut clock = asked();
        assert_eq!(clock.at(at(millis)), at(millis));
        assert_eq!(clock.begin(at(millis)), at(millis));
        assert_eq!(clock.received(true), at(millis));
    }
}

#[test]
fn a_pause_counts_as_a_second_once_all_that_waits_is_read() {
    let mut clock = asked();
    assert_eq!(clock.at(at(100_000)), at(0));
    assert_eq!(clock.begin(at(100_000)), at(0));
    assert_eq!(clock.received(false), at(0));
    assert_eq!(clock.end(Some(at(0))), Some(at(100_000)));
    assert_eq!(clock.begin(at(100_010)), at(0));
    assert_eq!(clock.received(true), at(0) + LATE);
    // In 4 s by either clock.
    let next = clock.end(Some(at(5000)));
    assert_eq!(next, Some(at(104_010)));
    assert_eq!(clock.begin(at(104_010)), at(5000));
}

#[test]
fn a_flood_does_not_keep_the_time_still() {
    let mut clock = asked();
    let mut polls = 0;
    while clock.begin(at(100_000)) == at(0) {
        clock.received(false);
        clock.end(Some(at(0)));
        polls += 1;
    }
    assert_eq!(polls, POLLS);
}

/// A page in the background is polled once a second, or once a minute.
#[test]
fn time_goes_on_for_a_program_that_is_always_late() {
    let mut clock = asked();
    for minute in 1..10 {
        clock.begin(at(minute * 60_000));
        assert_eq!(clock.received(true), at(minute * 1000));
        let soon = clock.received(true) + Duration::from_millis(10);
        clock.end(Some(soon));
    }
}

#[test]
fn a_clock_that_is_set_back_does_not_set_the_stack_back() {
    let mut clock = asked();
    assert_eq!(clock.begin(at(800)), at(800));
    clock.received(true);
    clock.end(Some(at(1000)));
    assert_eq!(clock.at(at(-5000)), at(800));
    assert_eq!(clock.begin(at(-5000)), at(800));
    clock.received(true);
    let next = clock.end(Some(at(1000)));
    assert_eq!(next, Some(at(-4800)));
    assert_eq!(clock.begin(at(-4800)), at(1000));
}

#[test]
fn a_long_sleep_that_nothing_was_to_end_is_no_pause() {
    let mut clock = asked();
    clock.begin(at(10));
    clock.received(true);
    assert_eq!(clock.end(None), None);
    assert_eq!(clock.begin(at(3_600_000)), at(3_600_000));
}
