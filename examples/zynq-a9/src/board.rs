//! What is particular to the chip, other than Ethernet: its control registers, where it takes chance
//! from, and how it starts anew.

use uppercase::firmware::{Register, seed_of};

use crate::clock;

const fn slcr(offset: usize) -> Register {
    // SAFETY: the registers of system control are there; those below write no memory.
    unsafe { Register::at(0xf800_0000 + offset) }
}
const UNLOCK: Register = slcr(0x008);
const GEM0_CLK_CTRL: Register = slcr(0x140);
const PSS_RST_CTRL: Register = slcr(0x200);
/// UNLOCK: the others can be written.
const KEY: u32 = 0xdf0d;
/// GEM0_CLK_CTRL: runs, from the PLL of the peripherals (1 GHz), divided by 8 and by another divisor.
const CLOCK: u32 = 1 << 0 | 8 << 8;

const fn xadc(offset: usize) -> Register {
    // SAFETY: the registers of the converter's interface, which writes no memory, are there.
    unsafe { Register::at(0xf800_7100 + offset) }
}
const XADC_CONFIG: Register = xadc(0x00);
const XADC_STATUS: Register = xadc(0x0c);
const XADC_COMMAND: Register = xadc(0x10);
const XADC_DATA: Register = xadc(0x14);
const XADC_CONTROL: Register = xadc(0x18);
/// XADC_CONFIG: this interface is used, at its slowest, with a pause of 31 cycles between commands.
const XADC_ENABLE: u32 = 1 << 31 | 0b11 << 8 | 0x1f;
/// XADC_STATUS: there is nothing to read.
const XADC_EMPTY: u32 = 1 << 8;
/// XADC_COMMAND: read the temperature; the answer to a command comes with the next one.
const XADC_READ_TEMPERATURE: u32 = 0b01 << 26;

/// Clocks what is transmitted for a link of this speed: at 125, 25 or 2.5 MHz.
pub fn set_transmit_clock(megabits_per_second: u32) {
    let divisor = match megabits_per_second {
        1000 => 1,
        100 => 5,
        _ => 50,
    };
    UNLOCK.write(KEY);
    GEM0_CLK_CTRL.write(CLOCK | divisor << 20);
}

/// Chance out of the lowest bits of the chip's temperature, and how long it takes to convert it. There
/// is nothing better on this chip; do not make keys of it.
///
/// In the emulator the temperature is always the same, and chance is how long the host takes.
pub fn random_seed() -> u64 {
    XADC_CONTROL.write(0); // not in reset
    XADC_CONFIG.write(XADC_ENABLE);
    seed_of((0..64).flat_map(|_| {
        XADC_COMMAND.write(XADC_READ_TEMPERATURE);
        XADC_STATUS.wait_until_clear(XADC_EMPTY);
        [XADC_DATA.read(), clock::ticks() as u32]
    }))
}

pub fn restart() -> ! {
    UNLOCK.write(KEY);
    PSS_RST_CTRL.write(1);
    loop {
        aarch32_cpu::asm::wfi();
    }
}
