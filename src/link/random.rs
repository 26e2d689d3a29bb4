//! Random numbers for what hosts must not do at the same moment.

#[cfg(feature = "mld")]
use smoltcp::time::Duration;

use crate::packet::EthernetAddress;

/// Numbers that differ from call to call, and from host to host (xorshift). Others can predict them.
pub(super) struct Random(u32);

impl Random {
    /// Those of the host with this card.
    pub(super) fn new(EthernetAddress([_, a, b, c, d, e]): EthernetAddress) -> Self {
        Self(u32::from_be_bytes([b, c, d, e]) ^ u32::from(a) << 12 | 1)
    }

    /// The next number.
    pub(super) fn number(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    /// A duration up to `longest`.
    #[cfg(feature = "mld")]
    pub(super) fn within(&mut self, longest: Duration) -> Duration {
        let share = u64::from(self.number() >> 16);
        Duration::from_micros((longest.total_micros() * share) >> 16)
    }
}
