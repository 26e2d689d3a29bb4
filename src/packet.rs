//! The only parser of packets: frames, IP packets and TCP segments, read at fixed offsets.
//!
//! Each function verifies every length that it relies on, once, and nothing else: checksums are
//! verified on request. What it returns is small and is handed on, so that no packet is parsed
//! twice.

use smoltcp::phy::{ChecksumCapabilities, Medium};
use smoltcp::wire::{
    EthernetAddress, IpAddress, IpEndpoint, IpProtocol, Ipv4Address, TcpSeqNumber, checksum,
};

/// The header of an Ethernet frame, in bytes.
pub(crate) const ETHERNET_HEADER: usize = 14;
/// The header of an IPv4 packet without options, in bytes.
pub(crate) const IPV4_HEADER: usize = 20;
/// The header of an IPv6 packet, in bytes.
#[cfg(feature = "ipv6")]
pub(crate) const IPV6_HEADER: usize = 40;
/// The header of a TCP segment without options, in bytes.
pub(crate) const TCP_HEADER: usize = 20;
/// Headers of Ethernet, IP and TCP with all options, in bytes.
pub(crate) const LONGEST_HEADERS: usize =
    ETHERNET_HEADER + if cfg!(feature = "ipv6") { 40 } else { 20 } + 60;

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_ARP: u16 = 0x0806;
#[cfg(feature = "ipv6")]
const ETHERTYPE_IPV6: u16 = 0x86dd;

const PROTOCOL_TCP: u8 = 6;
#[cfg(feature = "client")]
const PROTOCOL_UDP: u8 = 17;

/// The four-tuple of a connection: the local and the remote address and port (RFC 9293, 3.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FourTuple {
    /// This host's address and port.
    pub local: IpEndpoint,
    /// The peer's address and port.
    pub remote: IpEndpoint,
}

/// A frame of the device: with an Ethernet header on Ethernet, else an IP packet.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'f> {
    /// Both hardware addresses, on Ethernet.
    pub(crate) hardware: Option<HardwareAddresses>,
    pub(crate) content: Content<'f>,
}

/// The addresses of an Ethernet frame.
#[derive(Clone, Copy)]
pub(crate) struct HardwareAddresses {
    pub(crate) source: EthernetAddress,
    pub(crate) destination: EthernetAddress,
}

/// What a frame carries.
#[derive(Clone, Copy)]
pub(crate) enum Content<'f> {
    /// A message of ARP (RFC 826).
    Arp(&'f [u8]),
    Ip(Packet<'f>),
    /// Another protocol, or something that is too short for its headers.
    Other,
}

/// An IP packet, or a fragment of one.
#[derive(Clone, Copy)]
pub(crate) struct Packet<'f> {
    /// From the first byte of the IP header to the last byte of the payload.
    pub(crate) bytes: &'f [u8],
    /// The length of the IP header, in bytes.
    pub(crate) header_len: usize,
    pub(crate) source: IpAddress,
    pub(crate) destination: IpAddress,
    /// What follows the IP header: in IPv6, it may be an extension header.
    pub(crate) protocol: IpProtocol,
    /// Whether this is one of several fragments (IPv4).
    pub(crate) is_fragment: bool,
}

/// The flags of a segment (RFC 9293, 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags(pub(crate) u8);

impl Flags {
    pub(crate) const FIN: u8 = 0x01;
    pub(crate) const SYN: u8 = 0x02;
    pub(crate) const RST: u8 = 0x04;
    pub(crate) const ACK: u8 = 0x10;

    pub(crate) const fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }

    /// SYN, RST and ACK, the flags by which segments are told apart.
    pub(crate) const fn kind(self) -> u8 {
        self.0 & (Self::SYN | Self::RST | Self::ACK)
    }
}

/// The header of a TCP segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) source: IpEndpoint,
    pub(crate) destination: IpEndpoint,
    pub(crate) sequence: TcpSeqNumber,
    pub(crate) acknowledgement: TcpSeqNumber,
    pub(crate) flags: Flags,
    /// As it stands in the header: not scaled.
    pub(crate) window: u16,
    /// In bytes, options included.
    pub(crate) header_len: usize,
    /// In bytes.
    pub(crate) payload_len: usize,
}

