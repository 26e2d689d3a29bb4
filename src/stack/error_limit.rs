//! How many ICMP errors are sent.
//!
//! "An IPv6 node MUST limit the rate of ICMPv6 error messages it originates" (RFC 4443, 2.4 (f)); for
//! IPv4 the same is done here, except on boards without IPv6, to save flash. A host that scans
//! ports, or many forged packets, elicit no more of them than this.

use core::cell::Cell;

use smoltcp::time::{Duration, Instant};

/// Errors in each period: all of them may be sent at once, as for a traceroute.
const MOST: u8 = 20;
const PERIOD: Duration = Duration::from_secs(1);
/// Whether there is a limit.
pub(super) const IS_LIMITED: bool = cfg!(any(feature = "ipv6", feature = "alloc", test));

/// The errors of the last period.
pub(super) struct ErrorLimit {
    begin: Cell<Instant>,
    sent: Cell<u8>,
}

impl ErrorLimit {
    pub(super) const fn new() -> Self {
        Self {
            begin: Cell::new(Instant::ZERO),
            sent: Cell::new(0),
        }
    }

    /// Whether no error may be sent now.
    pub(super) fn is_reached(&self, now: Instant) -> bool {
        IS_LIMITED && self.sent.get() >= MOST && now < self.begin.get() + PERIOD
    }

    /// An error is sent.
    pub(super) fn count(&self, now: Instant) {
        if now >= self.begin.get() + PERIOD {
            self.begin.set(now);
            self.sent.set(0);
        }
        self.sent.set(self.sent.get().saturating_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent_at(limit: &ErrorLimit, millis: i64, wanted: u32) -> u32 {
        let now = Instant::from_millis(millis);
        let allowed = (0..wanted).filter(|_| {
            let is_allowed = !limit.is_reached(now);
            limit.count(now);
            is_allowed
        });
        allowed.count() as u32
    }

    #[test]
    fn a_burst_is_sent_and_then_no_more_in_the_same_second() {
        let limit = ErrorLimit::new();
        assert_eq!(sent_at(&limit, 0, 1000), u32::from(MOST));
        assert_eq!(sent_at(&limit, 999, 1000), 0);
        assert_eq!(sent_at(&limit, 1000, 1000), u32::from(MOST));
        assert_eq!(sent_at(&limit, 100_000, 5), 5);
    }
}
