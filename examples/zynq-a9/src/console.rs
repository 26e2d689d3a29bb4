//! The log of a debug build, on the serial line as the boot loader has set it up.

use uppercase::firmware::{Register, SerialLog};

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

static LOG: SerialLog = SerialLog::new(send);

/// Sends; what finds no room for a long time is lost.
fn send(byte: u8) {
    STATUS.wait_until_clear(TX_FULL);
    FIFO.write(byte.into());
}

/// Starts it; what is logged before is not seen.
pub fn start() {
    CONTROL.write(TX_ENABLE);
    LOG.start();
}
