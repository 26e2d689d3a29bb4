//! The log of a debug build, on the serial line: 115200 baud, 8 bits, no parity.

use core::fmt::{self, Write};

use log::{LevelFilter, Log, Metadata, Record};

use crate::registers::Register;

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

/// The serial line itself.
pub struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // What finds no room for a long time is lost: nobody waits for a terminal.
            UARTFR.wait_for(TXFF, false);
            UARTDR.write(byte.into());
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

/// Starts it; what is logged before is not seen.
pub fn start() {
    GPIOAFSEL.set(PINS);
    GPIODEN.set(PINS);
    UARTCTL.write(0);
    UARTIBRD.write(27); // 50 MHz / (16 * 115200) = 27 ...
    UARTFBRD.write(8); // ... and 8/64
    UARTLCRH.write(WLEN_8_FEN);
    UARTCTL.write(TXE_UARTEN);
    // Cannot fail: it is the first one.
    let _ = log::set_logger(&Console);
    log::set_max_level(LevelFilter::Debug);
}
