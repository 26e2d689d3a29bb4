//! The time, and how to let it pass: the global timer of the Cortex-A9.
//!
//! It counts in 64 bits and never comes around; its comparator is the alarm, which rings once the
//! counter has reached it.

use aarch32_cpu::asm::{dsb, wfi};
use smoltcp::time::{Duration, Instant};
use uppercase::firmware::{Platform, Register};

use crate::interrupts::Interrupt;
use crate::watchdog;

/// The emulator's timer. On the chip it counts at half the speed of the processor: 333.
const TICKS_PER_MICROSECOND: u64 = 100;

const fn timer(offset: usize) -> Register {
    // SAFETY: the registers of the processor's timer, which writes no memory, are there.
    unsafe { Register::at(0xf8f0_0200 + offset) }
}
const COUNTER_LOW: Register = timer(0x00);
const COUNTER_HIGH: Register = timer(0x04);
const CONTROL: Register = timer(0x08);
/// It has rung; writing 1 acknowledges that.
const STATUS: Register = timer(0x0c);
const COMPARATOR_LOW: Register = timer(0x10);
const COMPARATOR_HIGH: Register = timer(0x14);
/// CONTROL: counts; compares; interrupts.
const ENABLE: u32 = 1 << 0;
const COMPARE: u32 = 1 << 1;
const INTERRUPT_ENABLE: u32 = 1 << 2;

const INTERRUPT: Interrupt = Interrupt(27);

/// Ticks since the start.
pub fn ticks() -> u64 {
    COUNTER_LOW.read_with_upper(COUNTER_HIGH)
}

fn set_alarm(ticks: u64) {
    CONTROL.write(ENABLE); // Never by way of an earlier moment: nothing is compared now.
    STATUS.write(1);
    INTERRUPT.unpend();
    COMPARATOR_LOW.write(ticks as u32);
    COMPARATOR_HIGH.write((ticks >> 32) as u32);
    CONTROL.write(ENABLE | COMPARE | INTERRUPT_ENABLE);
}

/// The time since the start.
pub struct Clock(());

impl Clock {
    pub fn start() -> Self {
        CONTROL.write(ENABLE);
        INTERRUPT.enable();
        watchdog::start();
        Self(())
    }
}

impl Platform for Clock {
    /// The PHY has no line to the processor of its own: it is asked so often at least.
    const LONGEST_NAP: Duration = Duration::from_millis(500);

    fn now(&self) -> Instant {
        Instant::from_micros((ticks() / TICKS_PER_MICROSECOND) as i64)
    }

    fn nap(&self, limit: Duration) {
        let limit = limit.total_micros().saturating_mul(TICKS_PER_MICROSECOND);
        set_alarm(ticks().saturating_add(limit));
        dsb(); // What was written to peripherals has arrived there.
        wfi();
    }

    fn feed_watchdog(&self) {
        watchdog::feed();
    }
}
