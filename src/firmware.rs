//! What is the same in the firmware of every board.
//!
//! A board brings its device, its clock and its registers; see the folders in `examples`. The rest of
//! its `main` is here: [`Storage`] is what the stack and the servers live in, in one static; [`run`] is
//! the loop, which sleeps and feeds the watchdog; [`address_of`] and [`seed_of`] make a hardware
//! address and a seed of what the chip has. [`Register`] is a peripheral's.

mod identity;
mod platform;
mod register;
#[cfg(feature = "log")]
mod serial_log;
mod storage;

pub use identity::{address_of, seed_of};
pub use platform::Platform;
pub use register::Register;
#[cfg(feature = "log")]
pub use serial_log::SerialLog;
pub use storage::{ServerStorage, Storage};

use smoltcp::phy::Device;

use crate::Stack;
use crate::stack::Service;

/// Serves without an end, on a machine that has nothing but interrupts to wait for.
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
