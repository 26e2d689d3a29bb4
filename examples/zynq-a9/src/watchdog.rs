//! The watchdog of the processor, which resets the chip when it is not fed for some seconds. In the
//! emulator it only counts.

use uppercase::firmware::Register;

const fn watchdog(offset: usize) -> Register {
    // SAFETY: the registers of the watchdog, which writes no memory, are there.
    unsafe { Register::at(0xf8f0_0620 + offset) }
}
/// Where it counts down from. Writing starts it from there.
const LOAD: Register = watchdog(0x0);
const CONTROL: Register = watchdog(0x8);
/// CONTROL: counts, once in 256 ticks of the global timer; resets the chip at the end.
const PRESCALER: u32 = 255 << 8;
const RESETS: u32 = 1 << 3;
const ENABLE: u32 = 1 << 0;
/// 8 seconds at the chip's 333 ticks a microsecond.
const PATIENCE: u32 = 8 * (333_000_000 / 256);

pub fn start() {
    feed();
    CONTROL.write(PRESCALER | RESETS | ENABLE);
}

pub fn feed() {
    LOAD.write(PATIENCE);
}
