//! UDP datagrams (RFC 768).

use smoltcp::wire::IpProtocol;

use super::{Packet, half};

/// The header of a UDP datagram, in bytes.
pub(crate) const UDP_HEADER: usize = 8;

// Where the fields of a header are.
#[cfg(feature = "dhcp")]
pub(super) const SOURCE: usize = 0;
pub(super) const DESTINATION: usize = 2;
pub(crate) const LENGTH: usize = 4;
#[cfg(any(
    feature = "dhcp",
    feature = "fragmentation",
    feature = "ipv6",
    all(feature = "tuntap", target_os = "linux")
))]
pub(crate) const CHECKSUM: usize = 6;

impl Packet<'_> {
    /// The port that a whole UDP datagram is for.
    pub(crate) fn udp_destination(&self) -> Option<u16> {
        match self.upper_layer() {
            (IpProtocol::Udp, bytes) if !self.is_fragment => {
                Some(half(bytes.first_chunk::<UDP_HEADER>()?, DESTINATION))
            }
            _ => None,
        }
    }

    /// Whether a whole datagram in it has any payload.
    pub(crate) fn has_udp_payload(&self) -> bool {
        let (_, bytes) = self.upper_layer();
        !self.is_fragment
            && bytes.len() > UDP_HEADER
            && usize::from(half(bytes, LENGTH)) != UDP_HEADER
    }

    /// Whether a datagram over IPv6 has no checksum.
    #[cfg(feature = "ipv6")]
    pub(crate) fn lacks_checksum(&self) -> bool {
        let (protocol, bytes) = self.upper_layer();
        let is_datagram = protocol == IpProtocol::Udp && !self.is_fragment;
        let header = bytes.first_chunk::<UDP_HEADER>().filter(|_| is_datagram);
        let is_ipv6 = matches!(self.source, smoltcp::wire::IpAddress::Ipv6(_));
        is_ipv6 && header.is_some_and(|header| half(header, CHECKSUM) == 0)
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
