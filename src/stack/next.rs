//! What a program does between two polls.

use smoltcp::phy::Device;
use smoltcp::time::{Duration, Instant};

/// The longest wait for room in a device. No frame takes longer to leave (1.2 ms at 10 Mbit/s), so
/// it only passes where a device does not say that it has room.
const ROOM: Duration = Duration::from_millis(2);

/// What to do after a [`Stack::poll`](super::Stack::poll).
#[must_use = "a stack that is not polled again does nothing more"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Poll again at once: there is more to do than one poll does.
    Poll,
    /// Poll again when the device has room for a frame: something waits for it.
    Room,
    /// Poll again when the device has a frame, and at this moment at the latest, if there is one.
    Frame(Option<Instant>),
}

impl Next {
    /// How long nothing has to be done if no frame arrives and the device has room; `None` for any
    /// time.
    #[must_use]
    pub fn delay(self, now: Instant) -> Option<Duration> {
        match self {
            Self::Poll | Self::Room => Some(Duration::ZERO),
            Self::Frame(due) => due.map(|due| due.max(now) - now),
        }
    }

    /// The moment of the next poll if no frame arrives and the device has room.
    #[must_use]
    pub fn due(self, now: Instant) -> Option<Instant> {
        match self {
            Self::Poll | Self::Room => Some(now),
            Self::Frame(due) => due,
        }
    }

    /// Sleeps until it is time to poll again, on a machine that has nothing but interrupts for
    /// that. May return earlier.
    ///
    /// - `acknowledge` clears the device's interrupts that are pending.
    /// - `nap` sleeps until there is an interrupt, of the device or of an alarm. It may return at
    ///   any time, and has to before the duration has passed, if there is one. An interrupt that
    ///   comes before it has begun to sleep must end it, too: `wfi` with interrupts masked does so.
    ///
    /// In between, the device is asked for tokens, which are dropped unused: a received frame has
    /// to stay where it is.
    ///
    /// ```
    /// # use core::ops::ControlFlow;
    /// # use smoltcp::time::{Duration, Instant};
    /// # use uppercase::{Servers, Stack};
    /// # struct Clock;
    /// # impl Clock {
    /// #     fn now(&self) -> Instant { Instant::ZERO }
    /// #     fn nap(&self, _: Option<Duration>) {}
    /// # }
    /// # fn acknowledge<D>(_: &mut D) {}
    /// # fn serve<'a, D: smoltcp::phy::Device>(
    /// #     mut servers: Servers<'a>,
    /// #     mut stack: Stack<'a, D>,
    /// #     clock: Clock,
    /// # ) {
    /// let now = || clock.now();
    /// servers.run(&mut stack, now, |device, next| {
    ///     next.wait(device, now, acknowledge, |limit| clock.nap(limit));
    ///     ControlFlow::<()>::Continue(())
    /// });
    /// # }
    /// ```
    pub fn wait<D: Device>(
        self,
        device: &mut D,
        now: impl Fn() -> Instant,
        mut acknowledge: impl FnMut(&mut D),
        mut nap: impl FnMut(Option<Duration>),
    ) {
        let due = match self {
            Self::Poll => return,
            Self::Room => Some(now() + ROOM),
            Self::Frame(due) => due,
        };
        loop {
            // In this order: what happens after the device was asked ends the nap.
            acknowledge(device);
            let now = now();
            let is_ready = match self {
                Self::Room => device.transmit(now).is_some(),
                _ => device.receive(now).is_some(),
            };
            let limit = due.map(|due| due.max(now) - now);
            if is_ready || limit == Some(Duration::ZERO) {
                return;
            }
            nap(limit);
        }
    }
}
