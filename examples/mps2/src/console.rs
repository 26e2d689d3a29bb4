//! The log of a debug build, on the serial line: 115200 baud, 8 bits, no parity.

use core::fmt::{self, Write};

use log::{LevelFilter, Log, Metadata, Record};

use crate::machine::MACHINE;
use crate::registers::Register;

const fn uart0(offset: usize) -> Register {
    // SAFETY: the registers of UART 0 are there; it has no DMA.
    unsafe { Register::at(MACHINE.uart0 + offset) }
}
const DATA: Register = uart0(0x00);
const STATE: Register = uart0(0x04);
const CTRL: Register = uart0(0x08);
const BAUDDIV: Register = uart0(0x10);
/// STATE: there is no room for another character.
const TX_FULL: u32 = 1 << 0;
/// CTRL: transmits.
const TX_ENABLE: u32 = 1 << 0;

struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // A byte that finds no room for a long time is lost: it does not hold up the stack.
            STATE.wait_for(TX_FULL, false);
            DATA.write(byte.into());
        }
        Ok(())
    }
}

impl Log for Console {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let _ = write!(Console, "{:5} {}\r\n", record.level(), record.args());
    }

    fn flush(&self) {}
}

/// Starts it; what is logged before is not seen.
pub fn start() {
    BAUDDIV.write(MACHINE.megahertz * 1_000_000 / 115_200);
    CTRL.write(TX_ENABLE);
    // Cannot fail: it is the first one.
    let _ = log::set_logger(&Console);
    log::set_max_level(LevelFilter::Debug);
}
