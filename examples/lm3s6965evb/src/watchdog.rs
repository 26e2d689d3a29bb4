//! The watchdog of the chip. What stops the main loop for four seconds, as an endless loop or a fault
//! of the processor, starts the board anew.

use uppercase::firmware::Register;

use crate::board::TICKS_PER_MICROSECOND;

const fn watchdog(offset: usize) -> Register {
    // SAFETY: the registers of the watchdog, which writes no memory, are there.
    unsafe { Register::at(0x4000_0000 + offset) }
}
const WDTLOAD: Register = watchdog(0x000);
const WDTCTL: Register = watchdog(0x008);
const WDTICR: Register = watchdog(0x00c);
const WDTTEST: Register = watchdog(0x418);
/// WDTCTL: it runs, and resets the chip when it has run out for the second time.
const INTEN_RESEN: u32 = 0x3;
/// WDTTEST: it stands still while a debugger halts the processor.
const STALL: u32 = 1 << 8;
/// How long it runs until it has run out once: 2 s.
const TICKS: u32 = 2_000_000 * TICKS_PER_MICROSECOND;

/// Starts it, for good.
pub fn start() {
    WDTLOAD.write(TICKS);
    WDTTEST.write(STALL);
    WDTCTL.write(INTEN_RESEN);
}

/// Lets it run from the beginning.
pub fn feed() {
    WDTICR.write(0);
}
