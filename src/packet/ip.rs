//! IP packets of both versions (RFC 791, RFC 8200).

use smoltcp::wire::{IpAddress, IpProtocol, Ipv4Address, checksum};

use super::{PROTOCOL_TCP, half, put_half, word};

/// The header of an IPv4 packet without options, in bytes.
pub(crate) const IPV4_HEADER: usize = 20;
/// The header of an IPv6 packet, in bytes.
pub(crate) const IPV6_HEADER: usize = 40;
/// The longest header without options, in bytes.
pub(crate) const LONGEST_HEADER: usize = if cfg!(feature = "ipv6") {
    IPV6_HEADER
} else {
    IPV4_HEADER
};

/// Where the fields of an IPv4 header are (RFC 791, 3.1).
pub(crate) mod ipv4 {
    /// The version in the upper half of a byte, the length of the header in its lower half.
    pub(crate) const VERSION_AND_LENGTH: usize = 0;
    pub(crate) const TOTAL_LENGTH: usize = 2;
    pub(crate) const IDENTIFICATION: usize = 4;
    /// Flags and fragment offset.
    pub(crate) const FRAGMENT: usize = 6;
    #[cfg(all(feature = "simulation", feature = "client"))]
    pub(crate) const TIME_TO_LIVE: usize = 8;
    pub(crate) const PROTOCOL: usize = 9;
    pub(crate) const CHECKSUM: usize = 10;
    pub(crate) const SOURCE: usize = 12;
    pub(crate) const DESTINATION: usize = 16;

    /// Of the field `FRAGMENT`: it must not be fragmented.
    pub(crate) const DONT_FRAGMENT: u16 = 0x4000;
    /// Of the field `FRAGMENT`: more fragments follow.
    pub(crate) const MORE_FRAGMENTS: u16 = 0x2000;
    /// Of the field `FRAGMENT`: the offset, in units of 8 bytes.
    pub(crate) const OFFSET: u16 = 0x1fff;
}

/// Where the fields of an IPv6 header are (RFC 8200, 3).
#[allow(dead_code)] // without IPv6
pub(crate) mod ipv6 {
    pub(crate) const PAYLOAD_LENGTH: usize = 4;
    pub(crate) const NEXT_HEADER: usize = 6;
    pub(crate) const HOP_LIMIT: usize = 7;
    pub(crate) const SOURCE: usize = 8;
    pub(crate) const DESTINATION: usize = 24;
}

/// An IP packet, or a fragment of one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'f> {
    /// From the first byte of the IP header to the last byte of the payload.
    pub(crate) bytes: &'f [u8],
    /// The length of the IP header, in bytes.
    pub(crate) header_len: usize,
    pub(crate) source: IpAddress,
    pub(crate) destination: IpAddress,
    /// What follows the IP header: in IPv6, it may be an extension header.
    pub(crate) protocol: IpProtocol,
    /// Whether this is one of several fragments (IPv4), or has a fragment header first (IPv6).
    pub(crate) is_fragment: bool,
}

impl<'f> Packet<'f> {
    /// Parses an IP packet; bytes behind its end are left out.
    #[cfg_attr(feature = "tuntap", inline)] // A host gives flash for speed.
    pub(crate) fn parse(bytes: &'f [u8]) -> Option<Self> {
        match bytes.first()? >> 4 {
            4 => Self::parse_ipv4(bytes),
            #[cfg(feature = "ipv6")]
            6 => Self::parse_ipv6(bytes),
            _ => None,
        }
    }

    #[inline]
    fn parse_ipv4(bytes: &'f [u8]) -> Option<Self> {
        let header = bytes.first_chunk::<IPV4_HEADER>()?;
        let header_len = ipv4_header_len(header);
        let total_len = usize::from(half(header, ipv4::TOTAL_LENGTH));
        if header_len < IPV4_HEADER || header_len > total_len {
            return None;
        }
        Some(Self {
            bytes: bytes.get(..total_len)?,
            header_len,
            source: ipv4_address(header, ipv4::SOURCE),
            destination: ipv4_address(header, ipv4::DESTINATION),
            protocol: header[ipv4::PROTOCOL].into(),
            is_fragment: half(header, ipv4::FRAGMENT) & (ipv4::MORE_FRAGMENTS | ipv4::OFFSET) != 0,
        })
    }

