//! How soon a half-open connection gives way to another client.
//!
//! "Recycling the Oldest Half-Open TCB" (RFC 4987, 3.3): of N connections that are half-open, while L
//! SYNs come a second that are never acknowledged, each is kept for N / L seconds. A client with a
//! round trip longer than that is not served without cookies.

use smoltcp::time::{Duration, Instant};

/// After this time, a half-open connection gives way to a SYN that waits. With cookies, a client that
/// acknowledges later is known all the same. Without, the SYN-ACK is retransmitted before, after 1 s
/// (RFC 6298, 2.1).
const GRACE: Duration = if cfg!(feature = "syn-cookies") {
    Duration::from_millis(250)
} else {
    Duration::from_secs(2)
};

/// How many SYNs that were dropped are a flood, until none is dropped and nothing gives way for as long
/// as [`GRACE`].
const FLOOD: u8 = 3;
/// How often the time is halved at most: to 2 ms, a round trip on a link. Where nothing is remembered of
/// a connection that gave way, its client is reset, and a crowd of clients drops SYNs like a flood: there
/// it is 31 ms.
const HALVINGS: u8 = if cfg!(feature = "syn-cache") { 10 } else { 6 };

/// The SYNs that were dropped in a row.
#[derive(Default)]
pub(super) struct Pressure {
    dropped: u8,
    /// How often the time was halved.
    halved: u8,
    /// When the last one was, or a half-open connection gave way to another SYN after it.
    last: Option<Instant>,
}

impl Pressure {
    /// A SYN was dropped: the time is halved, and in a flood once more, until none is dropped.
    pub(super) fn dropped(&mut self, now: Instant) {
        if !self.is_on(now) {
            *self = Self::default();
        }
        self.dropped = self.dropped.saturating_add(1);
        self.halved = (self.halved + if self.dropped > FLOOD { 2 } else { 1 }).min(HALVINGS);
        self.last = Some(now);
    }

    /// A half-open connection has given way.
    pub(super) fn gave_way(&mut self, now: Instant) {
        if self.is_on(now) {
            self.last = Some(now);
        }
    }

    /// The age at which a half-open connection gives way. `is_remembered`: it is known all the same if
    /// its client acknowledges it later.
    #[inline(never)] // A board has it once.
    pub(super) fn grace(&self, is_remembered: bool, now: Instant) -> Duration {
        if cfg!(feature = "syn-cookies") || !self.is_on(now) {
            GRACE
        } else if is_remembered && self.dropped >= FLOOD {
            Duration::ZERO
        } else {
            Duration::from_micros(GRACE.total_micros() >> self.halved)
        }
    }

    #[inline(never)] // A board has it once.
    fn is_on(&self, now: Instant) -> bool {
        self.last.is_some_and(|last| now < last + GRACE)
    }
}
