//! The log of a debug build, on the serial line: 115200 baud, 8 bits, no parity.

use core::fmt::{self, Write};

use log::{LevelFilter, Log, Metadata, Record};

use crate::serial;

/// The serial line, for texts.
pub struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        serial::write(text.as_bytes());
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
    serial::open(115_200);
    // Cannot fail: it is the first one.
    let _ = log::set_logger(&Console);
    log::set_max_level(LevelFilter::Debug);
}
