//! A sink that writes a capture file, without a heap.

use core::fmt;

use smoltcp::phy::Medium;

use super::block;
use super::{Frame, Sink};
use crate::packet::is_ethernet;

const LINKTYPE_ETHERNET: u16 = 1;
#[cfg(feature = "medium-ip")]
const LINKTYPE_RAW: u16 = 101;
const LINKTYPE_IEEE802_15_4_NOFCS: u16 = 230;
const MICROSECONDS: u8 = 6;

/// A sink that writes the frames of one interface as a capture file (pcapng): from a board, over a
/// serial line. What comes out of the line is a file that Wireshark reads.
///
/// It has no buffer: the closure is given the file piece by piece, and delays the stack until it
/// returns. It must not leave out a part of what it is given: what follows could not be read. A
/// frame takes 44 bytes more than it has, and up to 3 to be a multiple of four. The times are those
/// of the stack's clock, with zero in 1970.
///
/// ```
/// use smoltcp::phy::Medium;
/// use uppercase::device::capture::{Capture, Pcapng};
/// # use uppercase::device::wire::{Port, Queue};
/// # let queue = Queue::<8, 1514>::new();
/// # let ethernet = Port::loopback(&queue, Medium::Ethernet);
/// # fn transmit(_: u8) {}
///
/// let sink = Pcapng::new(Medium::Ethernet, |bytes: &[u8]| {
///     for byte in bytes {
///         transmit(*byte); // as soon as the serial line has room for it
///     }
/// });
/// let device = Capture::new(ethernet, sink);
/// # let _ = device;
/// ```
pub struct Pcapng<W> {
    write: W,
}

impl<W: FnMut(&[u8])> Pcapng<W> {
    /// Begins the file.
    pub fn new(medium: Medium, mut write: W) -> Self {
        block::section(&mut write, None, None);
        block::interface(&mut write, link(medium), None, MICROSECONDS);
        Self { write }
    }
}

impl<W: FnMut(&[u8])> Sink for Pcapng<W> {
    fn frame(&mut self, frame: Frame<'_>) {
        let ticks = u64::try_from(frame.time.total_micros()).unwrap_or(0);
        let (direction, bytes) = (frame.direction, frame.bytes);
        block::packet(&mut self.write, 0, ticks, direction, bytes, None);
    }
}

impl<W> fmt::Debug for Pcapng<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pcapng").finish_non_exhaustive()
    }
}

/// The number of a medium in the registry of link types.
pub(crate) fn link(medium: Medium) -> u16 {
    match medium {
        medium if is_ethernet(medium) => LINKTYPE_ETHERNET,
        #[cfg(feature = "medium-ip")]
        Medium::Ip => LINKTYPE_RAW,
        #[allow(unreachable_patterns)] // wherever smoltcp was given it
        _ => LINKTYPE_IEEE802_15_4_NOFCS,
    }
}
