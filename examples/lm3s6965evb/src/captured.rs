//! All frames on the serial line, as a capture file: 921600 baud.
//!
//! ```text
//! cargo run --release --features capture > board.pcapng      # boots it in an emulator
//! cat /dev/ttyUSB0 > board.pcapng                            # of a real board
//! ```

use smoltcp::phy::Medium;
use uppercase::device::capture::{Capture, Pcapng};
use uppercase::firmware::Driver;

use crate::serial;

/// As fast as most adapters of a host are: a frame of 1514 bytes takes 17 ms.
const BAUD: u32 = 921_600;

/// Opens the serial line, and begins the file.
pub fn device(ethernet: impl Driver) -> impl Driver {
    serial::open(BAUD);
    let file: Pcapng<fn(&[u8])> = Pcapng::new(Medium::default(), serial::write);
    Capture::new(ethernet, file)
}