impl Segment {
    /// The four-tuple, of a segment that was received.
    pub(crate) fn four_tuple(&self) -> FourTuple {
        FourTuple {
            local: self.destination,
            remote: self.source,
        }
    }

    /// The sequence number behind the payload.
    pub(crate) fn end(&self) -> TcpSeqNumber {
        self.sequence + self.payload_len
    }

    /// Whether it carries an acknowledgement, and neither opens nor resets.
    pub(crate) fn acknowledges(&self) -> bool {
        self.flags.kind() == Flags::ACK
    }
}

impl<'f> Frame<'f> {
    /// Parses a frame; nothing of it can fail: what is too short is [`Content::Other`].
    pub(crate) fn parse(medium: Medium, frame: &'f [u8]) -> Self {
        if medium != Medium::Ethernet {
            return Self {
                hardware: None,
                content: Content::ip(frame),
            };
        }
        let Some((header, payload)) = frame.split_first_chunk::<ETHERNET_HEADER>() else {
            return Self {
                hardware: None,
                content: Content::Other,
            };
        };
        let address = |at: usize| EthernetAddress::from_bytes(&header[at..at + 6]);
        Self {
            hardware: Some(HardwareAddresses {
                destination: address(0),
                source: address(6),
            }),
            content: match half(header, 12) {
                ETHERTYPE_ARP => Content::Arp(payload),
                // The version in the packet decides, as it does where there is no Ethernet header.
                ETHERTYPE_IPV4 => Content::ip(payload),
                #[cfg(feature = "ipv6")]
                ETHERTYPE_IPV6 => Content::ip(payload),
                _ => Content::Other,
            },
        }
    }

    /// The length of the Ethernet header, in bytes; 0 where there is none.
    pub(crate) fn header_len(&self) -> usize {
        self.hardware.map_or(0, |_| ETHERNET_HEADER)
    }

    /// The TCP segment in it, and its packet.
    #[cfg(feature = "syn-cookies")]
    pub(crate) fn segment(&self) -> Option<(&Packet<'f>, Segment)> {
        let packet = self.packet()?;
        Some((packet, packet.segment()?))
    }

    /// Whether it has a group address as its Ethernet source, which is the address of one station
    /// (IEEE 802.3, 3.2.3), or as the hardware address in a message of ARP or neighbor discovery, which
    /// must not be believed (RFC 1812, 3.3.2).
    pub(crate) fn is_from_group(&self) -> bool {
        /// Where the sender's hardware address is in a message of ARP (RFC 826).
        const ARP_SENDER: usize = 8;
        let Some(hardware) = self.hardware else {
            return false;
        };
        let gives_group = match &self.content {
            Content::Arp(message) => message.get(ARP_SENDER).is_some_and(|first| first & 1 != 0),
            #[cfg(feature = "ipv6")]
            Content::Ip(packet) => packet.gives_group(),
            _ => false,
        };
        gives_group || !hardware.source.is_unicast()
    }

    /// The IP packet in it.
    pub(crate) fn packet(&self) -> Option<&Packet<'f>> {
        match &self.content {
            Content::Ip(packet) => Some(packet),
            _ => None,
        }
    }
}

impl<'f> Content<'f> {
    fn ip(bytes: &'f [u8]) -> Self {
        Packet::parse(bytes).map_or(Self::Other, Self::Ip)
    }
}

impl<'f> Packet<'f> {
    /// Parses an IP packet; bytes behind its end are left out.
    pub(crate) fn parse(bytes: &'f [u8]) -> Option<Self> {
        match bytes.first()? >> 4 {
            4 => Self::parse_ipv4(bytes),
            #[cfg(feature = "ipv6")]
            6 => Self::parse_ipv6(bytes),
            _ => None,
        }
    }

