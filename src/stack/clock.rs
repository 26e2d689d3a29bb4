//! The time of a stack: that of its program, without the pauses in which the program did not run.
//!
//! A program that is stopped, a virtual machine that is suspended and a clock that is set forward
//! look the same: the next poll comes later than it was asked for. What other hosts have sent
//! meanwhile waits in the device, and they are not silent because nothing has looked. So a pause
//! counts as [`LATE`] only, and its end as nothing at all until what waits has been read.

use smoltcp::time::{Duration, Instant};

/// A poll that comes later by more than this than it was asked for ends a pause. A shorter one harms
/// no more than a slow link does.
const LATE: Duration = Duration::from_secs(1);
/// No moment counts as further away, so that sums of moments do not overflow.
const FARTHEST: Duration = Duration::from_secs(1 << 32);

/// The most polls after a pause for which the time stands still. Under a flood the device is never
/// empty, and timers have to act all the same.
const POLLS: u8 = 64;

/// The program's clock and the stack's.
#[derive(Debug)]
pub(super) struct Clock {
    /// Of the last poll, by the program's clock and by the stack's.
    program: Instant,
    stack: Instant,
    /// When the next poll was asked for, by the program's clock.
    due: Option<Instant>,
    /// For so many polls the time stands still, unless the device is empty before.
    still: u8,
    /// In so many polls in a row frames were left unread.
    #[cfg(feature = "paths")]
    unread: u8,
}

impl Clock {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            program: now,
            stack: now,
            due: None,
            still: 0,
            #[cfg(feature = "paths")]
            unread: 0,
        }
    }

    /// The stack's time between two polls.
    pub(super) fn at(&self, now: Instant) -> Instant {
        if self.still > 0 || self.is_late(now) {
            self.stack
        } else {
            self.stack + (now.max(self.program) - self.program)
        }
    }

    /// A poll begins: the stack's time while frames are received. It does not go back where the
    /// program's does.
    pub(super) fn begin(&mut self, now: Instant) -> Instant {
        if self.is_late(now) {
            self.still = POLLS;
        }
        self.stack = self.at(now);
        self.program = now;
        self.stack
    }

    /// Frames have been received, and the device is empty or not: the stack's time for the rest of the
    /// poll.
    pub(super) fn received(&mut self, is_empty: bool) -> Instant {
        #[cfg(feature = "paths")]
        {
            self.unread = if is_empty {
                0
            } else {
                self.unread.saturating_add(1)
            };
        }
        if self.still > 0 {
            self.still = if is_empty { 0 } else { self.still - 1 };
            if self.still == 0 {
                self.stack += LATE;
            }
        }
        self.stack
    }

    /// Whether frames that were not read yet may say that what is late has arrived.
    #[cfg(feature = "paths")]
    pub(super) fn is_behind(&self) -> bool {
        (1..=POLLS).contains(&self.unread)
    }

    /// A poll ends, and the next one is due by the stack's clock; returns when that is by the program's.
    /// Without a moment, nothing is known of when it will come, and it cannot be late.
    pub(super) fn end(&mut self, due: Option<Instant>) -> Option<Instant> {
        self.due = due.map(|due| self.program + (due.max(self.stack) - self.stack).min(FARTHEST));
        self.due
    }

    fn is_late(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| now > due + LATE)
    }

    /// How far the stack's clock is behind the program's, in microseconds.
    #[cfg(feature = "trace")]
    pub(super) fn behind(&self) -> i64 {
        (self.program.total_micros()).saturating_sub(self.stack.total_micros())
    }
}

#[cfg(test)]
mod tests;
