//! What is particular to the machine, other than its network card: where it takes chance from, and
//! how it starts anew.

use uppercase::firmware::Register;

use crate::clock;

const fn rtc(offset: usize) -> Register {
    // SAFETY: the registers of the real-time clock, which writes no memory, are there.
    unsafe { Register::at(0x0010_1000 + offset) }
}
/// Nanoseconds since 1970; reading the lower half keeps the upper one that belongs to it.
const TIME_LOW: Register = rtc(0x0);
const TIME_HIGH: Register = rtc(0x4);

// SAFETY: the register is there, and writes no memory.
const TEST: Register = unsafe { Register::at(0x0010_0000) };
/// TEST: reset the machine.
const RESET: u32 = 0x7777;

/// Chance out of the date to the nanosecond, and how long the machine has been on. It is another
/// number at each start, but it can be guessed; do not make keys of it.
pub fn random_seed() -> u64 {
    let low = TIME_LOW.read();
    let date = u64::from(TIME_HIGH.read()) << 32 | u64::from(low);
    // What is chance are the lowest bits: spread over all of them (the golden ratio, in 64 bits).
    (date ^ clock::ticks().rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

pub fn restart() -> ! {
    TEST.write(RESET);
    loop {
        riscv::asm::wfi();
    }
}
