use super::{Probability, Random};

/// Loss in bursts: the model of Gilbert and Elliott.
///
/// A lane is in a good state or in a bad one, and can change its state before each frame. In the bad
/// state it loses frames with the probability [`loss`](Self::loss), in the good state with
/// [`Conditions::loss`](super::Conditions::loss).
///
/// The lengths of both states are geometrically distributed:
///
/// - The bad state lasts `1 / leave` frames on average: the mean length of a burst.
/// - The good state lasts `1 / enter` frames on average.
/// - The share of frames that meet the bad state is `enter / (enter + leave)`, and the bursts lose
///   `loss` times that.
///
/// So bursts of 5 frames on average that lose 2 % of all frames have `leave` = 1/5 and
/// `enter` = 0.02 / 0.98 · `leave` = 0.4 %:
///
/// ```
/// use uppercase::simulation::{Bursts, Conditions, Probability};
///
/// let radio = Conditions {
///     bursts: Bursts::new(Probability::per_million(4_082), Probability::percent(20)),
///     ..Conditions::PERFECT
/// };
/// ```
///
/// Linux's emulator takes the same four numbers: `netem loss gemodel ENTER LEAVE LOSS GOOD`, where
/// `GOOD` is [`Conditions::loss`](super::Conditions::loss).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bursts {
    /// In the good state: the probability that the next frame meets the bad state.
    pub enter: Probability,
    /// In the bad state: the probability that the next frame meets the good state.
    pub leave: Probability,
    /// In the bad state: the probability that a frame is lost.
    pub loss: Probability,
}

impl Bursts {
    /// No bursts: the lane remains in the good state.
    pub const NEVER: Self = Self::new(Probability::NEVER, Probability::ALWAYS);

    /// Bursts that lose each frame.
    #[must_use]
    pub const fn new(enter: Probability, leave: Probability) -> Self {
        Self {
            enter,
            leave,
            loss: Probability::ALWAYS,
        }
    }

    /// Whether the next frame meets the bad state, if the one before did.
    pub(super) fn next_is_bad(&self, is_bad: bool, random: &mut Random) -> bool {
        let change = if is_bad { self.leave } else { self.enter };
        is_bad != change.happens(random)
    }
}
