//! The interrupts that wake the processor up, of which none is ever taken.

use uppercase::firmware::WakeUp;

// SAFETY: this is a Cortex-M3, and the first line of `main` masks interrupts for good.
pub const TIMER0: WakeUp = unsafe { WakeUp::new(19) };
// SAFETY: the same.
pub const ETHERNET: WakeUp = unsafe { WakeUp::new(42) };

unsafe extern "C" {
    fn DefaultHandler();
}

/// The chip's part of the vector table. As no interrupt is taken, none of it is read: it has one
/// entry, as the linker script of cortex-m-rt wants one. That of cortex-m-rt itself has 240.
// SAFETY: it is where the linker script of cortex-m-rt expects it, and of that type.
#[unsafe(link_section = ".vector_table.interrupts")]
#[unsafe(no_mangle)]
static __INTERRUPTS: [unsafe extern "C" fn(); 1] = [DefaultHandler];
