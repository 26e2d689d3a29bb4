//! The interrupts, of which none is ever taken.
//!
//! They stay disabled as a whole (`mstatus.MIE`), as they are after a reset. `wfi` wakes up all the
//! same as soon as an enabled one is pending, at once if one was pending before: so code that
//! waits for something looks, and sleeps, and nothing can happen unnoticed in between. There are
//! no handlers, and nothing is shared with one.
//!
//! Between the peripherals and the core is the platform's interrupt controller (PLIC).

use uppercase::firmware::Register;

const fn plic(offset: usize) -> Register {
    // SAFETY: the registers of the interrupt controller, which writes no memory, are there.
    unsafe { Register::at(0x0c00_0000 + offset) }
}
/// What only the first core sees, in machine mode.
const ENABLE: Register = plic(0x2000);
const THRESHOLD: Register = plic(0x20_0000);
/// Which interrupt is pending when read, that it has been dealt with when written.
const CLAIM: Register = plic(0x20_0004);

/// The interrupt of a peripheral, by its number: 1 to 31.
pub struct Interrupt(pub u32);

impl Interrupt {
    /// Lets it wake up, and no other.
    pub fn enable(&self) {
        plic(4 * self.0 as usize).write(1); // its priority: higher than the threshold
        THRESHOLD.write(0);
        ENABLE.write(1 << self.0);
        // SAFETY: no critical section is relied upon: interrupts as a whole are disabled, and an
        // enabled one wakes up, but interrupts nothing.
        unsafe { riscv::register::mie::set_mext() };
    }

    /// No longer pending, if its peripheral does not want anything any more.
    pub fn unpend(&self) {
        let pending = CLAIM.read();
        if pending != 0 {
            CLAIM.write(pending);
        }
    }
}
