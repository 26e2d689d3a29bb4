use super::Register;

/// An interrupt of a Cortex-M that wakes the processor up, by its number in the data sheet. None is ever
/// taken.
///
/// While they are masked (PRIMASK is set from the first line of `main` on), `wfi` wakes up all the same as
/// soon as one is pending, at once if one was pending before. So code that waits for something looks,
/// and sleeps, and nothing can happen unnoticed in between. There are no handlers, and nothing is shared
/// with one.
#[derive(Clone, Copy, Debug)]
pub struct WakeUp(usize);

impl WakeUp {
    /// The interrupt of this number.
    ///
    /// # Safety
    /// The firmware runs on a Cortex-M, and masks interrupts: as none is taken, no critical section can
    /// be broken by one.
    #[allow(unsafe_code)]
    #[must_use]
    pub const unsafe fn new(number: usize) -> Self {
        Self(number)
    }

    /// Lets it wake up.
    pub fn enable(self) {
        self.register(0xe000_e100).write(1 << (self.0 % 32));
    }

    /// No longer pending, if its peripheral does not want anything any more.
    pub fn unpend(self) {
        self.register(0xe000_e280).write(1 << (self.0 % 32));
    }

    /// The register that has the bit of this interrupt. There are several of the same kind, each for 32
    /// interrupts, and `first` is the address of the first one.
    #[allow(unsafe_code)]
    fn register(self, first: usize) -> Register {
        // SAFETY: `new` was promised that the interrupt controller of a Cortex-M, which writes no
        // memory, is there (ARMv7-M, B3.4).
        unsafe { Register::at(first + self.0 / 32 * 4) }
    }
}
