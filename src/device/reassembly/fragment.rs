//! Telling fragments from whole packets.

use smoltcp::phy::Medium;
use smoltcp::wire::{
    EthernetFrame, EthernetProtocol, IpAddress, IpProtocol, Ipv4Packet, UdpPacket,
};
#[cfg(feature = "ipv6")]
use smoltcp::wire::{Ipv6FragmentHeader, Ipv6Packet};

/// What a frame is to us.
#[derive(Debug)]
pub(super) enum Kind<'f> {
    /// Nothing to put together. If it holds a UDP datagram, the length of its payload.
    Whole(Option<usize>),
    /// A part of a datagram.
    Fragment(Fragment<'f>),
    /// A fragment that no sender makes.
    Malformed,
}

/// What the fragments of one datagram have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    source: IpAddress,
    destination: IpAddress,
    identification: u32,
    /// Part of the identity in IPv4 only. In IPv6 the first fragment alone decides.
    protocol: Option<IpProtocol>,
}

/// A part of a datagram. What it says about lengths has been checked.
#[derive(Debug)]
pub(super) struct Fragment<'f> {
    /// None: it is the whole datagram already and has nothing to do with others (RFC 6946).
    pub(super) key: Option<Key>,
    pub(super) offset: usize,
    pub(super) more: bool,
    pub(super) data: &'f [u8],
    /// The Ethernet header; empty where there is none.
    pub(super) link: &'f [u8],
    /// The IP header, without options.
    pub(super) header: &'f [u8],
    pub(super) protocol: IpProtocol,
}

/// The longest datagram, in bytes behind the IP header, that an IP version can carry.
const IPV4_LONGEST: usize = 65_535 - 20;
#[cfg(feature = "ipv6")]
const IPV6_LONGEST: usize = 65_535;

/// Looks at a frame. `verify` says whether IPv4 header checksums are ours to verify.
///
/// What is not well-formed IP is left for smoltcp to drop, as it drops whatever cannot be parsed.
pub(super) fn classify(frame: &[u8], medium: Medium, verify: bool) -> Kind<'_> {
    let (link, packet, version) = match medium {
        Medium::Ethernet => {
            let Ok(ethernet) = EthernetFrame::new_checked(frame) else {
                return Kind::Whole(None);
            };
            let version = match ethernet.ethertype() {
                EthernetProtocol::Ipv4 => 4,
                EthernetProtocol::Ipv6 => 6,
                _ => return Kind::Whole(None),
            };
            let (link, packet) = frame.split_at(frame.len() - ethernet.payload().len());
            (link, packet, version)
        }
        #[cfg(feature = "medium-ip")]
        Medium::Ip => (&[][..], frame, frame.first().map_or(0, |byte| byte >> 4)),
        #[allow(unreachable_patterns)] // IEEE 802.15.4, wherever smoltcp was given it
        _ => return Kind::Whole(None),
    };
    match version {
        4 => ipv4(link, packet, verify),
        #[cfg(feature = "ipv6")]
        6 => ipv6(link, packet),
        _ => Kind::Whole(None),
    }
}

/// The length of the payload of a UDP datagram, as its header states it.
pub(super) fn udp_payload(protocol: IpProtocol, datagram: &[u8]) -> Option<usize> {
    if protocol != IpProtocol::Udp {
        return None;
    }
    Some(UdpPacket::new_checked(datagram).ok()?.payload().len())
}

fn ipv4<'f>(link: &'f [u8], bytes: &'f [u8], verify: bool) -> Kind<'f> {
    let Some(packet) = Ipv4Packet::new_checked(bytes)
        .ok()
        .filter(|packet| packet.version() == 4)
    else {
        return Kind::Whole(None);
    };
    let (offset, more) = (usize::from(packet.frag_offset()), packet.more_frags());
    if offset == 0 && !more {
        return Kind::Whole(udp_payload(packet.next_header(), packet.payload()));
    }
    if verify && !packet.verify_checksum() {
        return Kind::Malformed;
    }
    let Some(header) = bytes.get(..20) else {
        return Kind::Malformed;
    };
    Fragment {
        key: Some(Key {
            source: packet.src_addr().into(),
            destination: packet.dst_addr().into(),
            identification: packet.ident().into(),
            protocol: Some(packet.next_header()),
        }),
        offset,
        more,
        data: packet.payload(),
        link,
        header,
        protocol: packet.next_header(),
    }
    .checked(IPV4_LONGEST)
}

#[cfg(feature = "ipv6")]
fn ipv6<'f>(link: &'f [u8], bytes: &'f [u8]) -> Kind<'f> {
    let Some(packet) = Ipv6Packet::new_checked(bytes)
        .ok()
        .filter(|packet| packet.version() == 6)
    else {
        return Kind::Whole(None);
    };
    if packet.next_header() != IpProtocol::Ipv6Frag {
        return Kind::Whole(udp_payload(packet.next_header(), packet.payload()));
    }
    let (Some(header), Some(([protocol, _reserved, fields @ ..], data))) =
        (bytes.get(..40), packet.payload().split_first_chunk::<8>())
    else {
        return Kind::Malformed;
    };
    let Ok(fields) = Ipv6FragmentHeader::new_checked(fields) else {
        return Kind::Malformed;
    };
    let (offset, more) = (usize::from(fields.frag_offset()) * 8, fields.more_frags());
    Fragment {
        key: (offset != 0 || more).then(|| Key {
            source: packet.src_addr().into(),
            destination: packet.dst_addr().into(),
            identification: fields.ident(),
            protocol: None,
        }),
        offset,
        more,
        data,
        link,
        header,
        protocol: IpProtocol::from(*protocol),
    }
    .checked(IPV6_LONGEST)
}

impl<'f> Fragment<'f> {
    /// Where it ends in the datagram.
    pub(super) fn end(&self) -> usize {
        self.offset + self.data.len()
    }

    fn checked(self, longest: usize) -> Kind<'f> {
        let whole_blocks = self.data.len().is_multiple_of(8);
        if self.data.is_empty() || self.end() > longest || (self.more && !whole_blocks) {
            Kind::Malformed
        } else {
            Kind::Fragment(self)
        }
    }
}
