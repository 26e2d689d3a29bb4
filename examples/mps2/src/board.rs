//! What is particular to the board, other than Ethernet: its light, and where it takes chance from.

use uppercase::firmware::{Register, seed_of};

use crate::ethernet;
use crate::machine::MACHINE;

/// A register of the FPGA's input and output.
pub const fn fpgaio(offset: usize) -> Register {
    // SAFETY: the registers of this block, which writes no memory, are there.
    unsafe { Register::at(MACHINE.fpgaio + offset) }
}
const LED0: Register = fpgaio(0x00);
/// Counts down with the processor's clock, again and again; see clock.rs.
const PSCNTR: Register = fpgaio(0x20);

/// LED0: the first of the user's lights.
const LED: u32 = 1 << 0;

/// Masks the interrupts for good. Clocks and memory are as the board's controller has left them.
pub fn start() {
    cortex_m::interrupt::disable();
    set_led(true);
}

/// The light is on while the processor is awake.
pub fn set_led(on: bool) {
    LED0.write(if on { LED } else { 0 });
}

/// Chance out of two clocks that do not run alike: the FPGA's and that of the Ethernet controller,
/// each of which has a crystal of its own. How one stands when the other is looked at is chance, a
/// little each time, 256 times. There is nothing better on this board; do not make keys of it.
///
/// In the emulator both are the host's clock, and chance is how long the host takes. It has none
/// if it is told to count instructions (`-icount`): there the seed is the same at each start.
pub fn random_seed() -> u64 {
    let clocks = (0..256).flat_map(|_| [ethernet::FREE_RUN, PSCNTR]);
    seed_of(clocks.map(Register::read))
}
