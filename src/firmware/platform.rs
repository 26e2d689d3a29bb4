use smoltcp::time::{Duration, Instant};

/// The clock of a board, its sleep, and its watchdog.
pub trait Platform {
    /// The longest sleep: what the clock and the watchdog need to be looked after in time.
    const LONGEST_NAP: Duration;

    /// The time since the start, which never goes back.
    fn now(&self) -> Instant;

    /// Sleeps until there is an interrupt, or until `limit` has passed, which is never longer than
    /// [`LONGEST_NAP`](Self::LONGEST_NAP). It may return at any time. An interrupt that comes before
    /// it has begun to sleep must end it, too: `wfi` with interrupts masked does so.
    fn nap(&self, limit: Duration);

    /// The loop is alive: starts the time of the watchdog anew. Called once for each poll of the stack,
    /// and at least as often as a nap of [`LONGEST_NAP`](Self::LONGEST_NAP) ends.
    fn feed_watchdog(&self);
}
