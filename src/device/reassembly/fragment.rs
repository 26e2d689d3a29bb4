//! Telling fragments from whole packets.

use smoltcp::phy::Medium;
use smoltcp::wire::{IpAddress, IpProtocol};

use crate::packet::ip::IPV4_HEADER;
use crate::packet::{Frame, udp};

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
const IPV4_LONGEST: usize = 65_535 - IPV4_HEADER;
const IPV6_LONGEST: usize = 65_535;

/// Looks at a frame. `verify` says whether IPv4 header checksums are ours to verify.
///
/// What is not well-formed IP is left to smoltcp, which drops all that it cannot parse.
pub(super) fn classify(frame: &[u8], medium: Medium, verify: bool) -> Kind<'_> {
    let parsed = Frame::parse(medium, frame);
    let Some(packet) = parsed.packet() else {
        return Kind::Whole(None);
    };
    if !packet.is_fragment {
        return Kind::Whole(udp_payload(packet.protocol, packet.payload()));
    }
    if verify && !packet.has_intact_header() {
        return Kind::Malformed;
    }
    let Some(part) = packet.fragment() else {
        return Kind::Malformed;
    };
    let is_ipv4 = matches!(packet.source, IpAddress::Ipv4(_));
    // Without the options of IPv4, and without the fragment header of IPv6.
    let (header_len, longest) = match is_ipv4 {
        true => (IPV4_HEADER, IPV4_LONGEST),
        false => (packet.header_len, IPV6_LONGEST),
    };
    Fragment {
        key: (is_ipv4 || !part.is_whole()).then_some(Key {
            source: packet.source,
            destination: packet.destination,
            identification: part.identification,
            protocol: is_ipv4.then_some(part.protocol),
        }),
        offset: part.offset,
        more: part.more,
        data: part.data,
        link: &frame[..parsed.header_len()],
        header: &packet.bytes[..header_len],
        protocol: part.protocol,
    }
    .checked(longest)
}

/// The length of the payload of a UDP datagram, as its header states it.
pub(super) fn udp_payload(protocol: IpProtocol, datagram: &[u8]) -> Option<usize> {
    if protocol != IpProtocol::Udp {
        return None;
    }
    udp::payload_len(datagram)
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
