//! The interrupts that wake the processor up, of which none is ever taken.

use uppercase::firmware::WakeUp;

use crate::machine::MACHINE;

// SAFETY: this is a Cortex-M, and the first line of `main` masks interrupts for good.
pub const TIMER0: WakeUp = unsafe { WakeUp::new(MACHINE.timer0_interrupt) };
// SAFETY: the same.
pub const ETHERNET: WakeUp = unsafe { WakeUp::new(MACHINE.ethernet_interrupt) };
