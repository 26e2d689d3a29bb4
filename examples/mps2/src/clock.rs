//! The time, and how to let it pass.
//!
//! The FPGA counts microseconds in 32 bits, which are read but never set. How far it has come is
//! added up each time it is read, so it has to be read before it has come around (71 minutes). The
//! first CMSDK timer is the alarm; it never rings later than the watchdog has to be
//! fed, so the clock is read in time even if nothing happens.

use cortex_m::asm::wfi;
use smoltcp::time::{Duration, Instant};
use uppercase::firmware::{Counter, Platform, Register};

use crate::board::{fpgaio, set_led};
use crate::interrupts::TIMER0;
use crate::machine::MACHINE;
use crate::watchdog;

/// The timer has 32 bits, too, but counts the processor's clock.
const _: () =
    assert!(Clock::LONGEST_NAP.total_micros() * MACHINE.megahertz as u64 <= u32::MAX as u64);

/// Counts each time that the prescaler, which counts down from PRESCALE, is at its end.
const COUNTER: Register = fpgaio(0x18);
const PRESCALE: Register = fpgaio(0x1c);

const fn timer0(offset: usize) -> Register {
    // SAFETY: the registers of the timer, which writes no memory, are there.
    unsafe { Register::at(MACHINE.timer0 + offset) }
}
const CTRL: Register = timer0(0x00);
/// Where it starts from, at once and after it has rung.
const RELOAD: Register = timer0(0x08);
/// Writing acknowledges that it has rung.
const INTCLEAR: Register = timer0(0x0c);
/// CTRL: runs, and rings.
const ENABLE_INTERRUPT: u32 = 1 << 0 | 1 << 3;

/// The time since the start.
pub struct Clock(Counter<{ u32::MAX }, 1>);

impl Clock {
    pub fn start() -> Self {
        PRESCALE.write(MACHINE.megahertz - 1);
        CTRL.write(0);
        TIMER0.enable();
        watchdog::start();
        Self(Counter::new(COUNTER.read()))
    }
}

impl Platform for Clock {
    /// Half of the time of the watchdog.
    const LONGEST_NAP: Duration = Duration::from_secs(1);

    fn now(&self) -> Instant {
        self.0.read(COUNTER.read())
    }

    fn nap(&self, limit: Duration) {
        // Fits: LONGEST_NAP does.
        RELOAD.write(limit.total_micros() as u32 * MACHINE.megahertz);
        CTRL.write(ENABLE_INTERRUPT);
        set_led(false);
        wfi();
        set_led(true);
        CTRL.write(0);
        INTCLEAR.write(1);
        TIMER0.unpend();
    }

    fn feed_watchdog(&self) {
        watchdog::feed();
    }
}
