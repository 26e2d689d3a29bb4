//! Tasks that are polled only when they have been woken, and a clock that goes on when all sleep.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use smoltcp::time::{Duration, Instant};

/// Whether a task has been woken.
#[derive(Default)]
pub struct Woken(AtomicBool);

impl Woken {
    pub fn take(&self) -> bool {
        self.0.swap(false, Ordering::SeqCst)
    }
}

/// A waker, and whether it was used.
pub fn waker() -> (Arc<Woken>, Waker) {
    let woken = Arc::new(Woken::default());
    (woken.clone(), woken.into())
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

pub struct Clock {
    now: Cell<Instant>,
    /// When to wake, the number of the sleep, the waker.
    alarms: RefCell<Vec<(Instant, u32, Waker)>>,
    sleeps: Cell<u32>,
}

struct Alarm<'c>(&'c Clock, u32);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        self.0.alarms.borrow_mut().retain(|alarm| alarm.1 != self.1);
    }
}

impl Clock {
    pub fn new() -> Self {
        Self {
            now: Cell::new(Instant::ZERO),
            alarms: RefCell::default(),
            sleeps: Cell::new(0),
        }
    }

    pub fn now(&self) -> Instant {
        self.now.get()
    }

    /// How many sleeps were begun.
    pub fn sleeps(&self) -> u32 {
        self.sleeps.get()
    }

    pub async fn sleep(&self, delay: Duration) {
        let due = self.now() + delay;
        let key = self.sleeps.get();
        self.sleeps.set(key + 1);
        let _alarm = Alarm(self, key);
        poll_fn(|context| {
            if self.now() >= due {
                return Poll::Ready(());
            }
            let mut alarms = self.alarms.borrow_mut();
            alarms.retain(|alarm| alarm.1 != key);
            alarms.push((due, key, context.waker().clone()));
            Poll::Pending
        })
        .await;
    }

    /// The next alarm.
    pub fn due(&self) -> Option<Instant> {
        self.alarms.borrow().iter().map(|alarm| alarm.0).min()
    }

    pub fn set(&self, now: Instant) {
        self.now.set(now);
        for (due, _, waker) in self.alarms.borrow().iter() {
            if *due <= now {
                waker.wake_by_ref();
            }
        }
    }
}

pub struct Task<'t> {
    pub woken: Arc<Woken>,
    pub polls: u32,
    future: Pin<Box<dyn Future<Output = ()> + 't>>,
}

impl<'t> Task<'t> {
    /// It has not been polled yet, and is woken.
    pub fn new(future: impl Future<Output = ()> + 't) -> Self {
        let woken = Arc::new(Woken::default());
        woken.clone().wake();
        Self {
            woken,
            polls: 0,
            future: Box::pin(future),
        }
    }

    /// Polls it once if it was woken; returns whether it was.
    pub fn run(&mut self) -> bool {
        let woken = self.woken.take();
        if woken {
            let waker = self.woken.clone().into();
            let _ = self.poll(&waker);
        }
        woken
    }

    pub fn poll(&mut self, waker: &Waker) -> Poll<()> {
        self.polls += 1;
        self.future.as_mut().poll(&mut Context::from_waker(waker))
    }
}

/// Runs the tasks until `done`. When all of them sleep, `line` may carry something, which takes
/// 100 us; if it does not, the clock jumps to the next alarm.
#[track_caller]
pub fn run(
    clock: &Clock,
    tasks: &mut [&mut Task<'_>],
    mut line: impl FnMut() -> bool,
    mut done: impl FnMut() -> bool,
) {
    while !done() {
        let mut busy = 0;
        while tasks.iter_mut().any(|task| task.run()) {
            busy += 1;
            assert!(busy < 1000, "the tasks never sleep");
        }
        if line() {
            clock.set(clock.now() + Duration::from_micros(100));
        } else if !done() {
            clock.set(clock.due().expect("nobody waits for anything"));
        }
        assert!(
            clock.now() < Instant::from_secs(3600),
            "not done in an hour"
        );
    }
}
