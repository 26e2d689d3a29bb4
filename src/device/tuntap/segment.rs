//! Finding the TCP segment or UDP datagram in a frame, and its checksum.

use core::ops::Range;

use smoltcp::wire::{
    EthernetFrame, EthernetProtocol, IpAddress, IpProtocol, Ipv4Packet, TcpPacket, UDP_HEADER_LEN,
    UdpPacket, checksum,
};
#[cfg(feature = "ipv6")]
use smoltcp::wire::{Ipv6FragmentHeader, Ipv6Packet};

use super::Mode;

#[cfg(feature = "ipv6")]
const IPV6_HEADER: u16 = 40;
const TCP_CHECKSUM: usize = 16;
const UDP_LENGTH: usize = 4;
const UDP_CHECKSUM: usize = 6;

/// What a frame carries.
#[derive(Debug)]
pub(super) enum Content {
    /// A whole TCP segment.
    Segment(Segment),
    /// A whole UDP datagram.
    Datagram(Segment),
    /// A part of what may be a TCP segment (RFC 791, RFC 8200).
    Fragment,
    /// Anything else, also what is no proper frame at all.
    Other,
}

/// Where a TCP segment is in its frame, and between whom it passes; or a UDP datagram.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    /// Whether it is a UDP datagram.
    pub is_datagram: bool,
    source: IpAddress,
    destination: IpAddress,
    /// Whether it is in an IPv4 packet.
    pub is_ipv4: bool,
    /// Where its header starts.
    pub start: usize,
    /// Where the text starts.
    pub text: usize,
    /// Where the segment ends. An Ethernet frame may go on.
    pub end: usize,
}

impl Content {
    /// Looks at a frame.
    pub fn of(mode: Mode, frame: &[u8]) -> Self {
        let (packet, version) = match mode {
            Mode::Tap => {
                let Ok(ethernet) = EthernetFrame::new_checked(frame) else {
                    return Content::Other;
                };
                let version = match ethernet.ethertype() {
                    EthernetProtocol::Ipv4 => 4,
                    EthernetProtocol::Ipv6 => 6,
                    _ => return Content::Other,
                };
                (ethernet.payload(), version)
            }
            Mode::Tun => (frame, frame.first().map_or(0, |first| first >> 4)),
        };
        // Where `packet` starts in the frame.
        let start = frame.len() - packet.len();
        let content = match version {
            4 => Self::of_ipv4(packet, start),
            #[cfg(feature = "ipv6")]
            6 => Self::of_ipv6(packet, start),
            _ => None,
        };
        content.unwrap_or(Content::Other)
    }

    fn of_ipv4(bytes: &[u8], start: usize) -> Option<Self> {
        let packet = Ipv4Packet::new_checked(bytes).ok()?;
        let protocol = packet.next_header();
        if packet.version() != 4 {
            return None;
        }
        if packet.more_frags() || packet.frag_offset() != 0 {
            return (protocol == IpProtocol::Tcp).then_some(Content::Fragment);
        }
        let header_len = usize::from(packet.header_len());
        let (source, destination) = (packet.src_addr(), packet.dst_addr());
        let (payload, start) = (packet.payload(), start + header_len);
        Self::whole(protocol, source.into(), destination.into(), payload, start)
    }

    /// What comes whole in a packet, from `start` on in the frame.
    fn whole(
        protocol: IpProtocol,
        source: IpAddress,
        destination: IpAddress,
        bytes: &[u8],
        start: usize,
    ) -> Option<Self> {
        match protocol {
            IpProtocol::Tcp => {
                Segment::new(source, destination, bytes, start).map(Content::Segment)
            }
            IpProtocol::Udp => {
                Segment::datagram(source, destination, bytes, start).map(Content::Datagram)
            }
            _ => None,
        }
    }

    #[cfg(feature = "ipv6")]
    fn of_ipv6(bytes: &[u8], start: usize) -> Option<Self> {
        let packet = Ipv6Packet::new_checked(bytes).ok()?;
        if packet.version() != 6 {
            return None;
        }
        let start = start + packet.header_len();
        let mut protocol = packet.next_header();
        let mut rest = packet.payload();
        let mut is_fragment = false;
        // Each header takes eight bytes at least, so this comes to an end.
        loop {
            let length = match protocol {
                // Whatever else comes first, a TCP segment may come last.
                IpProtocol::Tcp
                | IpProtocol::HopByHop
                | IpProtocol::Ipv6Route
                | IpProtocol::Ipv6Opts
                | IpProtocol::Ipv6Frag
                    if is_fragment =>
                {
                    return Some(Content::Fragment);
                }
                IpProtocol::Tcp | IpProtocol::Udp if !is_fragment => {
                    let start = start + packet.payload().len() - rest.len();
                    let (source, destination) = (packet.src_addr(), packet.dst_addr());
                    return Self::whole(protocol, source.into(), destination.into(), rest, start);
                }
                IpProtocol::HopByHop | IpProtocol::Ipv6Route | IpProtocol::Ipv6Opts => {
                    8 * (1 + usize::from(*rest.get(1)?))
                }
                IpProtocol::Ipv6Frag => {
                    let header = Ipv6FragmentHeader::new_checked(rest.get(2..8)?).ok()?;
                    is_fragment = header.more_frags() || header.frag_offset() != 0;
                    8
                }
                _ => return None,
            };
            protocol = IpProtocol::from(*rest.first()?);
            rest = rest.get(length..)?;
        }
    }
}

