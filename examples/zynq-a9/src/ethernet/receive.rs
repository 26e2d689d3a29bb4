//! The ring of received frames.

use aarch32_cpu::asm::dmb;

use uppercase::firmware::{HEADER, MTU, Receiver};

use super::registers::{NOBUF, NWCTRL, OVERRUN, RXEN, RXSR};
use super::shared::{RING, Ring};

/// The address of a descriptor: it is the driver's, with a frame in its buffer; it is the last one of
/// the ring.
const OURS: u32 = 1 << 0;
const WRAP: u32 = 1 << 1;
/// The status of a descriptor: a frame begins here, and ends here; its length.
const WHOLE: u32 = 1 << 14 | 1 << 15;
const LENGTH: u32 = 0x1fff;

/// The driver's end of the ring.
pub struct ReceiveRing {
    ring: &'static Ring,
    /// The descriptor that the next frame is looked for in.
    next: usize,
}

impl ReceiveRing {
    /// Gives all buffers to the controller.
    pub fn new(ring: &'static Ring) -> Self {
        for (i, descriptor) in ring.descriptors.iter().enumerate() {
            let wrap = if i == RING - 1 { WRAP } else { 0 };
            descriptor.status.write(0);
            descriptor.address.write(ring.buffers[i].address() | wrap);
        }
        Self { ring, next: 0 }
    }

    pub fn address(&self) -> u32 {
        self.ring.address()
    }

    fn give_back(&mut self) {
        let descriptor = &self.ring.descriptors[self.next];
        dmb(); // The buffer has been read before it is given away.
        let address = descriptor.address.read();
        descriptor.address.write(address & !OURS);
        self.next = (self.next + 1) % RING;
    }
}

impl Receiver for ReceiveRing {
    fn peek(&mut self) -> Option<usize> {
        // No more than there can be now: this has to come to an end.
        for _ in 0..RING {
            let descriptor = &self.ring.descriptors[self.next];
            if descriptor.address.read() & OURS == 0 {
                restart_receiver();
                return None;
            }
            dmb(); // The bit comes first, then what it is about.
            let status = descriptor.status.read();
            let length = (status & LENGTH) as usize;
            if status & WHOLE == WHOLE && (HEADER..=MTU).contains(&length) {
                return Some(length);
            }
            log::debug!("Ethernet: a frame of {length} bytes, status {status:08x}, is dropped");
            self.give_back();
        }
        None
    }

    fn take<R>(&mut self, length: usize, read: impl FnOnce(&[u8]) -> R) -> R {
        // SAFETY: `peek` has found that it is the driver's, and `give_back` comes later.
        let bytes = unsafe { self.ring.buffers[self.next].bytes() };
        let result = read(&bytes[..length]);
        self.give_back();
        result
    }
}

/// Without a descriptor for a frame, the receiver may stop for good (UG585, 16.7.4).
fn restart_receiver() {
    let events = RXSR.read() & (NOBUF | OVERRUN);
    if events != 0 {
        log::debug!("Ethernet: frames found no room, {events:#x}");
        RXSR.write(events);
        let control = NWCTRL.read();
        NWCTRL.write(control & !RXEN);
        NWCTRL.write(control | RXEN);
    }
}
