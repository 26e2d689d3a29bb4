//! The registers of the chip's peripherals: where all `unsafe` of this folder for them is.

/// A register of 32 bits at a fixed address.
#[derive(Clone, Copy)]
pub struct Register(usize);

impl Register {
    /// The register at `address`.
    ///
    /// # Safety
    /// A register of a peripheral, which has no part in Rust's memory, is at this address. To read
    /// or write it may change what the peripheral does, but no memory.
    pub const unsafe fn at(address: usize) -> Self {
        assert!(address.is_multiple_of(4));
        Self(address)
    }

    pub fn read(self) -> u32 {
        // SAFETY: `at` was promised that a register is there.
        unsafe { (self.0 as *const u32).read_volatile() }
    }

    pub fn write(self, value: u32) {
        // SAFETY: `at` was promised that a register is there, and that memory is not touched.
        unsafe { (self.0 as *mut u32).write_volatile(value) }
    }

    /// Waits for a limited time until one of `bits` is as wanted; returns whether it is.
    pub fn wait_for(self, bits: u32, wanted: bool) -> bool {
        (0..100_000).any(|_| (self.read() & bits != 0) == wanted)
    }
}
