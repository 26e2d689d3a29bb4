//! A loop around a stack that sleeps until the driver has something or a deadline is due.

use core::future::{pending, poll_fn};
use core::pin::pin;
use core::task::{Poll, Waker};

use smoltcp::phy::Device;
use smoltcp::time::{Duration, Instant};

use crate::Stack;
use crate::device::capture::{Capture, Sink};
#[cfg(feature = "fragmentation")]
use crate::device::reassembly::Reassembly;
use crate::stack::{Next, Service};

/// How long a full driver is waited for if it does not wake us: far longer than it takes for any
/// frame to leave (1.2 ms at 10 Mbit/s), and short enough for the deadlines of the services.
const FULL: Duration = Duration::from_millis(10);

/// A device that a task can wait for: an [`Embassy`](super::Embassy), or a wrapper around one,
/// which hands both calls to the device inside.
pub trait AsyncDevice: Device {
    /// From now on, where there was no token, `waker` is woken once there is one.
    ///
    /// It has to be set before each poll of the stack: no other waker is woken, not even one that
    /// was set before and left with the driver.
    fn set_waker(&mut self, waker: &Waker);

    /// Whether there was no room for the frame that was to be transmitted last, since
    /// [`set_waker`](Self::set_waker).
    ///
    /// The stack asks to be polled again at once then, which is of no use before the driver has
    /// woken the task.
    fn is_full(&self) -> bool;
}

#[cfg(feature = "fragmentation")]
impl<D: AsyncDevice> AsyncDevice for Reassembly<'_, D> {
    fn set_waker(&mut self, waker: &Waker) {
        self.inner_mut().set_waker(waker);
    }

    fn is_full(&self) -> bool {
        self.inner().is_full()
    }
}

impl<D: AsyncDevice, S: Sink> AsyncDevice for Capture<D, S> {
    fn set_waker(&mut self, waker: &Waker) {
        self.inner_mut().set_waker(waker);
    }

    fn is_full(&self) -> bool {
        self.inner().is_full()
    }
}

/// Serves without end: [`turn`] after [`turn`].
///
/// To have something else done by the same task, in between or at the end, write the loop yourself.
pub async fn serve<'a, D: AsyncDevice>(
    stack: &mut Stack<'a, D>,
    now: impl Fn() -> Instant,
    sleep: impl AsyncFn(Duration),
    service: &mut dyn Service<'a>,
) -> ! {
    loop {
        turn(stack, &now, &sleep, service).await;
    }
}

/// Polls the stack once and waits until it is worth to do so again: until the driver has woken the
/// task, or the stack's deadline is due.
///
/// `sleep` returns after that much time. It is not called where only the driver is waited for.
///
/// - No wake-up is lost: the driver has the waker of the task before the stack looks for frames,
///   so one that arrives later, even while the stack is at work, makes the executor come back.
/// - Anything that wakes the task ends the wait. Other futures in the same task (`join`, `select`)
///   hence cost a poll of the stack each time, and nothing else.
/// - Each turn lets the other tasks run once at least, also where the stack has more to do than one poll
///   does, or what is waited for is there already. While the driver has no room for a frame, it is waited
///   for.
/// - It may be dropped at any time; nothing is lost but the wait.
pub async fn turn<'a, D: AsyncDevice>(
    stack: &mut Stack<'a, D>,
    now: impl Fn() -> Instant,
    sleep: impl AsyncFn(Duration),
    service: &mut dyn Service<'a>,
) {
    turn_or(stack, now, sleep, service, pending()).await;
}

/// As [`turn`]; the wait ends when `event` does, too.
///
/// That is how another task has a service act: it puts something into what both share, a channel of
/// `embassy-sync` for instance, and `event` waits until something is there. The next turn polls the
/// service, which takes it. Where the service leaves it there, one turn follows the other: the other tasks
/// run in between, but the processor does not sleep.
pub async fn turn_or<'a, D: AsyncDevice>(
    stack: &mut Stack<'a, D>,
    now: impl Fn() -> Instant,
    sleep: impl AsyncFn(Duration),
    service: &mut dyn Service<'a>,
    event: impl Future<Output = ()>,
) {
    let next = poll_fn(|context| {
        stack.device_mut().set_waker(context.waker());
        Poll::Ready(stack.poll(now(), service))
    })
    .await;
    let delay = match next {
        Next::Poll if stack.device().is_full() => Some(FULL),
        Next::Room => Some(FULL),
        next => next.delay(now()),
    };
    let at_once = delay == Some(Duration::ZERO);
    let mut sleep = pin!(delay.filter(|_| !at_once).map(|delay| sleep(delay)));
    let mut event = pin!(event);
    let mut asleep = false;
    poll_fn(|context| {
        if core::mem::replace(&mut asleep, true) {
            // The task was woken; by now it may have another waker, too.
            return Poll::Ready(());
        }
        let is_over = at_once
            || event.as_mut().poll(context).is_ready()
            || (sleep.as_mut().as_pin_mut()).is_some_and(|sleep| sleep.poll(context).is_ready());
        if is_over {
            context.waker().wake_by_ref();
        }
        // The other tasks run in any case.
        Poll::Pending
    })
    .await;
}
