//! All frames on the serial line, as a capture file: 921600 baud.
//!
//! ```text
//! cargo run --release --features capture > board.pcapng      # boots it in an emulator
//! cat /dev/ttyUSB0 > board.pcapng                            # of a real board
//! ```

use smoltcp::phy::Medium;
use uppercase::device::capture::{Capture, Pcapng};

use crate::ethernet::Ethernet;
use crate::serial;

/// As fast as most adapters of a host are: a frame of 1514 bytes takes 17 ms.
const BAUD: u32 = 921_600;

/// The Ethernet controller, and the serial line.
pub type Device = Capture<Ethernet, Pcapng<fn(&[u8])>>;

/// Opens the serial line, and begins the file.
pub fn device(ethernet: Ethernet) -> Device {
    serial::open(BAUD);
    Capture::new(ethernet, Pcapng::new(Medium::default(), serial::write))
}

/// The controller itself.
pub fn ethernet(device: &mut Device) -> &mut Ethernet {
    device.inner_mut()
}
