//! Fragments of packets (RFC 791, 3.2; RFC 8200, 4.5).

use smoltcp::wire::IpProtocol;
#[cfg(feature = "fragmentation")]
use smoltcp::wire::{IpAddress, checksum};

use super::half;
#[cfg(feature = "fragmentation")]
use super::{
    Packet,
    ip::{ipv4, set_packet_len, upper_layer_checksum},
    put_half, udp,
};

/// The fragment header of IPv6, in bytes.
#[cfg(feature = "ipv6")]
pub(crate) const IPV6_FRAGMENT_HEADER: usize = 8;

/// A fragment of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fragment<'f> {
    pub(crate) identification: u32,
    /// Where `data` belongs in the payload of the packet, in bytes: a multiple of 8.
    pub(crate) offset: usize,
    /// Whether more fragments follow.
    pub(crate) more: bool,
    /// What the whole packet carries.
    pub(crate) protocol: IpProtocol,
    pub(crate) data: &'f [u8],
}

impl<'f> Fragment<'f> {
    /// Whether it is the whole packet already (RFC 6946).
    pub(crate) fn is_whole(&self) -> bool {
        self.offset == 0 && !self.more
    }

    /// Parses a fragment header of IPv6, and what follows.
    #[cfg(feature = "ipv6")]
    pub(super) fn parse_ipv6(bytes: &'f [u8]) -> Option<Self> {
        /// The offset, a multiple of 8, and in its lowest bit whether more fragments follow.
        const OFFSET: usize = 2;
        const IDENTIFICATION: usize = 4;
        let (header, data) = bytes.split_first_chunk::<IPV6_FRAGMENT_HEADER>()?;
        let field = half(header, OFFSET);
        Some(Self {
            identification: super::word(header, IDENTIFICATION),
            offset: usize::from(field & !0b111),
            more: field & 1 != 0,
            protocol: header[0].into(),
            data,
        })
    }
}

#[cfg(feature = "fragmentation")]
impl<'f> Packet<'f> {
    /// What a packet that [`is_fragment`](Self::is_fragment) has of the whole packet; `None` if the
    /// fragment header of IPv6 is not complete.
    pub(crate) fn fragment(&self) -> Option<Fragment<'f>> {
        match self.source {
            IpAddress::Ipv4(_) => {
                let field = half(self.bytes, ipv4::FRAGMENT);
                Some(Fragment {
                    identification: half(self.bytes, ipv4::IDENTIFICATION).into(),
                    offset: usize::from(field & ipv4::OFFSET) * 8,
                    more: field & ipv4::MORE_FRAGMENTS != 0,
                    protocol: self.protocol,
                    data: self.payload(),
                })
            }
            #[cfg(feature = "ipv6")]
            IpAddress::Ipv6(_) => Fragment::parse_ipv6(self.payload()),
            #[cfg(not(feature = "ipv6"))]
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => None,
        }
    }

    /// The part of this whole packet that begins at this byte of its payload, a multiple of 8, as a
    /// fragment of at most `mtu` bytes. No extension header of IPv6 is copied into each fragment.
    pub(crate) fn cut(&self, offset: usize, mtu: usize, identification: u32) -> Fragment<'f> {
        let room = mtu.saturating_sub(self.fragment_header_len()) / 8 * 8;
        let rest = self.payload().get(offset..).unwrap_or_default();
        // It goes on where nothing fits.
        let data = &rest[..rest.len().min(room.max(8))];
        Fragment {
            identification,
            offset,
            more: data.len() < rest.len(),
            protocol: self.protocol,
            data,
        }
    }

    /// The length of the headers of each fragment of this whole packet, in bytes.
    pub(crate) fn fragment_header_len(&self) -> usize {
        self.header_len
            + match self.source {
                IpAddress::Ipv4(_) => 0,
                #[cfg(feature = "ipv6")]
                IpAddress::Ipv6(_) => IPV6_FRAGMENT_HEADER,
                #[cfg(not(feature = "ipv6"))]
                #[allow(unreachable_patterns)]
                // IPv6, wherever smoltcp was given it
                _ => 0,
            }
    }

    /// Writes a fragment of this whole packet, which is as long as its headers and its data.
    ///
    /// RFC 8200, 4.5: "The Next Header value that identifies the first header after the Per-Fragment
    /// headers of the original packet." RFC 791, 3.2: the header is copied, and "the total length
    /// fields" are set.
    pub(crate) fn put_fragment(&self, fragment: &Fragment<'_>, packet: &mut [u8]) {
        let length = packet.len();
        let (header, rest) = packet.split_at_mut(self.header_len);
        header.copy_from_slice(&self.bytes[..self.header_len]);
        let field = fragment.offset as u16;
        let data = match self.source {
            IpAddress::Ipv4(_) => {
                let more = u16::from(fragment.more) * ipv4::MORE_FRAGMENTS;
                put_half(header, ipv4::FRAGMENT, (field / 8) | more);
                let identification = fragment.identification as u16;
                put_half(header, ipv4::IDENTIFICATION, identification);
                rest
            }
            #[cfg(feature = "ipv6")]
            IpAddress::Ipv6(_) => {
                header[super::ip::ipv6::NEXT_HEADER] = IpProtocol::Ipv6Frag.into();
                let (header, rest) = rest.split_at_mut(IPV6_FRAGMENT_HEADER);
                header[..2].copy_from_slice(&[fragment.protocol.into(), 0]);
                put_half(header, 2, field | u16::from(fragment.more));
                header[4..].copy_from_slice(&fragment.identification.to_be_bytes());
                rest
            }
            #[cfg(not(feature = "ipv6"))]
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => rest,
        };
        data.copy_from_slice(fragment.data);
        // Cannot fail: it is a header, and this its length.
        let _ = set_packet_len(header, length);
    }
}

/// Writes the checksum of the datagram, or the message of ICMP, in a whole packet. A device that
/// does that by itself cannot do it in fragments.
#[cfg(feature = "fragmentation")]
pub(crate) fn fill_checksum(bytes: &mut [u8]) {
    const OF_ICMP: usize = 2;
    let Some(packet) = Packet::parse(bytes) else {
        return;
    };
    let (source, destination, protocol) = (packet.source, packet.destination, packet.protocol);
    let at = match protocol {
        IpProtocol::Udp => udp::CHECKSUM,
        IpProtocol::Icmp | IpProtocol::Icmpv6 => OF_ICMP,
        _ => return,
    };
    let (start, end) = (packet.header_len, packet.bytes.len());
    let payload = &mut bytes[start..end];
    if payload.len() < at + 2 {
        return;
    }
    put_half(payload, at, 0);
    let sum = match protocol {
        IpProtocol::Icmp => !checksum::data(payload),
        _ => upper_layer_checksum(&source, &destination, protocol, payload),
    };
    // RFC 768: "If the computed checksum is zero, it is transmitted as all ones".
    let is_zero = sum == 0 && protocol == IpProtocol::Udp;
    put_half(payload, at, if is_zero { 0xffff } else { sum });
}
