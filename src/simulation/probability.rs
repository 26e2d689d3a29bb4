use super::Random;

/// How often something happens, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Probability(u32);

impl Probability {
    /// It does not happen.
    pub const NEVER: Self = Self(0);
    /// It happens each time.
    pub const ALWAYS: Self = Self(1_000_000);

    /// `times` in a hundred; more than 100 is always.
    #[must_use]
    pub const fn percent(times: u32) -> Self {
        Self::per_million(times.saturating_mul(10_000))
    }

    /// `times` in a million; more is always.
    #[must_use]
    pub const fn per_million(times: u32) -> Self {
        if times < Self::ALWAYS.0 {
            Self(times)
        } else {
            Self::ALWAYS
        }
    }

    /// Whether it happens this time.
    pub fn happens(self, random: &mut Random) -> bool {
        // What never happens takes no number, so that adding it changes nothing else.
        self.0 > 0 && random.below(1_000_000) < u64::from(self.0)
    }
}
