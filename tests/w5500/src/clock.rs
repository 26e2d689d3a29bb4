//! A virtual clock for `embassy-time`, and the loop that lets it jump.
//!
//! Each thread has a clock of its own, so tests do not disturb each other.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

use embassy_time::Instant;
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(0) };
    static TIMERS: RefCell<Queue> = const { RefCell::new(Queue::new()) };
}

struct Clock;

embassy_time_driver::time_driver_impl!(static CLOCK: Clock = Clock);

impl Driver for Clock {
    fn now(&self) -> u64 {
        NOW.get()
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        TIMERS.with_borrow_mut(|timers| timers.schedule_wake(at, waker));
    }
}

/// Whether the future has been woken.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How often the future may be polled at one moment. More is a loop in which no time passes.
const MOST_POLLS: u32 = 10_000;

/// Runs the future, which does not end, until the moment `end`, or until `others` are done.
///
/// The future is polled when it was woken, the others after each poll and at the moment that they
/// have asked for. When nothing is left to do, the clock jumps to the next moment at which there is.
pub fn run(
    mut future: Pin<&mut dyn Future<Output = ()>>,
    end: Instant,
    mut others: impl FnMut() -> Progress,
) {
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = Waker::from(woken.clone());
    let mut polls = 0;
    while Instant::now() < end {
        if woken.0.swap(false, Ordering::Relaxed) {
            let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending(), "it ends");
            polls += 1;
            assert!(polls < MOST_POLLS, "no time passes at {}", Instant::now());
        }
        let Progress::Until(moment) = others() else {
            return;
        };
        let timer = TIMERS.with_borrow_mut(|timers| timers.next_expiration(NOW.get()));
        let next = moment.as_ticks().min(timer).min(end.as_ticks());
        if !woken.0.load(Ordering::Relaxed) && next > NOW.get() {
            NOW.set(next);
            polls = 0;
        }
    }
}

/// What the others of [`run`] have to say.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// They have what they want.
    Done,
    /// They have nothing to do before this moment, unless the future is polled.
    Until(Instant),
}
