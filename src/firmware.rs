//! What is the same in the firmware of every board.
//!
//! A board brings its device, its clock and its registers; see the folders in `examples`. The rest of
//! its `main` is here: [`Storage`] is what the stack and the servers live in, in one static; [`run`] is
//! the loop, which sleeps, feeds the watchdog and follows the link; [`address_of`] and [`seed_of`] make a
//! hardware address and a seed of what the chip has.
//!
//! [`Port`] makes a device of a [`Controller`], or of [`Fifo`]s, and [`Phy`](phy::Phy) is what is behind it.
//! [`Register`] is a peripheral's, [`Counter`] makes the time of a counter that comes around, and
//! [`WakeUp`] is an interrupt of a Cortex-M.

mod attachment;
mod counter;
mod driver;
mod fifo;
mod identity;
mod nvic;
pub mod phy;
mod platform;
mod port;
mod register;
#[cfg(feature = "log")]
mod serial_log;
mod storage;

pub(crate) use attachment::Attachment;
pub use counter::Counter;
pub use driver::Driver;
pub use fifo::{Fifo, FifoEnds, FifoFrames, FifoReceiver, FifoTransmitter};
pub use identity::{address_of, programmed_address, seed_of};
pub use nvic::WakeUp;
pub use platform::Platform;
pub use port::{
    CHECKSUM, Controller, Ends, HEADER, MTU, Port, Received, Receiver, Room, Transmitter,
};
pub use register::Register;
#[cfg(feature = "log")]
pub use serial_log::SerialLog;
pub use storage::{ServerStorage, Storage, ask_for_addresses};

use smoltcp::time::Duration;

use crate::Stack;
use crate::stack::{Next, Service, earliest};

/// How often it is looked whether the link is there.
const LINK_CHECK: Duration = Duration::from_millis(250);

/// Serves without an end, on a machine that has nothing but interrupts to wait for.
///
/// Each time that the link comes back, what the network has given is verified, and so is that no other
/// host has an address, and groups are reported ([`Context::link_is_back`](crate::Context), with the features
/// that these are).
pub fn run<'a, D: Driver, P: Platform>(
    stack: &mut Stack<'a, D>,
    service: &mut dyn Service<'a>,
    platform: &P,
) -> ! {
    let now = || platform.now();
    let mut attachment = Attachment::default();
    loop {
        let (begin, has_link) = (now(), stack.device().has_link());
        attachment.follow(&mut stack.context(begin), has_link);
        let next = stack.poll(begin, service);
        platform.feed_watchdog();
        let next = match next {
            // Nothing else ends the wait when the link comes or goes.
            Next::Frame(due) if cfg!(any(feature = "conflict-detection", feature = "mld")) => {
                Next::Frame(earliest(due, Some(now() + LINK_CHECK)))
            }
            next => next,
        };
        let acknowledge = |device: &mut D| device.acknowledge(now());
        next.wait(stack.device_mut(), now, acknowledge, |limit| {
            platform.feed_watchdog();
            platform.nap(limit.map_or(P::LONGEST_NAP, |limit| limit.min(P::LONGEST_NAP)));
        });
    }
}
