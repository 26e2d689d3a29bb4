//! Why a datagram cannot be sent in fragments.

use core::fmt;

/// Why a datagram was not queued. Nothing of it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendError {
    /// An address is not an IPv6 address, or not one that a datagram can come from or go to, or
    /// the destination's port is 0.
    Unaddressable,
    /// It fits into one packet: send it through a UDP socket.
    NotNeeded,
    /// The MTU is less than 56, and no fragment fits.
    MtuTooSmall,
    /// It is longer than [`LONGEST_PAYLOAD`](super::LONGEST_PAYLOAD), or than there is room for in
    /// the [`Buffers`](super::Buffers).
    TooLarge,
    /// There is no room at the moment: try again when the interface has sent what is queued.
    Full,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unaddressable => "not an IPv6 address that can be sent from or to",
            Self::NotNeeded => "the datagram fits into one packet",
            Self::MtuTooSmall => "the MTU is too small for a fragment",
            Self::TooLarge => "the datagram is larger than the buffers",
            Self::Full => "earlier datagrams have not been sent yet",
        })
    }
}

impl core::error::Error for SendError {}
