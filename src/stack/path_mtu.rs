//! How long a packet may be on its way to a host.
//!
//! - On the link, as long as the link's MTU.
//! - Behind a router, over IPv6: 1280 bytes, which every link takes. RFC 8200, 5: "a minimal IPv6
//!   implementation (e.g., in a boot ROM) may simply restrict itself to sending packets no larger than
//!   1280 octets and omit implementation of Path MTU Discovery."
//! - Behind a router, over IPv4: as long as the link's MTU. Datagrams, and without the feature
//!   `paths` segments, leave without DF, so that routers fragment them. With it, segments leave with DF
//!   and the host learns what routers say about them (RFC 1191).
//!
//! A new connection is limited by the maximum segment size in the peer's SYN: smoltcp is given a copy
//! with a smaller one. An open connection is limited in `port.rs`.

use smoltcp::time::Instant;
use smoltcp::wire::IpAddress;
#[cfg(any(
    feature = "ipv6",
    feature = "paths",
    feature = "client",
    feature = "syn-cookies"
))]
use smoltcp::wire::IpVersion;

use super::host::Host;
#[cfg(any(feature = "ipv6", feature = "paths"))]
use crate::packet::{
    Flags, LONGEST_PACKET_HEADERS,
    ip::{set_packet_len, upper_layer_checksum},
    options, put_half, tcp,
};
use crate::packet::{Packet, Segment};
#[cfg(any(
    feature = "ipv6",
    feature = "paths",
    feature = "client",
    feature = "syn-cookies"
))]
use crate::packet::{
    TCP_HEADER,
    ip::{IPV4_HEADER, IPV6_HEADER},
};

/// What every link of IPv6 carries (RFC 8200, 5), in bytes.
#[cfg(feature = "ipv6")]
const IPV6_LEAST_MTU: usize = 1280;

impl Host {
    /// Whether a packet to `address` is handed to a router, behind which links may be smaller.
    pub(super) fn is_far(&self, address: &IpAddress) -> bool {
        address.is_unicast() && !self.link.addresses.is_on_link(address)
    }

    /// The longest packet that every path from here takes, in bytes, but for those of IPv4 of which
    /// routers have said that they take less; routers cut what leaves there without DF.
    #[cfg(feature = "fragmentation")]
    pub(super) fn shortest_path_mtu(&self) -> usize {
        #[cfg(feature = "ipv6")]
        return self.ip_mtu().min(IPV6_LEAST_MTU);
        #[cfg(not(feature = "ipv6"))]
        self.ip_mtu()
    }

    /// The longest packet to `address` that its path takes as it is, in bytes.
    pub(super) fn path_mtu(&self, address: &IpAddress, now: Instant) -> usize {
        if !self.is_far(address) {
            return self.ip_mtu();
        }
        #[cfg(feature = "ipv6")]
        if address.version() == IpVersion::Ipv6 {
            return self.ip_mtu().min(IPV6_LEAST_MTU);
        }
        #[cfg(feature = "paths")]
        if let Some(mtu) = self.paths.find(address, now) {
            return self.ip_mtu().min(mtu.into());
        }
        let _ = now;
        self.ip_mtu()
    }

    /// The longest segment to `address`, options included, in bytes.
    #[cfg(any(feature = "ipv6", feature = "client"))]
    pub(super) fn longest_segment(&self, address: &IpAddress, now: Instant) -> u16 {
        segment_within(self.path_mtu(address, now), address)
    }

    /// The largest payload that this host takes in a segment of `address`, options included (RFC 9293,
    /// 3.7.1).
    #[cfg(any(feature = "client", feature = "syn-cookies"))]
    pub(super) fn largest_segment(&self, address: &IpAddress) -> u16 {
        segment_within(self.ip_mtu(), address)
    }
}

/// What of a packet to or from `address` is behind its headers, without options, in bytes.
#[cfg(any(
    feature = "ipv6",
    feature = "paths",
    feature = "client",
    feature = "syn-cookies"
))]
fn segment_within(ip_mtu: usize, address: &IpAddress) -> u16 {
    let ip_header = match address.version() {
        IpVersion::Ipv4 => IPV4_HEADER,
        #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
        _ => IPV6_HEADER,
    };
    let longest = ip_mtu.saturating_sub(ip_header + TCP_HEADER);
    u16::try_from(longest).unwrap_or(u16::MAX)
}

/// Turns a copy of the headers of a packet into a packet without payload.
#[cfg(any(feature = "ipv6", feature = "paths"))]
fn leave_payload_out(copy: &mut [u8], packet: &Packet<'_>) {
    let length = copy.len();
    set_packet_len(copy, length);
    let segment = &mut copy[packet.header_len..];
    put_half(segment, tcp::CHECKSUM, 0);
    let (source, destination) = (&packet.source, &packet.destination);
    let sum = upper_layer_checksum(source, destination, packet.protocol, segment);
    put_half(segment, tcp::CHECKSUM, sum);
}

/// Room for a copy of a SYN.
pub(super) struct SynCopy(
    #[cfg(any(feature = "ipv6", feature = "paths"))] [u8; LONGEST_PACKET_HEADERS],
);

impl SynCopy {
    pub(super) const fn new() -> Self {
        Self(
            #[cfg(any(feature = "ipv6", feature = "paths"))]
            [0; LONGEST_PACKET_HEADERS],
        )
    }

    /// What smoltcp is given of a packet with a SYN: a copy that asks for shorter segments, where the
    /// path takes none of those that the SYN asks for; else the packet.
    #[cfg(any(feature = "ipv6", feature = "paths"))]
    pub(super) fn limited<'c>(
        &'c mut self,
        packet: &Packet<'c>,
        segment: &Segment,
        host: &Host,
        now: Instant,
    ) -> &'c [u8] {
        let longest = host.longest_segment(&packet.source, now);
        let is_longer = |size: u16| size > longest;
        let offered = options(packet, segment).maximum_segment_size();
        let asks = segment.flags.has(Flags::SYN) && offered.is_some_and(is_longer);
        let headers = packet.header_len + segment.header_len;
        let Some(copy) = self.0.get_mut(..headers).filter(|_| asks) else {
            return packet.bytes;
        };
        copy.copy_from_slice(&packet.bytes[..headers]);
        // smoltcp takes no payload with a SYN, so there is no room for any. It is sent again.
        if segment.payload_len > 0 {
            if !packet.is_intact(&host.capabilities.checksum) {
                return packet.bytes;
            }
            leave_payload_out(copy, packet);
        }
        let header = &mut copy[packet.header_len..];
        tcp::set_maximum_segment_size(header, segment.header_len, longest);
        copy
    }

    /// The same of a SYN that has waited.
    #[cfg(not(feature = "isn"))]
    pub(super) fn of<'c>(&'c mut self, packet: &'c [u8], host: &Host, now: Instant) -> &'c [u8] {
        #[cfg(feature = "ipv6")]
        if let Some(parsed) = Packet::parse(packet)
            && let Some(segment) = parsed.segment()
        {
            return self.limited(&parsed, &segment, host, now);
        }
        let _ = (host, now);
        packet
    }

    /// Nothing here limits a path.
    #[cfg(not(any(feature = "ipv6", feature = "paths")))]
    pub(super) fn limited<'c>(
        &mut self,
        packet: &Packet<'c>,
        _: &Segment,
        _: &Host,
        _: Instant,
    ) -> &'c [u8] {
        packet.bytes
    }
}
