//! The log of a debug build, on the serial line as the boot loader has set it up.

use core::fmt::{self, Write};

use log::{LevelFilter, Log, Metadata, Record};

use crate::registers::Register;

const fn uart0(offset: usize) -> Register {
    // SAFETY: the registers of UART 0 are there; it has no DMA.
    unsafe { Register::at(0xe000_0000 + offset) }
}
const CONTROL: Register = uart0(0x00);
const STATUS: Register = uart0(0x2c);
const FIFO: Register = uart0(0x30);
/// CONTROL: transmits.
const TX_ENABLE: u32 = 1 << 4;
/// STATUS: there is no room for another character.
const TX_FULL: u32 = 1 << 4;

struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // A byte that finds no room for a long time is lost: it does not hold up the stack.
            STATUS.wait_for(TX_FULL, false);
            FIFO.write(byte.into());
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
    CONTROL.write(TX_ENABLE);
    // Cannot fail: it is the first one.
    let _ = log::set_logger(&Console);
    log::set_max_level(LevelFilter::Debug);
}
