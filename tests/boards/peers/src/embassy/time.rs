//! Embassy's time by SysTick, which interrupts each millisecond.

use core::cell::{Cell, RefCell};
use core::task::Waker;

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use critical_section::Mutex;
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;

use crate::board::TICKS_PER_MICROSECOND;

struct SysTick {
    /// Milliseconds since the start.
    now: Mutex<Cell<u64>>,
    /// When the next alarm is due.
    due: Mutex<Cell<u64>>,
    alarms: Mutex<RefCell<Queue>>,
}

embassy_time_driver::time_driver_impl!(static TIME: SysTick = SysTick {
    now: Mutex::new(Cell::new(0)),
    due: Mutex::new(Cell::new(u64::MAX)),
    alarms: Mutex::new(RefCell::new(Queue::new())),
});

impl Driver for SysTick {
    fn now(&self) -> u64 {
        critical_section::with(|section| self.now.borrow(section).get())
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|section| {
            let mut alarms = self.alarms.borrow_ref_mut(section);
            if alarms.schedule_wake(at, waker) {
                let now = self.now.borrow(section).get();
                self.due.borrow(section).set(alarms.next_expiration(now));
            }
        });
    }
}

pub fn start(mut systick: SYST) {
    systick.set_reload(1000 * TICKS_PER_MICROSECOND - 1);
    systick.set_clock_source(SystClkSource::Core);
    systick.clear_current();
    systick.enable_interrupt();
    systick.enable_counter();
}

#[cortex_m_rt::exception]
fn SysTick() {
    critical_section::with(|section| {
        let now = TIME.now.borrow(section).get() + 1;
        TIME.now.borrow(section).set(now);
        let due = TIME.due.borrow(section);
        if now >= due.get() {
            due.set(TIME.alarms.borrow_ref_mut(section).next_expiration(now));
        }
    });
}
