//! Finding the TCP segment or UDP datagram in a frame, and its checksum.

use core::ops::Range;

use smoltcp::wire::{IpAddress, IpProtocol, TcpSeqNumber, checksum};

use super::Mode;
use crate::packet::ip::{ipv4, ipv6, is_sum_right, set_packet_len};
use crate::packet::{self, Carried, Flags, Frame, half, put_half, tcp, udp};

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

/// Where a TCP segment or a UDP datagram is in its frame, and its two addresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    /// What is in the header of a TCP segment; `None` in a UDP datagram.
    pub control: Option<Control>,
    source: IpAddress,
    destination: IpAddress,
    /// Where its header starts.
    pub start: usize,
    /// Where the text starts.
    pub text: usize,
    /// Where the segment ends. An Ethernet frame may go on.
    pub end: usize,
}

/// What differs between the headers of TCP segments that follow each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Control {
    pub sequence: TcpSeqNumber,
    pub flags: Flags,
}

impl Control {
    /// These stand in the last of the segments only.
    pub const OF_LAST: u8 = Flags::PSH | Flags::FIN;

    /// Writes it into the header of a segment, the last or another.
    pub fn emit(&self, header: &mut [u8], is_last: bool) {
        header[tcp::SEQUENCE..][..4].copy_from_slice(&self.sequence.0.to_be_bytes());
        header[tcp::FLAGS] = match is_last {
            true => self.flags.0,
            false => self.flags.0 & !Self::OF_LAST,
        };
    }
}

impl Content {
    /// Looks at a frame.
    pub fn of(mode: Mode, frame: &[u8]) -> Self {
        let frame = Frame::parse(mode.medium(), frame);
        Self::parse(&frame).unwrap_or(Content::Other)
    }

    fn parse(frame: &Frame<'_>) -> Option<Self> {
        let packet = frame.packet()?;
        let Carried::Whole(protocol, bytes) = packet.carried()? else {
            return Some(Content::Fragment);
        };
        // What is carried ends where the packet ends.
        let end = frame.header_len() + packet.bytes.len();
        let start = end - bytes.len();
        let (source, destination) = (packet.source, packet.destination);
        Some(if protocol == IpProtocol::Tcp {
            let header = packet::Segment::parse(source, destination, bytes)?;
            Content::Segment(Segment {
                control: Some(Control {
                    sequence: header.sequence,
                    flags: header.flags,
                }),
                source,
                destination,
                start,
                text: start + header.header_len,
                end,
            })
        } else {
            let text = start + udp::UDP_HEADER;
            Content::Datagram(Segment {
                control: None,
                source,
                destination,
                start,
                text,
                end: text + udp::payload_len(bytes)?,
            })
        })
    }
}

impl Segment {
    /// Whether it is a UDP datagram.
    pub fn is_datagram(&self) -> bool {
        self.control.is_none()
    }

    /// Whether it is in an IPv4 packet.
    pub fn is_ipv4(&self) -> bool {
        matches!(self.source, IpAddress::Ipv4(_))
    }

    /// Where the checksum is, from the start of the header on.
    pub fn checksum_offset(&self) -> usize {
        match self.is_datagram() {
            true => udp::CHECKSUM,
            false => tcp::CHECKSUM,
        }
    }

    /// The fields in which packets of different lengths differ, and datagrams of different text.
    pub fn length_fields(&self, mode: Mode) -> [Range<usize>; 3] {
        let field = |at: usize| at..at + 2;
        let ip = mode.header_len();
        let (length, checksum) = match self.is_ipv4() {
            true => (field(ip + ipv4::TOTAL_LENGTH), field(ip + ipv4::CHECKSUM)),
            false => (field(ip + ipv6::PAYLOAD_LENGTH), 0..0),
        };
        let of_datagram = match self.is_datagram() {
            true => self.start + udp::LENGTH..self.text,
            false => 0..0,
        };
        [length, checksum, of_datagram]
    }

    /// Gives the packet of these headers the identification of the one that comes `count` behind it.
    /// Those that may be fragmented have one each, in a row, as the kernel gives to those that it cuts.
    pub fn number(&self, mode: Mode, headers: &mut [u8], count: usize) {
        let ip = mode.header_len();
        let may_be = half(headers, ip + ipv4::FRAGMENT) & ipv4::DONT_FRAGMENT == 0;
        if self.is_ipv4() && may_be {
            let first = half(headers, ip + ipv4::IDENTIFICATION);
            put_half(
                headers,
                ip + ipv4::IDENTIFICATION,
                first.wrapping_add(count as u16),
            );
        }
    }

    /// Makes the lengths in the headers right after `end` has changed.
    pub fn set_length(&self, mode: Mode, frame: &mut [u8]) {
        if self.is_datagram() {
            // It is shorter than its IP packet.
            let length = (self.end - self.start) as u16;
            put_half(frame, self.start + udp::LENGTH, length);
        }
        // An IP packet has 65 535 bytes at most, so there is such a length.
        let packet = &mut frame[mode.header_len()..self.end];
        let _ = set_packet_len(packet, packet.len());
    }

    /// Whether the checksum in the frame is right.
    pub fn is_intact(&self, frame: &[u8]) -> bool {
        let bytes = &frame[self.start..self.end];
        is_sum_right(&self.source, &self.destination, IpProtocol::Tcp, bytes)
    }

    /// Puts the sum of the pseudo header in place of the checksum, which is completed later.
    pub fn prepare_checksum(&self, frame: &mut [u8]) {
        // An IP packet has 65 535 bytes behind its header at most.
        let length = (self.end - self.start) as u32;
        let (source, destination) = (&self.source, &self.destination);
        let protocol = match self.is_datagram() {
            true => IpProtocol::Udp,
            false => IpProtocol::Tcp,
        };
        let sum = checksum::pseudo_header(source, destination, protocol, length);
        put_half(frame, self.start + self.checksum_offset(), sum);
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
