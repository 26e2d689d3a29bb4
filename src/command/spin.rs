//! When to look for frames again and again instead of sleeping.
//!
//! To wake a program that sleeps takes the kernel longer than most answers do. Where one frame
//! follows the next that soon, looking for it is better than a sleep; else it is a waste of a
//! processor. So it begins after some sleeps in a row that were so short, and ends when no frame
//! comes in the time that a sleep would have been good for.

use std::ops::{ControlFlow, RangeInclusive};

use smoltcp::time::{Duration, Instant};

/// So many short sleeps in a row are no chance.
const SHORT_SLEEPS: u32 = 4;
/// A sleep that was hardly worth it. One that is shorter cost no time to wake up: the other program is
/// on the same processor, and looking would keep that from it.
const SHORT_SLEEP: RangeInclusive<Duration> =
    Duration::from_micros(10)..=Duration::from_micros(100);
/// How long to look for the next frame.
const PATIENCE: Duration = Duration::from_micros(50);
/// A processor that was given to another program for longer than this is wanted there.
const LONGEST_YIELD: Duration = Duration::from_micros(200);
/// How long it is then left to that program.
const RESPECT: Duration = Duration::from_millis(100);
/// How long signals are not looked for while frames come without a pause.
const LONGEST_SPIN: Duration = Duration::from_millis(10);
/// Frames of so many bytes and more each carry bulk text: there, the other side works in the
/// meantime, and looking for its next frame slows it down.
const LARGE: u64 = 4096;
/// One client that waits for each answer sends a request, and sometimes an acknowledgement, between two
/// sleeps. More frames are of several clients: a sleep lets them gather, and they are received at once.
const FEW: u64 = 2;
/// So many frames in a row are no chance, either.
const MANY: u64 = 64;
/// Frames that follow each other sooner than this, on average, are of several clients.
const CLOSE: Duration = Duration::from_micros(8);

/// What has been received so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    pub frames: u64,
    pub bytes: u64,
}

/// Whether looking for frames is worth it at present.
#[derive(Debug)]
pub struct Spin {
    /// How many sleeps in a row were short.
    short_sleeps: u32,
    /// What had been received at the last sleep.
    received: Received,
    /// Until when the processor is left to others.
    left_until: Instant,
}

/// What to do next while looking for frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Again,
    /// Stop, and sleep.
    Sleep,
    /// Stop, look for signals, and go on at once.
    Signals,
}

/// One time of looking for frames.
#[derive(Debug)]
pub struct Looking {
    start: Instant,
    last_frame: Instant,
    /// How many frames had come at the start, and at the last look.
    first: u64,
    frames: u64,
}

impl Spin {
    /// Looking is not worth it at first.
    pub const fn new() -> Self {
        Self {
            short_sleeps: 0,
            received: Received {
                frames: 0,
                bytes: 0,
            },
            left_until: Instant::ZERO,
        }
    }

    /// Takes note of a sleep, which was to end after `limit` unless a frame came. A look at the signals
    /// is none.
    pub fn slept(
        &mut self,
        (from, to): (Instant, Instant),
        limit: Option<Duration>,
        received: Received,
    ) {
        let time = to - from;
        let was_woken = limit.is_none_or(|limit| time < limit);
        let frames = received.frames - self.received.frames;
        let are_large = received.bytes - self.received.bytes >= LARGE * frames.max(1);
        self.received = received;
        if limit == Some(Duration::ZERO) && !are_large {
            return;
        }
        let is_short = was_woken
            && SHORT_SLEEP.contains(&time)
            && frames <= FEW
            && !are_large
            && to >= self.left_until;
        self.short_sleeps = if is_short {
            self.short_sleeps.saturating_add(1)
        } else {
            0
        };
    }

    /// Begins to look for frames, if that is worth it.
    pub fn begin(&self, now: Instant, received: Received) -> Option<Looking> {
        (self.short_sleeps >= SHORT_SLEEPS).then_some(Looking {
            start: now,
            last_frame: now,
            first: received.frames,
            frames: received.frames,
        })
    }

    /// Says what to do after the stack was polled at `now`; `is_busy`: it has more to do at once.
    pub fn look(
        &mut self,
        looking: &mut Looking,
        now: Instant,
        received: Received,
        is_busy: bool,
    ) -> Look {
        if received.frames != looking.frames || is_busy {
            looking.frames = received.frames;
            looking.last_frame = now;
        }
        if now >= looking.start + LONGEST_SPIN {
            return Look::Signals;
        }
        let frames = received.frames - looking.first;
        let are_close = frames >= MANY && now < looking.start + CLOSE * frames as u32;
        if are_close || now >= looking.last_frame + PATIENCE {
            self.short_sleeps = 0;
            return Look::Sleep;
        }
        Look::Again
    }