    fn parse_ipv4(bytes: &'f [u8]) -> Option<Self> {
        let header = bytes.first_chunk::<IPV4_HEADER>()?;
        let header_len = usize::from(header[0] & 0xf) * 4;
        let total_len = usize::from(half(header, 2));
        if header_len < IPV4_HEADER || header_len > total_len {
            return None;
        }
        Some(Self {
            bytes: bytes.get(..total_len)?,
            header_len,
            source: Ipv4Address::from_bits(word(header, 12)).into(),
            destination: Ipv4Address::from_bits(word(header, 16)).into(),
            protocol: header[9].into(),
            // More fragments, or an offset that is not 0.
            is_fragment: half(header, 6) & 0x3fff != 0,
        })
    }

    #[cfg(feature = "ipv6")]
    fn parse_ipv6(bytes: &'f [u8]) -> Option<Self> {
        let header = bytes.first_chunk::<IPV6_HEADER>()?;
        let address = |at: usize| {
            let bytes = header[at..].first_chunk::<16>().copied();
            IpAddress::Ipv6(bytes.unwrap_or_default().into())
        };
        Some(Self {
            bytes: bytes.get(..IPV6_HEADER + usize::from(half(header, 4)))?,
            header_len: IPV6_HEADER,
            source: address(8),
            destination: address(24),
            protocol: header[6].into(),
            is_fragment: false,
        })
    }

    /// What follows the IP header.
    pub(crate) fn payload(&self) -> &'f [u8] {
        &self.bytes[self.header_len..]
    }

    /// Whether smoltcp may find a TCP segment where this parser does not look: in fragments, and
    /// behind an IPv6 hop-by-hop header.
    pub(crate) fn hides_segment(&self) -> bool {
        match self.protocol {
            IpProtocol::Tcp => self.is_fragment,
            IpProtocol::HopByHop => self.payload().first() == Some(&PROTOCOL_TCP),
            _ => false,
        }
    }

    /// The header of the TCP segment in it.
    pub(crate) fn segment(&self) -> Option<Segment> {
        if self.protocol != IpProtocol::Tcp || self.is_fragment {
            return None;
        }
        let payload = self.payload();
        let header = payload.first_chunk::<TCP_HEADER>()?;
        let header_len = usize::from(header[12] >> 4) * 4;
        if header_len < TCP_HEADER || header_len > payload.len() {
            return None;
        }
        Some(Segment {
            source: IpEndpoint::new(self.source, half(header, 0)),
            destination: IpEndpoint::new(self.destination, half(header, 2)),
            sequence: TcpSeqNumber(word(header, 4) as i32),
            acknowledgement: TcpSeqNumber(word(header, 8) as i32),
            flags: Flags(header[13]),
            window: half(header, 14),
            header_len,
            payload_len: payload.len() - header_len,
        })
    }

    /// Whether a link-layer address option of neighbor discovery (RFC 4861, 4.6.1) has a group
    /// address.
    #[cfg(feature = "ipv6")]
    fn gives_group(&self) -> bool {
        /// The lengths of neighbor solicitations and advertisements without options, in bytes.
        const OPTIONS: usize = 24;
        let message = self.payload();
        if self.protocol != IpProtocol::Icmpv6 || !matches!(message.first(), Some(135 | 136)) {
            return false;
        }
        let mut options = message.get(OPTIONS..).unwrap_or_default();
        while let [kind, units, address, ..] = *options {
            // The source's and the target's.
            if matches!(kind, 1 | 2) && address & 1 != 0 {
                return true;
            }
            match options.get(8 * usize::from(units)..) {
                Some(rest) if units > 0 => options = rest,
                _ => break,
            }
        }
        false
    }

    /// The port that a UDP datagram is for.
    pub(crate) fn udp_destination(&self) -> Option<u16> {
        if self.protocol != IpProtocol::Udp || self.is_fragment {
            return None;
        }
        let header = self.payload().first_chunk::<4>()?;
        Some(half(header, 2))
    }

    /// Whether the checksums of the segment, and of the IPv4 header in front of it, are right, as
    /// far as the device leaves that to its stack.
    pub(crate) fn is_intact(&self, checksums: &ChecksumCapabilities) -> bool {
        let payload = self.payload();
        let segment = || {
            let header = checksum::pseudo_header(
                &self.source,
                &self.destination,
                self.protocol,
                payload.len() as u32,
            );
            checksum::combine(&[header, checksum::data(payload)]) == !0
        };
        let header = || match self.source {
            IpAddress::Ipv4(_) => checksum::data(&self.bytes[..self.header_len]) == !0,
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => true,
        };
        (!checksums.tcp.rx() || segment()) && (!checksums.ipv4.rx() || header())
    }
}