impl Segment {
    /// The segment that `bytes` are, which start at `start` in the frame.
    fn new(source: IpAddress, destination: IpAddress, bytes: &[u8], start: usize) -> Option<Self> {
        let segment = TcpPacket::new_checked(bytes).ok()?;
        Some(Segment {
            is_datagram: false,
            is_ipv4: matches!(source, IpAddress::Ipv4(_)),
            source,
            destination,
            start,
            text: start + usize::from(segment.header_len()),
            end: start + bytes.len(),
        })
    }

    /// The datagram that `bytes` begin with, which start at `start` in the frame.
    fn datagram(
        source: IpAddress,
        destination: IpAddress,
        bytes: &[u8],
        start: usize,
    ) -> Option<Self> {
        let datagram = UdpPacket::new_checked(bytes).ok()?;
        Some(Segment {
            is_datagram: true,
            is_ipv4: matches!(source, IpAddress::Ipv4(_)),
            source,
            destination,
            start,
            text: start + UDP_HEADER_LEN,
            end: start + usize::from(datagram.len()),
        })
    }

    /// Where the checksum is, from the start of the header on.
    pub fn checksum_offset(&self) -> usize {
        match self.is_datagram {
            true => UDP_CHECKSUM,
            false => TCP_CHECKSUM,
        }
    }

    /// The fields in which packets of different lengths differ, and datagrams of different text.
    pub fn length_fields(&self, mode: Mode) -> [Range<usize>; 3] {
        let ip = mode.header_len();
        let (length, checksum) = match self.is_ipv4 {
            true => (ip + 2..ip + 4, ip + 10..ip + 12),
            false => (ip + 4..ip + 6, 0..0),
        };
        let of_datagram = match self.is_datagram {
            true => self.start + UDP_LENGTH..self.text,
            false => 0..0,
        };
        [length, checksum, of_datagram]
    }

    /// Makes the lengths in the headers right after `end` has changed.
    pub fn set_length(&self, mode: Mode, frame: &mut [u8]) {
        if self.is_datagram {
            // It is shorter than its IP packet.
            let length = (self.end - self.start) as u16;
            UdpPacket::new_unchecked(&mut frame[self.start..self.end]).set_len(length);
        }
        let bytes = &mut frame[mode.header_len()..self.end];
        // An IP packet has 65 535 bytes at most.
        let length = bytes.len() as u16;
        if self.is_ipv4 {
            let mut packet = Ipv4Packet::new_unchecked(bytes);
            packet.set_total_len(length);
            packet.fill_checksum();
        } else {
            #[cfg(feature = "ipv6")]
            Ipv6Packet::new_unchecked(bytes).set_payload_len(length - IPV6_HEADER);
        }
    }

    /// Whether the checksum in the frame is right.
    pub fn is_intact(&self, frame: &[u8]) -> bool {
        let bytes = &frame[self.start..self.end];
        TcpPacket::new_unchecked(bytes).verify_checksum(&self.source, &self.destination)
    }

    /// Puts the sum of the pseudo header where the checksum will be, for who completes it.
    pub fn prepare_checksum(&self, frame: &mut [u8]) {
        // An IP packet has 65 535 bytes behind its header at most.
        let length = (self.end - self.start) as u32;
        let (source, destination) = (&self.source, &self.destination);
        let protocol = match self.is_datagram {
            true => IpProtocol::Udp,
            false => IpProtocol::Tcp,
        };
        let sum = checksum::pseudo_header(source, destination, protocol, length);
        let field = self.start + self.checksum_offset();
        frame[field..field + 2].copy_from_slice(&sum.to_be_bytes());
    }
}

/// Completes a checksum that covers what comes from `start` on, at the two bytes from `field` on,
/// where the sum of the pseudo header is. Returns whether there is such a place in the frame.
pub(super) fn complete_checksum(frame: &mut [u8], start: usize, field: usize) -> bool {
    let Some(covered) = frame.get(start..) else {
        return false;
    };
    // Zero would say that there is none (RFC 768), and means the same.
    let sum = match !checksum::data(covered) {
        0 => 0xffff,
        sum => sum,
    };
    let Some(place) = frame.get_mut(field..).and_then(<[u8]>::first_chunk_mut) else {
        return false;
    };
    *place = sum.to_be_bytes();
    true
}