    /// Takes note of the time for which the processor was given to others. Breaks if they need it.
    pub fn yielded(&mut self, from: Instant, to: Instant) -> ControlFlow<()> {
        if to - from <= LONGEST_YIELD {
            return ControlFlow::Continue(());
        }
        self.short_sleeps = 0;
        self.left_until = to + RESPECT;
        ControlFlow::Break(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: u64 = 100;

    fn after(micros: i64) -> Instant {
        Instant::from_micros(micros)
    }

    fn received(frames: u64) -> Received {
        Received {
            frames,
            bytes: frames * FRAME,
        }
    }

    /// After so many sleeps of `length` microseconds, each ended by a frame of `bytes`.
    fn slept(times: i64, length: i64, bytes: u64) -> Spin {
        let mut spin = Spin::new();
        for sleep in 1..=times {
            let from = after(sleep * 1000);
            let now = (from, from + Duration::from_micros(length as u64));
            let frames = sleep as u64;
            let received = Received {
                frames,
                bytes: frames * bytes,
            };
            spin.slept(now, None, received);
        }
        spin
    }

    fn is_worth_it(spin: &Spin) -> bool {
        spin.begin(after(1_000_000), received(9)).is_some()
    }

    #[test]
    fn looking_for_frames_begins_after_four_short_sleeps() {
        assert!(!is_worth_it(&slept(3, 100, FRAME)));
        assert!(is_worth_it(&slept(4, 100, FRAME)));
        assert!(!is_worth_it(&slept(4, 101, FRAME)));
    }

    #[test]
    fn a_sleep_that_no_frame_ended_is_not_short() {
        let mut spin = slept(4, 50, FRAME);
        let limit = Some(Duration::from_micros(50));
        spin.slept((after(9_000), after(9_050)), limit, received(4));
        assert!(!is_worth_it(&spin));
    }

    #[test]
    fn there_is_no_looking_between_large_frames() {
        assert!(!is_worth_it(&slept(9, 50, LARGE)));
    }

    #[test]
    fn looking_ends_when_no_frame_has_come_for_fifty_microseconds() {
        let mut spin = slept(4, 50, FRAME);
        let mut looking = spin.begin(after(0), received(4)).unwrap();
        let look = &mut looking;
        assert_eq!(spin.look(look, after(49), received(4), false), Look::Again);
        assert_eq!(spin.look(look, after(60), received(5), false), Look::Again);
        assert_eq!(spin.look(look, after(109), received(5), false), Look::Again);
        assert_eq!(spin.look(look, after(110), received(5), false), Look::Sleep);
        assert!(!is_worth_it(&spin), "four more short sleeps are needed");
    }

    #[test]
    fn signals_are_looked_for_while_frames_come_without_a_pause() {
        let mut spin = slept(4, 50, FRAME);
        let mut looking = spin.begin(after(0), received(4)).unwrap();
        let mut frames = 4;
        for micros in (20..10_000).step_by(20) {
            frames += 1;
            let look = spin.look(&mut looking, after(micros), received(frames), false);
            assert_eq!(look, Look::Again);
        }
        let look = spin.look(&mut looking, after(10_000), received(frames), false);
        assert_eq!(look, Look::Signals);
        // As the server does to look at them.
        let now = after(2_000_000);
        spin.slept((now, now), Some(Duration::ZERO), received(9999));
        assert!(is_worth_it(&spin), "it goes on after that");
        let large = Received {
            frames: 10_000,
            bytes: 9999 * FRAME + LARGE,
        };
        spin.slept((now, now), Some(Duration::ZERO), large);
        assert!(!is_worth_it(&spin), "the frames are large");
    }

    #[test]
    fn a_processor_that_another_program_wants_is_left_to_it_for_a_tenth_of_a_second() {
        let mut spin = slept(4, 50, FRAME);
        assert!(spin.yielded(after(100_000), after(100_201)).is_break());
        assert!(!is_worth_it(&spin));
        let mut frames = 4;
        for (start, is_left) in [(150_000, true), (250_000, false)] {
            for sleep in 1..=4 {
                let from = after(start + sleep * 1000);
                frames += 1;
                let to = from + Duration::from_micros(10);
                spin.slept((from, to), None, received(frames));
            }
            assert_eq!(is_worth_it(&spin), !is_left, "{start}");
        }
    }

    #[test]
    fn there_is_no_looking_where_both_programs_share_a_processor() {
        assert!(!is_worth_it(&slept(9, 9, FRAME)));
        assert!(is_worth_it(&slept(9, 10, FRAME)));
    }

    #[test]
    fn there_is_no_looking_between_the_frames_of_several_clients() {
        let mut spin = Spin::new();
        for sleep in 1..=9 {
            let from = after(sleep * 1000);
            let frames = 3 * sleep as u64;
            let to = from + Duration::from_micros(50);
            spin.slept((from, to), None, received(frames));
        }
        assert!(!is_worth_it(&spin));
    }

    #[test]
    fn looking_ends_where_frames_follow_each_other_too_soon_for_one_client() {
        for (distance, is_one_client) in [(7, false), (8, true)] {
            let mut spin = slept(4, 50, FRAME);
            let mut looking = spin.begin(after(0), received(4)).unwrap();
            let looks = (1..=64).map(|frame| {
                let now = after(frame * distance);
                spin.look(&mut looking, now, received(4 + frame as u64), false)
            });
            let looks: Vec<_> = looks.collect();
            assert!(looks[..63].iter().all(|look| *look == Look::Again));
            let last = if is_one_client {
                Look::Again
            } else {
                Look::Sleep
            };
            assert_eq!(looks[63], last, "{distance}");
        }
    }

    #[test]
    fn a_processor_that_comes_back_soon_is_not_wanted_by_others() {
        let mut spin = slept(4, 50, FRAME);
        assert!(spin.yielded(after(100_000), after(100_200)).is_continue());
        assert!(is_worth_it(&spin));
    }
}
