use super::event::{Alteration, Fate};

/// What has happened to the frames of a [`Lane`](super::Lane) so far: how many were sent and have
/// arrived, and how many were dropped for which reason.
///
/// The others are still on their way: these are
/// `sent + duplicated - arrived - dropped()`, as a copy is one more frame on the lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Frames that were put on the lane.
    pub sent: u64,
    /// Frames that have come to its end, copies included.
    pub arrived: u64,
    /// Frames that were lost by [`Conditions::loss`](super::Conditions::loss).
    pub lost: u64,
    /// Frames that were lost by [`Conditions::bursts`](super::Conditions::bursts).
    pub lost_in_burst: u64,
    /// Frames that were longer than the lane carries.
    pub too_long: u64,
    /// Frames that found the queue full.
    pub queue_full: u64,
    /// Frames that were sent, or would have arrived, while the lane was cut.
    pub cut: u64,
    /// Frames that the rule of the lane has lost.
    pub filtered: u64,
    /// Frames that found no device at the end of the lane.
    pub unplugged: u64,
    /// Frames of which a copy was made.
    pub duplicated: u64,
    /// Frames that arrived after one that was sent later.
    pub reordered: u64,
    /// Frames in which a byte was changed.
    pub corrupted: u64,
    /// Frames of which the end was cut off.
    pub truncated: u64,
    /// Frames of which a rule has replaced the bytes.
    pub replaced: u64,
}

impl Statistics {
    /// Frames and copies that did not arrive, for all reasons together.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        let at_random = self.lost + self.lost_in_burst;
        let by_the_lane = self.too_long + self.queue_full + self.cut;
        at_random + by_the_lane + self.filtered + self.unplugged
    }

    /// Counts a frame that is put on the lane, arrives or is dropped.
    pub(super) fn count(&mut self, fate: Fate) {
        let count = match fate {
            Fate::Sent => &mut self.sent,
            // A frame that is not forwarded has come to the end of its lane, too.
            Fate::Arrived | Fate::NotForwarded => &mut self.arrived,
            Fate::Lost => &mut self.lost,
            Fate::LostInBurst => &mut self.lost_in_burst,
            Fate::TooLong => &mut self.too_long,
            Fate::QueueFull => &mut self.queue_full,
            Fate::Cut => &mut self.cut,
            Fate::Filtered => &mut self.filtered,
            Fate::Unplugged => &mut self.unplugged,
        };
        *count += 1;
    }

    /// Counts a frame of which bytes were changed.
    pub(super) fn count_altered(&mut self, alteration: Alteration) {
        let count = match alteration {
            Alteration::Corrupted => &mut self.corrupted,
            Alteration::Truncated => &mut self.truncated,
            Alteration::Replaced => &mut self.replaced,
        };
        *count += 1;
    }
}
