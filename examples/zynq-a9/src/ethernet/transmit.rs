//! The ring of frames to be transmitted.

use aarch32_cpu::asm::{dmb, dsb};

use uppercase::firmware::Transmitter;

use super::registers::{NWCTRL, START_TX};
use super::shared::{RING, Ring};

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
    /// Whether frames go anywhere.
    pub has_link: bool,
}

impl TransmitRing {
    /// A ring without frames.
    pub fn new(ring: &'static Ring) -> Self {
        for (i, descriptor) in ring.descriptors.iter().enumerate() {
            descriptor.address.write(ring.buffers[i].address());
            descriptor.status.write(OURS | wrap(i));
        }
        Self {
            ring,
            next: 0,
            has_link: false,
        }
    }

    /// Empties it while the transmitter is off: what was in it is lost.
    pub fn clear(&mut self) {
        let has_link = self.has_link;
        *self = Self::new(self.ring);
        self.has_link = has_link;
    }

    pub fn address(&self) -> u32 {
        self.ring.address()
    }
}

impl Transmitter for TransmitRing {
    fn has_room(&self) -> bool {
        self.ring.descriptors[self.next].status.read() & OURS != 0
    }

    fn transmit<R>(&mut self, length: usize, fill: impl FnOnce(&mut [u8]) -> R) -> R {
        dmb(); // The bit that says that there is room comes first, then the buffer.
        // SAFETY: there is room, so the buffer is the driver's; `&mut self` is the only way to it.
        let result = unsafe { self.ring.buffers[self.next].fill(length, fill) };
        if !self.has_link {
            return result; // The next frame is written over it.
        }
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
}

fn wrap(index: usize) -> u32 {
    if index == RING - 1 { WRAP } else { 0 }
}
