//! The time, and how to let it pass.
//!
//! SysTick is the clock: 24 bits, counted down by the processor's own clock, read but never set.
//! How far it has come is added up each time it is read, so it has to be read before it has come
//! around (0.34 s). General-purpose timer 0 is the alarm; as it never rings later than
//! `LONGEST_NAP`, the clock is read in time even if nothing happens. If one turn of the main
//! loop ever took longer than 0.34 s, the clock would lose that much: deadlines come later, and
//! nothing else happens.

use cortex_m::asm::wfi;
use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use smoltcp::time::{Duration, Instant};
use uppercase::firmware::{Counter, Platform, Register};

use crate::board::{self, TICKS_PER_MICROSECOND};
use crate::interrupts::TIMER0;
use crate::watchdog;

/// SysTick has 24 bits.
const SYSTICK_MAX: u32 = 0x00ff_ffff;
const _: () = assert!(
    Clock::LONGEST_NAP.total_micros() < SYSTICK_MAX as u64 / TICKS_PER_MICROSECOND as u64 * 3 / 4
);

const fn timer0(offset: usize) -> Register {
    // SAFETY: the registers of general-purpose timer 0, which writes no memory, are there.
    unsafe { Register::at(0x4003_0000 + offset) }
}
const GPTMCFG: Register = timer0(0x00);
const GPTMTAMR: Register = timer0(0x04);
const GPTMCTL: Register = timer0(0x0c);
const GPTMIMR: Register = timer0(0x18);
const GPTMICR: Register = timer0(0x24);
const GPTMTAILR: Register = timer0(0x28);
/// GPTMTAMR: rings once.
const ONE_SHOT: u32 = 0x1;
/// GPTMCTL: runs.
const ENABLE: u32 = 0x1;
/// GPTMIMR, GPTMICR: it has rung.
const TIME_OUT: u32 = 0x1;

/// The time since the start.
pub struct Clock(Counter<SYSTICK_MAX, TICKS_PER_MICROSECOND>);

impl Clock {
    pub fn start(mut systick: SYST) -> Self {
        systick.set_reload(SYSTICK_MAX);
        systick.set_clock_source(SystClkSource::Core);
        systick.clear_current();
        systick.enable_counter();
        GPTMCTL.write(0);
        GPTMCFG.write(0); // one timer of 32 bits
        GPTMTAMR.write(ONE_SHOT);
        GPTMIMR.write(TIME_OUT);
        TIMER0.enable();
        watchdog::start();
        Self(Counter::new(ticks()))
    }
}

/// SysTick counts down; so this counts up.
fn ticks() -> u32 {
    SYSTICK_MAX - SYST::get_current()
}

impl Platform for Clock {
    /// Leaves a quarter of SysTick's turn to what is done between two naps.
    const LONGEST_NAP: Duration = Duration::from_millis(250);

    #[inline(never)] // It is asked at many places.
    fn now(&self) -> Instant {
        self.0.read(ticks())
    }

    fn nap(&self, limit: Duration) {
        // Fits: LONGEST_NAP does.
        GPTMTAILR.write(limit.total_micros() as u32 * TICKS_PER_MICROSECOND);
        GPTMCTL.write(ENABLE);
        board::set_led(false);
        wfi();
        board::set_led(true);
        GPTMCTL.write(0);
        GPTMICR.write(TIME_OUT);
        TIMER0.unpend();
    }

    fn feed_watchdog(&self) {
        watchdog::feed();
    }
}