/// The options of a segment: kind and value of each (RFC 9293, 3.2).
pub(crate) fn options<'f>(packet: &Packet<'f>, segment: &Segment) -> Options<'f> {
    Options(&packet.payload()[TCP_HEADER..segment.header_len])
}

/// See [`options`]; it ends at the first option that is malformed.
pub(crate) struct Options<'f>(&'f [u8]);

impl Options<'_> {
    /// The maximum segment size (RFC 9293, 3.7.1).
    #[cfg(feature = "syn-cookies")]
    pub(crate) fn maximum_segment_size(self) -> Option<u16> {
        let mut options = self;
        options.find_map(|(kind, value)| match (kind, value) {
            (2, [high, low]) => Some(u16::from_be_bytes([*high, *low])),
            _ => None,
        })
    }

    /// The window scale (RFC 7323, 2.2).
    pub(crate) fn window_scale(self) -> Option<u8> {
        let mut options = self;
        options.find_map(|(kind, value)| match (kind, value) {
            (3, [shift]) => Some(*shift),
            _ => None,
        })
    }
}

impl<'f> Iterator for Options<'f> {
    type Item = (u8, &'f [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (&kind, rest) = self.0.split_first()?;
            match kind {
                0 => return None,
                1 => self.0 = rest,
                _ => {
                    let length = usize::from(*rest.first()?);
                    let value = self.0.get(2..length)?;
                    self.0 = &self.0[length..];
                    return Some((kind, value));
                }
            }
        }
    }
}

/// The ports of a packet that an ICMP error quotes, of which there may be no more than the IP header
/// and 8 bytes (RFC 792).
#[cfg(feature = "client")]
#[derive(Clone, Copy)]
pub(crate) struct Quote {
    pub(crate) protocol: IpProtocol,
    pub(crate) source: IpEndpoint,
    pub(crate) destination: IpEndpoint,
}

#[cfg(feature = "client")]
impl Quote {
    /// Parses what follows the 8 bytes of an ICMP error's own header.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (header_len, protocol, source, destination) = match bytes.first()? >> 4 {
            4 => {
                let header = bytes.first_chunk::<IPV4_HEADER>()?;
                // Only the first fragment has ports.
                if half(header, 6) & 0x1fff != 0 {
                    return None;
                }
                (
                    usize::from(header[0] & 0xf) * 4,
                    header[9],
                    Ipv4Address::from_bits(word(header, 12)).into(),
                    Ipv4Address::from_bits(word(header, 16)).into(),
                )
            }
            #[cfg(feature = "ipv6")]
            6 => {
                let header = bytes.first_chunk::<IPV6_HEADER>()?;
                let address = |at: usize| {
                    let bytes = header[at..].first_chunk::<16>().copied();
                    IpAddress::Ipv6(bytes.unwrap_or_default().into())
                };
                (IPV6_HEADER, header[6], address(8), address(24))
            }
            _ => return None,
        };
        if !matches!(protocol, PROTOCOL_TCP | PROTOCOL_UDP) {
            return None;
        }
        let ports = bytes.get(header_len..)?.first_chunk::<4>()?;
        Some(Self {
            protocol: protocol.into(),
            source: IpEndpoint::new(source, half(ports, 0)),
            destination: IpEndpoint::new(destination, half(ports, 2)),
        })
    }
}

/// The 16 bits at this offset, which must be within the header.
fn half(header: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([header[at], header[at + 1]])
}

/// The 32 bits at this offset, which must be within the header.
fn word(header: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}

#[cfg(test)]
mod tests;
