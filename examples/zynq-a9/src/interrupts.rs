//! The interrupts, of which none is ever taken.
//!
//! They stay masked as a whole in the processor (`CPSR.I`), as they are after a reset. `wfi` wakes up
//! all the same as soon as an enabled one is pending, at once if one was pending before. There are no
//! handlers, and nothing is shared with one.
//!
//! Between the peripherals and the processor is its interrupt controller (GICv1).

use uppercase::firmware::Register;

const fn distributor(offset: usize) -> Register {
    // SAFETY: the registers of the interrupt controller, which writes no memory, are there.
    unsafe { Register::at(0xf8f0_1000 + offset) }
}
/// Lets interrupts through to the processors.
const DISTRIBUTOR_CONTROL: Register = distributor(0x000);
/// A bit for each interrupt: enabled, no longer pending.
const SET_ENABLE: usize = 0x100;
const CLEAR_PENDING: usize = 0x280;
/// A byte for each interrupt: which processors it goes to.
const TARGETS: usize = 0x800;

const fn interface(offset: usize) -> Register {
    // SAFETY: as above, those of this processor.
    unsafe { Register::at(0xf8f0_0100 + offset) }
}
const INTERFACE_CONTROL: Register = interface(0x0);
/// Interrupts of a lower number have a higher priority; those below this number come through.
const PRIORITY_MASK: Register = interface(0x4);

/// An interrupt, by its number: 16 to 31 are the processor's own, from 32 on the peripherals'.
pub struct Interrupt(pub usize);

impl Interrupt {
    /// Lets it wake up. Its priority is 0, the highest, after a reset.
    pub fn enable(&self) {
        let Self(number) = *self;
        if number >= 32 {
            // To the first processor. A register is that of four interrupts, of which one is used.
            distributor(TARGETS + number / 4 * 4).write(0x0101_0101);
        }
        distributor(SET_ENABLE + number / 32 * 4).write(1 << (number % 32));
        PRIORITY_MASK.write(0xff);
        INTERFACE_CONTROL.write(0b11); // interrupts of both groups
        DISTRIBUTOR_CONTROL.write(1);
    }

    /// No longer pending, if its peripheral does not want anything any more.
    pub fn unpend(&self) {
        let Self(number) = *self;
        distributor(CLEAR_PENDING + number / 32 * 4).write(1 << (number % 32));
    }
}
