//! The faults that are planted in the model's driver, and what the kit has to say to each.

use crate::kit::Cause;

/// What the driver does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The frame of a receive token that is dropped unused is given back to the controller.
    ReceiveTokenTakesFrame,
    /// A transmit token takes a descriptor when it is made.
    TransmitTokenLeaks,
    /// The status is cleared when no frame is found, with what has come since.
    InterruptLost,
    /// The MTU is that of IP: 1500.
    HeaderNotInMtu,
    /// The header is added to an MTU that has it already.
    HeaderTwiceInMtu,
    /// The four bytes behind a received frame are taken for a part of it.
    FrameChecksumCounted,
    /// The buffers have room for 1024 bytes.
    BuffersTooShort,
    /// The last byte of a frame of odd length is not read.
    OddByteLost,
    /// Frames are transmitted in whole words.
    LengthInWords,
    /// Short frames are transmitted as they are.
    NotPadded,
    /// They are filled up with what was in the buffer before.
    PaddedWithOldBytes,
    /// The address is written to the filter with its bytes the other way around.
    AddressReversed,
    /// The filter drops frames to groups.
    GroupsDropped,
    /// The receiver is not started again after an overrun.
    NotRestarted,
    /// Consumed descriptors are not given back to the controller.
    NotGivenBack,
    /// The end of the ring is not marked: the controller goes on behind it.
    RingWithoutEnd,
    /// Buffers are read from the cache, which has the frame that was in them before.
    StaleCache,
    /// The length of a descriptor is that of the frame that was in it before.
    StaleLength,
    /// A consumed descriptor is looked at once more before the driver goes on.
    ReceivedTwice,
    /// Room is promised while the ring is full.
    TransmitOverwrites,
    /// The controller is said to make and verify checksums, and does not.
    ChecksumsLeftToNothing,
    /// It is said to verify them only.
    ChecksumsNotVerified,
    /// The receiver is switched off with the link, and stays off.
    StaysDown,
    /// The alarm does not ring.
    AlarmSilent,
    /// The clock counts eight times too fast.
    ClockFast,
}

impl Fault {
    pub const ALL: &[(Self, Cause)] = &[
        (Self::ReceiveTokenTakesFrame, Cause::TokenTakesFrame),
        (Self::TransmitTokenLeaks, Cause::DescriptorsUsedUp),
        (Self::InterruptLost, Cause::LostInterrupt),
        (Self::HeaderNotInMtu, Cause::HeaderInMtu),
        (Self::HeaderTwiceInMtu, Cause::HeaderInMtu),
        (Self::FrameChecksumCounted, Cause::FrameChecksum),
        (Self::BuffersTooShort, Cause::ShortBuffer),
        (Self::OddByteLost, Cause::OddLengths),
        (Self::LengthInWords, Cause::RoundedLength),
        (Self::NotPadded, Cause::NoPadding),
        (Self::PaddedWithOldBytes, Cause::LeakingPadding),
        (Self::AddressReversed, Cause::UnicastFilter),
        (Self::GroupsDropped, Cause::GroupFilter),
        (Self::NotRestarted, Cause::NotRestarted),
        (Self::NotGivenBack, Cause::DescriptorsUsedUp),
        (Self::RingWithoutEnd, Cause::DescriptorsUsedUp),
        (Self::StaleCache, Cause::StaleBuffer),
        (Self::StaleLength, Cause::StaleLength),
        (Self::ReceivedTwice, Cause::Repeated),
        (Self::TransmitOverwrites, Cause::Overwritten),
        (Self::ChecksumsLeftToNothing, Cause::ChecksumsNotFilled),
        (Self::ChecksumsNotVerified, Cause::ChecksumsNotVerified),
        (Self::StaysDown, Cause::LinkStaysDown),
        (Self::AlarmSilent, Cause::AlarmSilent),
        (Self::ClockFast, Cause::ClockFast),
    ];
}
