//! The ring of frames to be transmitted.

use aarch32_cpu::asm::{dmb, dsb};

use super::registers::{NWCTRL, START_TX};
use super::shared::{MTU, RING, Ring};

/// The status of a descriptor: it is the driver's, its frame has been transmitted; it is the last one
/// of the ring; the frame ends here. The length is in the lowest bits.
const OURS: u32 = 1 << 31;
const WRAP: u32 = 1 << 30;
const LAST: u32 = 1 << 15;

/// The driver's end of the ring.
pub struct TransmitRing {
    ring: &'static Ring,
    /// The descriptor of the next frame.
    next: usize,
}

impl TransmitRing {
    /// A ring without frames.
    pub fn new(ring: &'static Ring) -> Self {
        for (i, descriptor) in ring.descriptors.iter().enumerate() {
            descriptor.address.write(ring.buffers[i].address());
            descriptor.status.write(OURS | wrap(i));
        }
        Self { ring, next: 0 }
    }

    /// The same, while the transmitter is off: what was in it is lost.
    pub fn clear(&mut self) {
        *self = Self::new(self.ring);
    }

    pub fn address(&self) -> u32 {
        self.ring.address()
    }

    /// Whether a frame has room.
    pub fn has_room(&self) -> bool {
        self.ring.descriptors[self.next].status.read() & OURS != 0
    }

    /// Lets `fill` write a frame, for which there is room, and gives it to the controller.
    pub fn transmit<R>(&mut self, length: usize, fill: impl FnOnce(&mut [u8]) -> R) -> R {
        let (length, result) = self.write(length, fill);
        let descriptor = &self.ring.descriptors[self.next];
        dmb(); // The frame has been written before it is given away.
        descriptor
            .status
            .write(length as u32 | LAST | wrap(self.next));
        self.next = (self.next + 1) % RING;
        dsb(); // It has been given away before the controller looks.
        NWCTRL.set(START_TX);
        result
    }

    /// Lets `fill` write a frame that goes nowhere.
    pub fn discard<R>(&mut self, length: usize, fill: impl FnOnce(&mut [u8]) -> R) -> R {
        self.write(length, fill).1
    }

    fn write<R>(&mut self, length: usize, fill: impl FnOnce(&mut [u8]) -> R) -> (usize, R) {
        dmb(); // The bit that says that there is room comes first, then the buffer.
        let length = length.min(MTU); // smoltcp keeps to the MTU; what is longer is cut.
        // SAFETY: there is room, so the buffer is the driver's; `&mut self` is the only way to it.
        let result = unsafe { self.ring.buffers[self.next].fill(length, fill) };
        (length, result)
    }
}

fn wrap(index: usize) -> u32 {
    if index == RING - 1 { WRAP } else { 0 }
}
