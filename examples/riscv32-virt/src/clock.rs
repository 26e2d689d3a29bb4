//! The time, and how to let it pass: the timer that RISC-V gives to each of its processors.
//!
//! `mtime` counts in 64 bits and never comes around; `mtimecmp` is the alarm, which is pending as
//! long as `mtime` has reached it. The emulator's runs at 10 MHz.

use riscv::asm::wfi;
use smoltcp::time::{Duration, Instant};
use uppercase::firmware::{Platform, Register};

const TICKS_PER_MICROSECOND: u64 = 10;

const fn clint(offset: usize) -> Register {
    // SAFETY: the registers of the core's timer, which writes no memory, are there.
    unsafe { Register::at(0x0200_0000 + offset) }
}
const MTIMECMP_LOW: Register = clint(0x4000);
const MTIMECMP_HIGH: Register = clint(0x4004);
const MTIME_LOW: Register = clint(0xbff8);
const MTIME_HIGH: Register = clint(0xbffc);

/// Ticks since the machine was switched on.
pub fn ticks() -> u64 {
    MTIME_LOW.read_with_upper(MTIME_HIGH)
}

fn set_alarm(ticks: u64) {
    // Never by way of an earlier one.
    MTIMECMP_HIGH.write(u32::MAX);
    MTIMECMP_LOW.write(ticks as u32);
    MTIMECMP_HIGH.write((ticks >> 32) as u32);
}

/// The time since the machine was switched on.
pub struct Clock(());

impl Clock {
    pub fn start() -> Self {
        set_alarm(u64::MAX);
        // SAFETY: no critical section is relied upon: interrupts as a whole are disabled, and an
        // enabled one wakes up, but interrupts nothing.
        unsafe { riscv::register::mie::set_mtimer() };
        Self(())
    }
}

/// The machine has no watchdog.
impl Platform for Clock {
    /// Nothing has to be looked after.
    const LONGEST_NAP: Duration = Duration::MAX;

    fn now(&self) -> Instant {
        Instant::from_micros((ticks() / TICKS_PER_MICROSECOND) as i64)
    }

    fn nap(&self, limit: Duration) {
        let limit = limit.total_micros().saturating_mul(TICKS_PER_MICROSECOND);
        set_alarm(ticks().saturating_add(limit));
        wfi();
    }

    fn feed_watchdog(&self) {}
}
