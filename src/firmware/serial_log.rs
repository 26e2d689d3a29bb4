use core::fmt::{self, Write};

use log::{LevelFilter, Log, Metadata, Record};

/// The log on a serial line, by a function that sends a byte.
///
/// ```
/// use uppercase::firmware::SerialLog;
///
/// fn send(_: u8) {}
/// static LOG: SerialLog = SerialLog::new(send);
///
/// LOG.start();
/// log::info!("seen");
/// ```
#[derive(Debug)]
pub struct SerialLog(fn(u8));

impl SerialLog {
    /// The line that `send` sends each byte to. What it has no room for, it may drop: a board does not wait
    /// for a terminal.
    pub const fn new(send: fn(u8)) -> Self {
        Self(send)
    }

    /// Takes all that is logged from now on, but what is finer than debug.
    pub fn start(&'static self) {
        // Fails if there is a log already, which then goes on.
        let _ = log::set_logger(self);
        log::set_max_level(LevelFilter::Debug);
    }
}

impl Log for SerialLog {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let mut line = self;
        let _ = write!(line, "{:5} {}\r\n", record.level(), record.args());
    }

    fn flush(&self) {}
}

impl Write for &SerialLog {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(self.0);
        Ok(())
    }
}
