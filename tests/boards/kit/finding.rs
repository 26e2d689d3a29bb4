//! What is wrong with a driver: what the kit saw, and the likely cause.

use std::fmt;

use crate::shared::missing::Failure;

/// Something that a scene has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub saw: String,
    pub cause: Cause,
}

/// What is likely to be the cause of it. Each one says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nothing comes from the board.
    Silent,
    /// Only frames to all hosts arrive.
    UnicastFilter,
    /// Frames to other cards are answered.
    ForeignFrames,
    /// Frames to groups do not arrive.
    GroupFilter,
    /// The MTU is 14 bytes too small, or too large.
    HeaderInMtu,
    /// The checksum of the frame is taken for a part of it.
    FrameChecksum,
    /// Long frames do not arrive, for another reason.
    ShortBuffer,
    /// Frames of odd length are not received whole.
    OddLengths,
    /// Frames of some length do not arrive or are damaged.
    Length,
    /// Short frames are transmitted as they are.
    NoPadding,
    /// What fills up short frames are bytes of others.
    LeakingPadding,
    /// Frames are transmitted longer than they are.
    RoundedLength,
    /// A token that is dropped unused takes its frame with it.
    TokenTakesFrame,
    /// A frame is noticed with the next one only.
    LostInterrupt,
    /// After some frames there are no descriptors left.
    DescriptorsUsedUp,
    /// An old frame is read in place of a new one.
    StaleBuffer,
    /// A frame is read with the length of an earlier one.
    StaleLength,
    /// A frame is received, or transmitted, twice.
    Repeated,
    /// After an overrun nothing is received any more.
    NotRestarted,
    /// Frames that wait to be transmitted are overwritten.
    Overwritten,
    /// With its rings full, the board stops.
    Stuck,
    /// Packets with wrong checksums are accepted.
    ChecksumsNotVerified,
    /// Packets are transmitted with wrong checksums.
    ChecksumsNotFilled,
    /// The link is up again, and the board is not.
    LinkStaysDown,
    /// Timers do not run while nothing arrives.
    AlarmSilent,
    /// Timers run too early.
    ClockFast,
    /// What comes back over TCP is not what it has to be.
    Damaged,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.saw, self.cause)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (advice, chapter) = self.advice();
        write!(f, "{advice} (docs/porting.md, '{chapter}')")
    }
}

impl From<Finding> for Failure {
    fn from(finding: Finding) -> Self {
        Self::Failed(finding.to_string())
    }
}

impl Cause {
    /// What to look for, and the chapter of docs/porting.md that is about it.
    const fn advice(self) -> (&'static str, &'static str) {
        match self {
            Self::Silent => (
                "either nothing is received or nothing is transmitted; look at the controller's clock \
                 and pins, at the PHY, and whether the firmware runs at all",
                "See it run",
            ),
            Self::UnicastFilter => (
                "the controller's address filter does not hold the board's own address; look at the \
                 order of its bytes, and at which register switches the filter on",
                "Filters",
            ),
            Self::ForeignFrames => (
                "frames to other cards reach the server; do not put the board's address in their place",
                "Filters",
            ),
            Self::GroupFilter => (
                "the controller's filter drops frames to groups, by which IPv6 finds neighbors; let \
                 all groups pass",
                "Filters",
            ),
            Self::HeaderInMtu => (
                "max_transmission_unit has the 14 bytes of the Ethernet header in it: 1514 where the \
                 network's MTU is 1500",
                "The device",
            ),
            Self::FrameChecksum => (
                "the 4 bytes of the frame's checksum are counted as a part of the frame; let the \
                 controller strip them, or take them off before the length is compared",
                "The device",
            ),
            Self::ShortBuffer => (
                "the receive buffers, or the controller's own limit, are shorter than the MTU",
                "The device",
            ),
            Self::OddLengths => (
                "the length is rounded down to words or half words; read the last bytes, too",
                "The device",
            ),
            Self::Length => (
                "the driver does not receive or transmit frames of this length whole",
                "The device",
            ),
            Self::NoPadding => (
                "neither the controller nor the driver fills frames up to 60 bytes; switch that on in \
                 the controller, or write zeros behind the frame",
                "Short frames",
            ),
            Self::LeakingPadding => (
                "short frames are filled up with what was in the buffer before, which may be anyone's; \
                 write zeros",
                "Short frames",
            ),
            Self::RoundedLength => (
                "the length given to the controller is rounded up, or the frame's checksum is put \
                 behind it twice",
                "The device",
            ),
            Self::TokenTakesFrame => (
                "a receive token that is dropped unused takes its frame with it; take the frame from \
                 the controller when the token is consumed, not when it is made",
                "Tokens",
            ),
            Self::LostInterrupt => (
                "an interrupt is lost between the last look for frames and the sleep; acknowledge it \
                 before the device is asked for frames, never afterwards",
                "Sleep",
            ),
            Self::DescriptorsUsedUp => (
                "descriptors or buffers are used up; a token gives its own back when it is consumed, \
                 one that is dropped unused has taken none, and the last descriptor says that the ring \
                 ends there",
                "Tokens",
            ),
            Self::StaleBuffer => (
                "a buffer is read as it was before; its cache lines are not invalidated, or it is read \
                 before the bit that says that it was written",
                "Memory that the controller writes",
            ),
            Self::StaleLength => (
                "a descriptor's length is read before the bit that says that it is valid, or it is kept \
                 from the descriptor's last use; put a barrier in between",
                "Memory that the controller writes",
            ),
            Self::Repeated => (
                "a descriptor is looked at again before the driver goes on to the next one",
                "Memory that the controller writes",
            ),
            Self::NotRestarted => (
                "the receiver has stopped at an overrun, and is not started again",
                "Overruns",
            ),
            Self::Overwritten => (
                "a frame is overwritten before the controller has transmitted it; `transmit` returns \
                 `None` until the next descriptor is the driver's",
                "Tokens",
            ),
            Self::Stuck => (
                "with its rings full the driver waits for something, or has lost count; no room is \
                 `None`, not a wait",
                "Tokens",
            ),
            Self::ChecksumsNotVerified => (
                "the capabilities say that the controller verifies this checksum, and it does not",
                "The device",
            ),
            Self::ChecksumsNotFilled => (
                "the capabilities say that the controller fills in this checksum, and it does not",
                "The device",
            ),
            Self::LinkStaysDown => (
                "what is stopped while the link is down has to be started again when it is up",
                "The link",
            ),
            Self::AlarmSilent => (
                "the sleep does not end when its duration has passed; look at the alarm's interrupt, \
                 or the clock runs many times too slowly",
                "Sleep",
            ),
            Self::ClockFast => (
                "the clock runs too fast; look at what its timer counts",
                "The clock",
            ),
            Self::Damaged => (
                "frames are damaged on their way, which checksums did not show; look at caches and \
                 barriers",
                "Memory that the controller writes",
            ),
        }
    }
}
