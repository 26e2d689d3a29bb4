//! Numbers for what other hosts must not foresee, or not do at the same moment.

use smoltcp::time::Duration;

use crate::packet::EthernetAddress;
#[cfg(feature = "isn")]
use crate::secret::{Key, Purpose};

/// Draws numbers. With the feature `isn` they tell nothing about each other.
pub(crate) struct Chance {
    #[cfg(feature = "isn")]
    key: Key,
    #[cfg(not(feature = "isn"))]
    seed: u64,
    count: u64,
}

impl Chance {
    /// They differ with each seed and with each card: two boards may have the same seed.
    pub(crate) fn new(random_seed: u64, hardware: EthernetAddress) -> Self {
        let EthernetAddress([a, b, c, d, e, f]) = hardware;
        let card = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        Self {
            #[cfg(feature = "isn")]
            key: Key::new(random_seed ^ card, Purpose::Configuration),
            #[cfg(not(feature = "isn"))]
            seed: random_seed ^ card.rotate_left(16),
            count: 0,
        }
    }

    /// The next number.
    pub(crate) fn number(&mut self) -> u32 {
        self.count = self.count.wrapping_add(1);
        #[cfg(feature = "isn")]
        return self.key.hash(self.count) as u32;
        #[cfg(not(feature = "isn"))]
        {
            // SplitMix64.
            let sum = self
                .seed
                .wrapping_add(self.count.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let mixed = (sum ^ sum >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            (mixed ^ mixed >> 31) as u32
        }
    }

    /// A part of this duration, in steps of 1/1024.
    pub(crate) fn within(&mut self, most: Duration) -> Duration {
        most * (self.number() >> 22) / 1024
    }
}
