//! The log of a debug build, on the serial line.

use core::fmt::{self, Write};

use log::{LevelFilter, Log, Metadata, Record};

use crate::registers::ByteRegister;

const fn uart(offset: usize) -> ByteRegister {
    // SAFETY: the registers of the UART, a 16550, are there; it has no DMA.
    unsafe { ByteRegister::at(0x1000_0000 + offset) }
}
const THR: ByteRegister = uart(0);
const LSR: ByteRegister = uart(5);
/// LSR: there is room for another character.
const THRE: u8 = 1 << 5;

struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // A byte that finds no room for a long time is lost: it does not hold up the stack.
            let _ = (0..100_000).any(|_| LSR.read() & THRE != 0);
            THR.write(byte);
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

/// Starts it; what is logged before is not seen. The emulator cares for no speed, and has one.
pub fn start() {
    // Cannot fail: it is the first one.
    let _ = log::set_logger(&Console);
    log::set_max_level(LevelFilter::Debug);
}
