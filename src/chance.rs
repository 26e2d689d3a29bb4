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
    seed: [u32; 2],
    count: u32,
}

impl Chance {
    /// They differ with each seed and with each card: two boards may have the same seed.
    pub(crate) fn new(random_seed: u64, hardware: EthernetAddress) -> Self {
        let EthernetAddress([a, b, c, d, e, f]) = hardware;
        let seed = random_seed ^ u64::from_be_bytes([c, d, e, f, 0, 0, a, b]);
        Self {
            #[cfg(feature = "isn")]
            key: Key::new(seed, Purpose::Configuration),
            #[cfg(not(feature = "isn"))]
            seed: [(seed >> 32) as u32, seed as u32],
            count: 0,
        }
    }

    /// The next number.
    #[inline(never)] // A board has it once.
    pub(crate) fn number(&mut self) -> u32 {
        self.count = self.count.wrapping_add(1);
        #[cfg(feature = "isn")]
        return self.key.hash(self.count.into()) as u32;
        #[cfg(not(feature = "isn"))]
        {
            // The last steps of MurmurHash3, with each half of the seed.
            let mix = |number: u32| {
                let mixed = (number ^ number >> 16).wrapping_mul(0x85eb_ca6b);
                let mixed = (mixed ^ mixed >> 13).wrapping_mul(0xc2b2_ae35);
                mixed ^ mixed >> 16
            };
            let counted = self.count.wrapping_mul(0x9e37_79b9);
            self.seed
                .iter()
                .fold(counted, |number, half| mix(number ^ half))
        }
    }

    /// A part of this duration, in steps of 1/1024.
    pub(crate) fn within(&mut self, most: Duration) -> Duration {
        most * (self.number() >> 22) / 1024
    }
}
