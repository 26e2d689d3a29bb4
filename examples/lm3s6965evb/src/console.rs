//! The log of a debug build, on the serial line: 115200 baud, 8 bits, no parity.

use uppercase::firmware::SerialLog;

use crate::serial;

/// The serial line, for texts.
pub static CONSOLE: SerialLog = SerialLog::new(serial::send);

/// Starts it; what is logged before is not seen.
pub fn start() {
    serial::open(115_200);
    CONSOLE.start();
}
