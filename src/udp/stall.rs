use smoltcp::time::{Duration, Instant};

/// How long nothing may leave a queue: three requests for a neighbor, one second apart.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// Notices that nothing leaves a transmit queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stall {
    queued: usize,
    /// smoltcp counts bytes: whether an empty datagram still waits cannot be seen.
    empty: bool,
    since: Instant,
}

impl Stall {
    pub(super) const fn new() -> Self {
        Self {
            queued: 0,
            empty: false,
            since: Instant::ZERO,
        }
    }

    /// Looks at how many bytes are queued: to be called before some are added, and after.
    pub(super) fn look(&mut self, queued: usize, now: Instant) {
        let some_left = queued < self.queued;
        let first = self.queued == 0 && (queued > 0 || !self.empty);
        if some_left || first {
            self.since = now;
        }
        self.queued = queued;
    }

    /// An empty datagram was queued.
    pub(super) fn add_empty(&mut self) {
        self.empty = true;
    }

    /// When it is too long that nothing has left.
    pub(super) fn deadline(&self) -> Option<Instant> {
        (self.queued > 0 || self.empty).then(|| self.since + PATIENCE)
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.deadline().is_some_and(|deadline| now >= deadline)
    }
}