    #[cfg(feature = "ipv6")]
    #[inline]
    fn parse_ipv6(bytes: &'f [u8]) -> Option<Self> {
        let header = bytes.first_chunk::<IPV6_HEADER>()?;
        let length = IPV6_HEADER + usize::from(half(header, ipv6::PAYLOAD_LENGTH));
        let protocol = header[ipv6::NEXT_HEADER].into();
        Some(Self {
            bytes: bytes.get(..length)?,
            header_len: IPV6_HEADER,
            source: ipv6_address(header, ipv6::SOURCE),
            destination: ipv6_address(header, ipv6::DESTINATION),
            protocol,
            is_fragment: protocol == IpProtocol::Ipv6Frag,
        })
    }

    /// What follows the IP header.
    pub(crate) fn payload(&self) -> &'f [u8] {
        &self.bytes[self.header_len..]
    }

    /// Whether smoltcp may find a TCP segment where this parser does not look: behind an IPv6
    /// hop-by-hop header.
    pub(crate) fn hides_segment(&self) -> bool {
        self.protocol == IpProtocol::HopByHop && self.payload().first() == Some(&PROTOCOL_TCP)
    }

    /// The protocol and the bytes behind the IP header and, in IPv6, a hop-by-hop header: smoltcp looks
    /// behind no other.
    pub(crate) fn upper_layer(&self) -> (IpProtocol, &'f [u8]) {
        let payload = self.payload();
        #[cfg(feature = "ipv6")]
        if let (IpAddress::Ipv6(_), IpProtocol::HopByHop, [next, units, ..]) =
            (self.source, self.protocol, payload)
        {
            // In units of 8 bytes, without the first.
            let rest = payload.get(8 * (1 + usize::from(*units))..);
            return (IpProtocol::from(*next), rest.unwrap_or_default());
        }
        (self.protocol, payload)
    }

    /// Whether it carries a message of ICMP of its own IP version.
    pub(crate) fn is_icmp(&self) -> bool {
        let own = match self.source {
            IpAddress::Ipv4(_) => IpProtocol::Icmp,
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => IpProtocol::Icmpv6,
        };
        self.upper_layer().0 == own
    }

    /// Whether it asks for an answer that is as long (RFC 792; RFC 4443, 4.1).
    #[cfg(feature = "fragmentation")]
    pub(crate) fn is_echo_request(&self) -> bool {
        const OF_IPV4: u8 = 8;
        const OF_IPV6: u8 = 128;
        let kind = match self.source {
            IpAddress::Ipv4(_) => OF_IPV4,
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => OF_IPV6,
        };
        self.is_icmp() && self.upper_layer().1.first() == Some(&kind)
    }

    /// Whether it carries an ICMP error (RFC 1122, 3.2.2; RFC 4443, 2.1).
    pub(crate) fn is_icmp_error(&self) -> bool {
        /// Destination unreachable, source quench, redirect, time exceeded, parameter problem.
        const ERRORS_OF_IPV4: u16 = 1 << 3 | 1 << 4 | 1 << 5 | 1 << 11 | 1 << 12;
        /// The types below it are errors.
        const FIRST_OF_ICMPV6_THAT_INFORMS: u8 = 128;
        if !self.is_icmp() {
            return false;
        }
        let (_, message) = self.upper_layer();
        message.first().is_some_and(|kind| match self.source {
            IpAddress::Ipv4(_) => *kind < 16 && ERRORS_OF_IPV4 >> kind & 1 != 0,
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => *kind < FIRST_OF_ICMPV6_THAT_INFORMS,
        })
    }

    /// Whether an option of an IPv4 header gives a route, loose or strict (RFC 791, 3.1).
    pub(crate) fn has_source_route(&self) -> bool {
        const END: u8 = 0;
        const NO_OPERATION: u8 = 1;
        const LOOSE: u8 = 131;
        const STRICT: u8 = 137;
        let mut options = match self.source {
            IpAddress::Ipv4(_) => &self.bytes[IPV4_HEADER..self.header_len],
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => return false,
        };
        while let [kind, rest @ ..] = options {
            options = match (*kind, rest.first()) {
                (END, _) => break,
                (LOOSE | STRICT, _) => return true,
                (NO_OPERATION, _) => rest,
                // With the two bytes in front of its value.
                (_, Some(2..)) => options.get(usize::from(rest[0])..).unwrap_or_default(),
                _ => break,
            };
        }
        false
    }

    /// Whether the checksum of the IPv4 header is right; an IPv6 header has none.
    pub(crate) fn has_intact_header(&self) -> bool {
        match self.source {
            IpAddress::Ipv4(_) => checksum::data(&self.bytes[..self.header_len]) == !0,
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => true,
        }
    }
}

