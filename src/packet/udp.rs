//! UDP datagrams (RFC 768).

use smoltcp::wire::IpProtocol;

use super::{Packet, half};

/// The header of a UDP datagram, in bytes.
#[cfg(any(
    feature = "fragmentation",
    all(feature = "tuntap", target_os = "linux")
))]
pub(crate) const UDP_HEADER: usize = 8;

// Where the fields of a header are.
const DESTINATION: usize = 2;
#[cfg(any(
    feature = "fragmentation",
    all(feature = "tuntap", target_os = "linux")
))]
pub(crate) const LENGTH: usize = 4;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
pub(crate) const CHECKSUM: usize = 6;

impl Packet<'_> {
    /// The port that a UDP datagram is for.
    pub(crate) fn udp_destination(&self) -> Option<u16> {
        if self.protocol != IpProtocol::Udp || self.is_fragment {
            return None;
        }
        let header = self.payload().first_chunk::<4>()?;
        Some(half(header, DESTINATION))
    }
}

/// The length of the payload of the datagram that `bytes` begins with, as its header states it:
/// bytes may follow.
#[cfg(any(
    feature = "fragmentation",
    all(feature = "tuntap", target_os = "linux")
))]
pub(crate) fn payload_len(bytes: &[u8]) -> Option<usize> {
    let header = bytes.first_chunk::<UDP_HEADER>()?;
    let length = usize::from(half(header, LENGTH));
    if length > bytes.len() {
        return None;
    }
    length.checked_sub(UDP_HEADER)
}
