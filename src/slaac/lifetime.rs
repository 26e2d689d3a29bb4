//! How long what a router says counts.

use smoltcp::time::{Duration, Instant};

/// The moment at which something ends; `None` if it has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End(pub(super) Option<Instant>);

impl End {
    /// In so many seconds. RFC 4861, 4.6.2: "A value of all one bits (0xffffffff) represents infinity."
    pub(super) fn after(seconds: u32, now: Instant) -> Self {
        match seconds {
            u32::MAX => Self(None),
            _ => Self(Some(now + Duration::from_secs(seconds.into()))),
        }
    }

    pub(super) fn has_come(self, now: Instant) -> bool {
        self.0.is_some_and(|end| end <= now)
    }

    /// Whether it is later than another one.
    fn is_after(self, other: Self) -> bool {
        match (self.0, other.0) {
            (None, other) => other.is_some(),
            (Some(_), None) => false,
            (Some(one), Some(other)) => one > other,
        }
    }

    /// The end of the valid lifetime of an address, where a router says that it ends then.
    ///
    /// RFC 4862, 5.5.3 e: "1. If the received Valid Lifetime is greater than 2 hours or greater than
    /// RemainingLifetime, set the valid lifetime of the corresponding address to the advertised Valid
    /// Lifetime. 2. If RemainingLifetime is less than or equal to 2 hours, ignore the Prefix Information
    /// option with regards to the valid lifetime, [...]. 3. Otherwise, reset the valid lifetime of the
    /// corresponding address to 2 hours."
    pub(super) fn updated(self, advertised: Self, now: Instant) -> Self {
        const TWO_HOURS: u32 = 2 * 60 * 60;
        let two_hours = Self::after(TWO_HOURS, now);
        if advertised.is_after(two_hours) || advertised.is_after(self) {
            return advertised;
        }
        match self.is_after(two_hours) {
            true => two_hours,
            false => self,
        }
    }
}
