//! The serial line: 8 bits, no parity.

use uppercase::firmware::Register;

const fn uart0(offset: usize) -> Register {
    // SAFETY: the registers of UART 0 are there; it has no DMA.
    unsafe { Register::at(0x4000_c000 + offset) }
}
const UARTDR: Register = uart0(0x00);
const UARTFR: Register = uart0(0x18);
const UARTIBRD: Register = uart0(0x24);
const UARTFBRD: Register = uart0(0x28);
const UARTLCRH: Register = uart0(0x2c);
const UARTCTL: Register = uart0(0x30);
/// UARTFR: there is no room for another character.
const TXFF: u32 = 1 << 5;
/// UARTLCRH: 8 bits, with the FIFO.
const WLEN_8_FEN: u32 = 0x70;
/// UARTCTL: transmits.
const TXE_UARTEN: u32 = 0x101;

const fn port_a(offset: usize) -> Register {
    // SAFETY: the registers of GPIO port A are there; it has no DMA.
    unsafe { Register::at(0x4000_4000 + offset) }
}
const GPIOAFSEL: Register = port_a(0x420);
const GPIODEN: Register = port_a(0x51c);
/// Pins 0 and 1 are the serial line's.
const PINS: u32 = 0x3;

/// The clock of the chip, in Hz.
const CLOCK: u32 = 50_000_000;

/// Starts it, at `baud` bits per second.
pub fn open(baud: u32) {
    // In 64ths: the clock is divided by 16 and by this.
    let divisor = CLOCK * 4 / baud;
    GPIOAFSEL.set(PINS);
    GPIODEN.set(PINS);
    UARTCTL.write(0);
    UARTIBRD.write(divisor / 64);
    UARTFBRD.write(divisor % 64);
    UARTLCRH.write(WLEN_8_FEN);
    UARTCTL.write(TXE_UARTEN);
}

/// Sends a byte; if it finds no room for a long time, it is lost.
pub fn send(byte: u8) {
    UARTFR.wait_until_clear(TXFF);
    UARTDR.write(byte.into());
}

/// Sends all of them.
#[allow(dead_code, reason = "a log is sent by bytes")]
pub fn write(bytes: &[u8]) {
    bytes.iter().copied().for_each(send);
}
