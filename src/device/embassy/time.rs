//! The loop by Embassy's own clock.

use core::future::pending;

use embassy_net_driver::Driver;
use embassy_time::{Timer, with_timeout};
use smoltcp::time::{Duration, Instant};

use super::{Embassy, turn_or};
use crate::Stack;
use crate::firmware::Attachment;
use crate::stack::Service;

/// How long nothing is looked after at most: less than the time of any watchdog.
const LONGEST_TURN: embassy_time::Duration = embassy_time::Duration::from_secs(1);

/// The time of Embassy's clock.
#[must_use]
pub fn now() -> Instant {
    Instant::from_micros(embassy_time::Instant::now().as_micros() as i64)
}

/// Lets this much time pass, by Embassy's alarm.
pub async fn sleep(delay: Duration) {
    Timer::after_micros(delay.total_micros()).await;
}

/// Serves without an end, as [`serve`](super::serve) does, by Embassy's clock.
///
/// After each turn of the loop, and once a second at least, `look_after` is told whether there is a
/// link: it feeds the watchdog and switches a light. That the link has come or gone is logged, and that
/// there is an address. When the link has come, what the network has given is verified, and so is that no
/// other host has an address, and groups are reported (`Context::link_is_back`).
pub async fn run<'a, D: Driver>(
    stack: &mut Stack<'a, Embassy<D>>,
    service: &mut dyn Service<'a>,
    look_after: impl FnMut(bool),
) -> ! {
    run_with(stack, service, async || pending().await, look_after).await
}

/// As [`run`]; a turn of the loop also ends when `event` does, as with [`turn_or`].
pub async fn run_with<'a, D: Driver>(
    stack: &mut Stack<'a, Embassy<D>>,
    service: &mut dyn Service<'a>,
    event: impl AsyncFn(),
    mut look_after: impl FnMut(bool),
) -> ! {
    let mut attachment = Attachment::default();
    loop {
        let has_link = stack.device_mut().is_link_up().await;
        attachment.follow(&mut stack.context(now()), has_link);
        look_after(has_link);
        // A turn that is dropped has lost nothing but its wait.
        let turn = turn_or(stack, now, sleep, service, event());
        let _ = with_timeout(LONGEST_TURN, turn).await;
    }
}
