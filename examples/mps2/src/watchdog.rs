//! The CMSDK watchdog. What stops the main loop for four seconds, as an endless loop or a fault of the
//! processor, starts the board anew.
//!
//! When it has run out once, it raises the interrupt that cannot be masked, which nothing handles;
//! when it has run out again, it resets the board.

use uppercase::firmware::Register;

use crate::machine::MACHINE;

const fn watchdog(offset: usize) -> Register {
    // SAFETY: the registers of the watchdog, which writes no memory, are there.
    unsafe { Register::at(MACHINE.watchdog + offset) }
}
const WDOGLOAD: Register = watchdog(0x000);
const WDOGCONTROL: Register = watchdog(0x008);
const WDOGINTCLR: Register = watchdog(0x00c);
/// WDOGCONTROL: it runs, and resets the board when it has run out for the second time.
const INTEN_RESEN: u32 = 0x3;
/// How long it runs until it has run out once: 2 s.
const TICKS: u32 = 2_000_000 * MACHINE.megahertz;

/// Starts it.
pub fn start() {
    WDOGLOAD.write(TICKS);
    WDOGCONTROL.write(INTEN_RESEN);
}

/// Lets it run from the beginning.
pub fn feed() {
    WDOGINTCLR.write(0);
}
