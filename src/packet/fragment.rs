//! Fragments of packets (RFC 791, 3.2; RFC 8200, 4.5).

#[cfg(feature = "fragmentation")]
use smoltcp::wire::IpAddress;
use smoltcp::wire::IpProtocol;

use super::half;
#[cfg(feature = "fragmentation")]
use super::{Packet, ip::ipv4};

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
    /// Whether a fragment of IPv4 is the first one of its packet; `None` for every other packet.
    pub(crate) fn is_first_fragment(&self) -> Option<bool> {
        let is_fragment = self.is_fragment && matches!(self.source, IpAddress::Ipv4(_));
        is_fragment.then(|| half(self.bytes, ipv4::FRAGMENT) & ipv4::OFFSET == 0)
    }

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
}
