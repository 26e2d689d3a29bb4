use core::fmt;
use std::vec::Vec;

use smoltcp::iface::{Interface, PollResult, SocketSet};
use smoltcp::phy::Device;
use smoltcp::time::{Duration, Instant};

use super::Event;

/// A moment at which the hosts are polled.
#[derive(Debug)]
pub struct Turn {
    /// The time, which is the same for all hosts.
    pub now: Instant,
    next: Option<Instant>,
}

impl Turn {
    pub(super) const fn new(now: Instant) -> Self {
        Self { now, next: None }
    }

    /// Asks for another turn after `delay`, even if no frame arrives; `None` asks for nothing. Each
    /// host may ask: the earliest moment counts.
    pub fn wake_in(&mut self, delay: Option<Duration>) {
        let moment = delay.map(|delay| self.now + delay);
        self.next = self.next.into_iter().chain(moment).min();
    }

    /// Polls an interface of plain smoltcp, and asks for its next turn: at once where a socket may
    /// have changed, so that the application can look at it; else when
    /// [`poll_delay`](Interface::poll_delay) says.
    ///
    /// The device is a [`Port`](super::Port), or one that is wrapped around it. The application may
    /// use its sockets before this call or after it.
    pub fn poll<D: Device + ?Sized>(
        &mut self,
        interface: &mut Interface,
        device: &mut D,
        sockets: &mut SocketSet<'_>,
    ) -> PollResult {
        let result = interface.poll(self.now, device, sockets);
        if result == PollResult::SocketStateChanged {
            self.wake_in(Some(Duration::ZERO));
        }
        self.wake_in(interface.poll_delay(self.now, sockets));
        result
    }

    /// When a host wants to be polled next.
    pub(super) const fn next(&self) -> Option<Instant> {
        self.next
    }
}

/// What one [`Network::step`](super::Network::step) has done: either the hosts were polled, or one
/// frame has come to an end.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Step<T> {
    /// What the hosts returned, if they were polled.
    pub polled: Option<T>,
    /// What happened to frames. If the hosts were polled, these are the frames that they have sent,
    /// and those of them that were dropped at once; there may be none. Otherwise it is the end of a
    /// frame, on one link or on several at the same moment.
    pub events: Vec<Event>,
}

/// Why a [`Network::run`](super::Network::run) has ended before its hosts were ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stuck {
    /// It would have taken longer.
    Late {
        /// How long it was allowed to take.
        limit: Duration,
    },
    /// No frame was on its way, and no host wanted to be polled again.
    Idle {
        /// When.
        at: Instant,
    },
    /// The hosts wanted to be polled again at once each time, without end.
    Busy {
        /// When.
        at: Instant,
    },
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late { limit } => write!(f, "not ready after {limit} of virtual time"),
            Self::Idle { at } => write!(
                f,
                "not ready at {at}, though no frame is on its way and no host has a deadline"
            ),
            Self::Busy { at } => write!(
                f,
                "not ready at {at}, where the hosts want to be polled again at once without end"
            ),
        }
    }
}

impl core::error::Error for Stuck {}
