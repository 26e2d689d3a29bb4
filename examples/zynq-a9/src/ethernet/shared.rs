//! The memory that the controller and the driver have in common, and in which order each sees what the
//! other has written.
//!
//! A descriptor says which side owns its buffer. Each side first does what it has to do with the
//! buffer, and then gives it away by a bit of the descriptor; each looks at the bit first, and then at the rest.
//! None of this memory is cached (memory.rs). But the processor may still do reads and writes of it in
//! another order than the program's, and so may the compiler. Three barriers forbid that, each of which
//! holds for both:
//!
//! - `dmb` between the bit that says that something is the driver's, and reading the rest;
//! - `dmb` between the last access to a buffer, and the bit that gives it away;
//! - `dsb` between that bit, and the register that makes the controller look at it.
//!
//! These are the barriers for the whole system. `core::sync::atomic::fence` is not enough: it is for
//! other processors (`dmb ish`), and the controller is none. `compiler_fence` alone is enough on a
//! processor that does not reorder, such as a Cortex-M3; not on a Cortex-M7.

use core::cell::UnsafeCell;

/// A multiple of 64, as the controller wants it, and of a line of the caches. The controller writes up
/// to 1518 bytes into one, with the tag of a virtual LAN.
pub const BUFFER: usize = 1536;
/// Frames that have room at once, in each direction.
pub const RING: usize = 8;

/// A word that both sides read and write.
pub struct Word(UnsafeCell<u32>);

impl Word {
    pub fn read(&self) -> u32 {
        // SAFETY: the word is within this reference's lifetime, and no other reference to its inside is
        // ever made.
        unsafe { self.0.get().read_volatile() }
    }

    pub fn write(&self, value: u32) {
        // SAFETY: as above.
        unsafe { self.0.get().write_volatile(value) }
    }
}

/// Where a buffer is, and what is in it: their bits differ by the direction.
#[repr(C, align(8))]
pub struct Descriptor {
    pub address: Word,
    pub status: Word,
}

#[repr(C, align(64))]
pub struct Buffer(UnsafeCell<[u8; BUFFER]>);

impl Buffer {
    pub fn address(&self) -> u32 {
        self.0.get() as u32
    }

    /// The bytes in it.
    ///
    /// # Safety
    /// The buffer's descriptor says that it is the driver's, and stays so during this lifetime.
    pub unsafe fn bytes(&self) -> &[u8; BUFFER] {
        // SAFETY: the controller does not write to it, and only `fill` makes an exclusive reference,
        // for which its caller promises as much.
        unsafe { &*self.0.get() }
    }

    /// Lets `fill` write the first bytes.
    ///
    /// # Safety
    /// As for [`Buffer::bytes`], and there is no other reference to the bytes.
    pub unsafe fn fill<R>(&self, length: usize, fill: impl FnOnce(&mut [u8]) -> R) -> R {
        // SAFETY: as was promised.
        fill(unsafe { &mut (&mut *self.0.get())[..length] })
    }
}

/// A ring: descriptors, and a buffer for each.
pub struct Ring {
    pub descriptors: [Descriptor; RING],
    pub buffers: [Buffer; RING],
}

impl Ring {
    const fn new() -> Self {
        Self {
            descriptors: [const {
                Descriptor {
                    address: Word(UnsafeCell::new(0)),
                    status: Word(UnsafeCell::new(0)),
                }
            }; RING],
            buffers: [const { Buffer(UnsafeCell::new([0; BUFFER])) }; RING],
        }
    }

    /// Where it begins, for the controller.
    pub fn address(&self) -> u32 {
        self.descriptors.as_ptr() as u32
    }
}

/// Both rings.
pub struct Frames {
    pub received: Ring,
    pub transmitted: Ring,
}

impl Frames {
    pub const fn new() -> Self {
        Self {
            received: Ring::new(),
            transmitted: Ring::new(),
        }
    }
}
