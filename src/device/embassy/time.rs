//! The loop by Embassy's own clock.

use embassy_net_driver::Driver;
use embassy_time::{Timer, with_timeout};
use smoltcp::time::{Duration, Instant};

use super::{Embassy, turn};
use crate::Stack;
use crate::logging::info;
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
/// link: it feeds the watchdog and switches a light. That the link has come or gone is logged, and what
/// the network has given is verified when it has come (`Context::link_is_back`).
pub async fn run<'a, D: Driver>(
    stack: &mut Stack<'a, Embassy<D>>,
    service: &mut dyn Service<'a>,
    mut look_after: impl FnMut(bool),
) -> ! {
    let mut was_up = false;
    loop {
        let is_up = stack.device_mut().is_link_up().await;
        if core::mem::replace(&mut was_up, is_up) != is_up {
            info!("The link is {}", if is_up { "up" } else { "down" });
            #[cfg(any(feature = "dhcp", feature = "slaac"))]
            if is_up {
                stack.context(now()).link_is_back();
            }
        }
        look_after(is_up);
        // A turn that is dropped has lost nothing but its wait.
        let _ = with_timeout(LONGEST_TURN, turn(stack, now, sleep, service)).await;
    }
}
