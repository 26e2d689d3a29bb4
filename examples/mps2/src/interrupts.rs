//! The interrupts, of which none is ever taken.
//!
//! From the first line of `main` on they are masked (PRIMASK is set). `wfi` wakes up all the same
//! as soon as one is pending, at once if one was pending before: so code that waits for something
//! looks, and sleeps, and nothing can happen unnoticed in between. There are no handlers, and
//! nothing is shared with one.

use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::NVIC;

use crate::machine::MACHINE;

/// The interrupts that wake up.
#[derive(Clone, Copy)]
pub enum Interrupt {
    Timer0,
    Ethernet,
}

// SAFETY: each has a number of its own, which does not change, and which the machine has.
unsafe impl InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        match self {
            Self::Timer0 => MACHINE.timer0_interrupt,
            Self::Ethernet => MACHINE.ethernet_interrupt,
        }
    }
}

impl Interrupt {
    /// Lets it wake up.
    pub fn enable(self) {
        // SAFETY: no critical section is relied upon: as it is masked, it interrupts nothing.
        unsafe { NVIC::unmask(self) };
    }
}

unsafe extern "C" {
    fn DefaultHandler();
}

/// The machine's part of the vector table. As none of its interrupts is ever taken, no entry is ever
/// read; cortex-m-rt asks for one.
// SAFETY: it is where the linker script of cortex-m-rt expects it, and of that type.
#[unsafe(link_section = ".vector_table.interrupts")]
#[unsafe(no_mangle)]
static __INTERRUPTS: [unsafe extern "C" fn(); 1] = [DefaultHandler];
