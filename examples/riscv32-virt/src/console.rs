//! The log of a debug build, on the serial line.

use uppercase::firmware::{Register, SerialLog};

const fn uart(offset: usize) -> Register<u8> {
    // SAFETY: the registers of the UART, a 16550, are there; it has no DMA.
    unsafe { Register::at(0x1000_0000 + offset) }
}
const THR: Register<u8> = uart(0);
const LSR: Register<u8> = uart(5);
/// LSR: there is room for another character.
const THRE: u8 = 1 << 5;

static LOG: SerialLog = SerialLog::new(send);

/// Sends; what finds no room for a long time is lost.
fn send(byte: u8) {
    let _ = (0..100_000).any(|_| LSR.read() & THRE != 0);
    THR.write(byte);
}

/// Starts it; what is logged before is not seen. The emulator cares for no speed, and has one.
pub fn start() {
    LOG.start();
}
