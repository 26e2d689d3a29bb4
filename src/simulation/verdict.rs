use std::boxed::Box;
use std::vec::Vec;

use smoltcp::time::Duration;

/// What the rule of a [`Lane`](super::Lane) decides about one frame.
///
/// The rule comes first. What it passes is then subject to the [`Conditions`](super::Conditions) of
/// the lane. Any other verdict takes the place of chance: the frame is not lost, duplicated, delayed
/// or altered at random as well, and it takes no random number. Cuts, the MTU, the bandwidth, the
/// queue and the delay of the lane hold for each frame.
///
/// ```
/// use smoltcp::phy::Medium;
/// use smoltcp::time::Duration;
/// use uppercase::simulation::{Network, Verdict};
///
/// let mut network = Network::new(Medium::Ethernet, 1);
/// let link = network.link("host");
/// link.to_host.decide(|number, frame| match number {
///     3 => Verdict::Lose,
///     4 => Verdict::Delay(Duration::from_millis(30)),
///     5 => Verdict::Corrupt(frame.len() - 1),
///     _ => Verdict::Pass,
/// });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The frame is put on the lane as if there were no rule.
    Pass,
    /// The frame is lost.
    Lose,
    /// The frame arrives later by this time, and later frames overtake it.
    Delay(Duration),
    /// The frame arrives, and a copy of it arrives this time later.
    Duplicate(Duration),
    /// The byte at this index arrives with all its bits inverted; an index beyond the end of the
    /// frame changes nothing. A checksum that covers the byte notices that (RFC 1071).
    Corrupt(usize),
    /// Only the first bytes of the frame arrive, this many; as many as it has or more change nothing.
    Truncate(usize),
    /// These bytes take the place of the frame, which keeps its number.
    Replace(Vec<u8>),
}

/// Decides about each frame, by its number and its bytes.
pub(super) type Rule = Box<dyn FnMut(u64, &[u8]) -> Verdict>;
