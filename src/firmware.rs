//! What is the same in the firmware of every board.
//!
//! A board brings its device, its clock and its registers; see the folders in `examples`. The rest of
//! its `main` is here: [`Storage`] is what the stack and the servers live in, in one static; [`run`] is
//! the loop, which sleeps and feeds the watchdog; [`address_of`] and [`seed_of`] make a hardware
//! address and a seed of what the chip has. [`Register`] is a peripheral's.

mod identity;
mod register;
#[cfg(feature = "log")]
mod serial_log;
mod storage;

pub use identity::{address_of, seed_of};
pub use register::Register;
#[cfg(feature = "log")]
pub use serial_log::SerialLog;
pub use storage::{ServerStorage, Storage};

use smoltcp::phy::Device;
use smoltcp::time::{Duration, Instant};

use crate::Stack;
use crate::stack::Service;

/// The clock of a board, its sleep, and its watchdog.
pub trait Platform {
    /// The longest sleep: what the clock and the watchdog need to be looked after in time.
    const LONGEST_NAP: Duration;

    /// The time since the start, which never goes back.
    fn now(&self) -> Instant;

    /// Sleeps until there is an interrupt, or until `limit` has passed, which is never longer than
    /// [`LONGEST_NAP`](Self::LONGEST_NAP). It may return at any time. An interrupt that comes before
    /// it has begun to sleep must end it, too: `wfi` with interrupts masked does so.
    fn nap(&self, limit: Duration);

    /// The loop is alive: starts the time of the watchdog anew. Called once for each poll of the stack,
    /// and at least as often as a nap of [`LONGEST_NAP`](Self::LONGEST_NAP) ends.
    fn feed_watchdog(&self);
}

/// Serves for ever, on a machine that has nothing but interrupts to wait for.
///
/// `acknowledge` clears the interrupts of the device that are pending.
pub fn run<'a, D: Device, P: Platform>(
    stack: &mut Stack<'a, D>,
    service: &mut dyn Service<'a>,
    platform: &P,
    mut acknowledge: impl FnMut(&mut D),
) -> ! {
    let now = || platform.now();
    loop {
        let next = stack.poll(now(), service);
        platform.feed_watchdog();
        next.wait(stack.device_mut(), now, &mut acknowledge, |limit| {
            platform.feed_watchdog();
            platform.nap(limit.map_or(P::LONGEST_NAP, |limit| limit.min(P::LONGEST_NAP)));
        });
    }
}
