//! An interface of a capture: what its packets have in common.

use std::borrow::ToOwned;
use std::string::String;
use std::time::Duration;

use super::link::LinkType;

/// An interface in a capture file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name, such as `tap0`; not every file says it.
    pub name: Option<String>,
    /// What its packets begin with.
    pub link: LinkType,
    /// The unit of its times.
    pub resolution: Resolution,
    /// The time since 1970 at the zero of its clock. A [`Writer`](super::Writer) adds it to the time
    /// of each frame; for a [`Reader`](super::Reader) it is zero, as the times that it gives have all
    /// been added.
    pub epoch: Duration,
    /// Its place among all interfaces of the file, from 0; a [`Writer`](super::Writer) counts by
    /// itself.
    pub index: usize,
}

impl Interface {
    /// An interface with times in microseconds; the zero of its clock is that of 1970.
    #[must_use]
    pub fn new(name: &str, link: LinkType) -> Self {
        Self {
            name: Some(name.to_owned()),
            link,
            resolution: Resolution::MICROSECONDS,
            epoch: Duration::ZERO,
            index: 0,
        }
    }
}

/// The unit of the times of an interface: a power of ten or of two, of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resolution(pub(super) u8);

/// Of the two kinds of powers, those of two have this bit.
const BINARY: u8 = 0x80;

impl Resolution {
    /// 10⁻⁶ s, what a file has if it does not say anything else.
    pub const MICROSECONDS: Self = Self(6);
    /// 10⁻⁹ s.
    pub const NANOSECONDS: Self = Self(9);

    /// How many units are a second; `None` where the number has more than 128 bits.
    fn units(self) -> Option<u128> {
        let exponent = u32::from(self.0 & !BINARY);
        match self.0 & BINARY {
            0 => 10_u128.checked_pow(exponent),
            _ => 2_u128.checked_pow(exponent),
        }
    }

    /// A time in this unit. A unit with which 64 bits do not last for a nanosecond gives zero.
    pub(super) fn time(self, ticks: u64) -> Duration {
        let Some(units) = self.units() else {
            return Duration::ZERO;
        };
        let ticks = u128::from(ticks);
        // Both fit: the one is 64 bits long at most, the other less than 10⁹.
        let (seconds, fraction) = (ticks / units, ticks % units * 1_000_000_000 / units);
        Duration::new(seconds as u64, fraction as u32)
    }

    /// How many of this unit a time is; the most there are where they are too many.
    pub(super) fn ticks(self, time: Duration) -> u64 {
        let ticks = self.units().and_then(|units| {
            let fraction = units.checked_mul(time.subsec_nanos().into())? / 1_000_000_000;
            u128::from(time.as_secs())
                .checked_mul(units)?
                .checked_add(fraction)
        });
        ticks.map_or(u64::MAX, |ticks| u64::try_from(ticks).unwrap_or(u64::MAX))
    }
}
