//! The interrupts, of which none is ever taken.
//!
//! From the first line of `main` on they are masked (PRIMASK is set). `wfi` wakes up all the same
//! as soon as one is pending, at once if one was pending before: so code that waits for something
//! looks, and sleeps, and nothing can happen unnoticed in between. There are no handlers, and
//! nothing is shared with one.

use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::NVIC;

/// The interrupts that wake up, by their number in the data sheet.
#[derive(Clone, Copy)]
#[repr(u16)]
pub enum Interrupt {
    Timer0A = 19,
    Ethernet = 42,
}

// SAFETY: each has a number of its own, which does not change, and which the chip has.
unsafe impl InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        self as u16
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

/// The chip's part of the vector table. As no interrupt is taken, none of it is read: it has one
/// entry, as the linker script of cortex-m-rt wants one. That of cortex-m-rt itself has 240.
// SAFETY: it is where the linker script of cortex-m-rt expects it, and of that type.
#[unsafe(link_section = ".vector_table.interrupts")]
#[unsafe(no_mangle)]
static __INTERRUPTS: [unsafe extern "C" fn(); 1] = [DefaultHandler];
