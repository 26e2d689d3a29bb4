//! The log of a debug build, on the serial line: 115200 baud, 8 bits, no parity.

use uppercase::firmware::{Register, SerialLog};

use crate::machine::MACHINE;

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

static LOG: SerialLog = SerialLog::new(send);

/// Sends; what finds no room for a long time is lost.
fn send(byte: u8) {
    STATE.wait_until_clear(TX_FULL);
    DATA.write(byte.into());
}

/// Starts it; what is logged before is not seen.
pub fn start() {
    BAUDDIV.write(MACHINE.megahertz * 1_000_000 / 115_200);
    CTRL.write(TX_ENABLE);
    LOG.start();
}