/// The checksum of `bytes`, which covers them and a pseudo header (RFC 9293, 3.1; RFC 8200, 8.1). Its own
/// place in them is zero.
pub(crate) fn upper_layer_checksum(
    source: &IpAddress,
    destination: &IpAddress,
    protocol: IpProtocol,
    bytes: &[u8],
) -> u16 {
    let header = checksum::pseudo_header(source, destination, protocol, bytes.len() as u32);
    !checksum::combine(&[header, checksum::data(bytes)])
}

/// Whether the checksum in `bytes` is right; see [`upper_layer_checksum`].
pub(crate) fn is_sum_right(
    source: &IpAddress,
    destination: &IpAddress,
    protocol: IpProtocol,
    bytes: &[u8],
) -> bool {
    upper_layer_checksum(source, destination, protocol, bytes) == 0
}

/// Writes the IP header, without options, of a packet with a payload of this length. Routers must not
/// fragment it.
pub(crate) fn put_ip_header(
    header: &mut [u8],
    (source, destination): (IpAddress, IpAddress),
    protocol: IpProtocol,
    hop_limit: u8,
    payload_len: u16,
) {
    let protocol = u8::from(protocol);
    match (source, destination) {
        (IpAddress::Ipv4(source), IpAddress::Ipv4(destination)) => {
            let [high, low] = (IPV4_HEADER as u16 + payload_len).to_be_bytes();
            let fields = [0x45, 0, high, low, 0, 0, 0x40, 0, hop_limit, protocol, 0, 0];
            header[..ipv4::SOURCE].copy_from_slice(&fields);
            header[ipv4::SOURCE..ipv4::DESTINATION].copy_from_slice(&source.octets());
            header[ipv4::DESTINATION..].copy_from_slice(&destination.octets());
            let sum = !checksum::data(header);
            put_half(header, ipv4::CHECKSUM, sum);
        }
        #[cfg(feature = "ipv6")]
        (IpAddress::Ipv6(source), IpAddress::Ipv6(destination)) => {
            let [high, low] = payload_len.to_be_bytes();
            let fields = [0x60, 0, 0, 0, high, low, protocol, hop_limit];
            header[..ipv6::SOURCE].copy_from_slice(&fields);
            header[ipv6::SOURCE..ipv6::DESTINATION].copy_from_slice(&source.octets());
            header[ipv6::DESTINATION..].copy_from_slice(&destination.octets());
        }
        #[allow(unreachable_patterns)] // without IPv6 there is no other version
        _ => {}
    }
}

/// The length that an IPv4 header gives itself, in bytes: not verified.
pub(super) fn ipv4_header_len(header: &[u8; IPV4_HEADER]) -> usize {
    usize::from(header[ipv4::VERSION_AND_LENGTH] & 0xf) * 4
}

pub(super) fn ipv4_address(header: &[u8; IPV4_HEADER], at: usize) -> IpAddress {
    Ipv4Address::from_bits(word(header, at)).into()
}

#[cfg(feature = "ipv6")]
pub(super) fn ipv6_address(header: &[u8], at: usize) -> IpAddress {
    let octets = header[at..].first_chunk::<16>().copied();
    IpAddress::Ipv6(octets.unwrap_or_default().into())
}

/// Makes the IP header of a packet of `length` bytes right, header included: its length, and the
/// checksum of IPv4. `None` if there is no such header, or no such length.
#[cfg(any(
    feature = "fragmentation",
    feature = "ipv6",
    feature = "paths",
    all(feature = "simulation", feature = "client"),
    all(feature = "tuntap", target_os = "linux")
))]
pub(crate) fn set_packet_len(header: &mut [u8], length: usize) -> Option<()> {
    if cfg!(feature = "ipv6") && header.first()? >> 4 == 6 {
        let payload = u16::try_from(length.checked_sub(IPV6_HEADER)?).ok()?;
        let header = header.first_chunk_mut::<IPV6_HEADER>()?;
        put_half(header, ipv6::PAYLOAD_LENGTH, payload);
        return Some(());
    }
    let header_len = ipv4_header_len(header.first_chunk()?);
    let total = u16::try_from(length).ok()?;
    let header = header.get_mut(..header_len)?;
    if !(IPV4_HEADER..=length).contains(&header_len) {
        return None;
    }
    put_half(header, ipv4::TOTAL_LENGTH, total);
    put_half(header, ipv4::CHECKSUM, 0);
    let sum = !checksum::data(header);
    put_half(header, ipv4::CHECKSUM, sum);
    Some(())
}
