//! Segments that no socket has made.

use smoltcp::wire::{EthernetAddress, IpAddress, IpEndpoint, IpProtocol, TcpSeqNumber, checksum};

use crate::packet::ip::{IPV4_HEADER, ipv4};
use crate::packet::{LONGEST_HEADERS, TCP_HEADER, put_half, tcp};

const TIME_TO_LIVE: u8 = 64;

/// A frame with a TCP segment: its headers, and one byte of payload at most.
pub(super) struct Synthetic {
    bytes: [u8; LONGEST_HEADERS + 1],
    length: usize,
}

/// The header of a [`Synthetic`] segment.
#[derive(Clone, Copy)]
pub(super) struct Header {
    pub(super) source: IpEndpoint,
    pub(super) destination: IpEndpoint,
    pub(super) sequence: TcpSeqNumber,
    pub(super) acknowledgement: TcpSeqNumber,
    pub(super) flags: u8,
    pub(super) window: u16,
    pub(super) maximum_segment_size: Option<u16>,
    pub(super) payload: Option<u8>,
}

impl Synthetic {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// A frame with this segment; on Ethernet between these hardware addresses.
    pub(super) fn new(
        hardware: Option<(EthernetAddress, EthernetAddress)>,
        header: &Header,
    ) -> Self {
        let mut frame = Self {
            bytes: [0; LONGEST_HEADERS + 1],
            length: 0,
        };
        let (source, destination) = (header.source.addr, header.destination.addr);
        if let Some((from, to)) = hardware {
            frame.push(&to.0);
            frame.push(&from.0);
            frame.push(match source {
                IpAddress::Ipv4(_) => &[0x08, 0x00],
                #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
                _ => &[0x86, 0xdd],
            });
        }
        let options = if header.maximum_segment_size.is_some() {
            4
        } else {
            0
        };
        let length = TCP_HEADER + options + usize::from(header.payload.is_some());
        frame.push_ip(source, destination, length as u16);

        let start = frame.length;
        frame.push(&header.source.port.to_be_bytes());
        frame.push(&header.destination.port.to_be_bytes());
        frame.push(&header.sequence.0.to_be_bytes());
        frame.push(&header.acknowledgement.0.to_be_bytes());
        frame.push(&[((TCP_HEADER + options) << 2) as u8, header.flags]);
        frame.push(&header.window.to_be_bytes());
        frame.push(&[0; 4]); // the checksum, which follows, and no urgent pointer
        if let Some(size) = header.maximum_segment_size {
            let [high, low] = size.to_be_bytes();
            frame.push(&[tcp::MAXIMUM_SEGMENT_SIZE, 4, high, low]);
        }
        frame.push(header.payload.as_slice());
        let sums = [
            checksum::pseudo_header(&source, &destination, IpProtocol::Tcp, length as u32),
            checksum::data(&frame.bytes[start..frame.length]),
        ];
        let sum = !checksum::combine(&sums);
        put_half(&mut frame.bytes, start + tcp::CHECKSUM, sum);
        frame
    }

    fn push_ip(&mut self, source: IpAddress, destination: IpAddress, length: u16) {
        let start = self.length;
        match (source, destination) {
            (IpAddress::Ipv4(source), IpAddress::Ipv4(destination)) => {
                let [high, low] = (IPV4_HEADER as u16 + length).to_be_bytes();
                self.push(&[0x45, 0, high, low, 0, 0, 0x40, 0, TIME_TO_LIVE, 6, 0, 0]);
                self.push(&source.octets());
                self.push(&destination.octets());
                let sum = !checksum::data(&self.bytes[start..self.length]);
                put_half(&mut self.bytes, start + ipv4::CHECKSUM, sum);
            }
            #[cfg(feature = "ipv6")]
            (IpAddress::Ipv6(source), IpAddress::Ipv6(destination)) => {
                let [high, low] = length.to_be_bytes();
                self.push(&[0x60, 0, 0, 0, high, low, 6, TIME_TO_LIVE]);
                self.push(&source.octets());
                self.push(&destination.octets());
            }
            #[allow(unreachable_patterns)] // without IPv6 there is no other version
            _ => {}
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        // There is room: the longest headers are those with 40 bytes of options.
        if let Some(room) = self.bytes[self.length..].get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
            self.length += bytes.len();
        }
    }
}

#[cfg(all(test, feature = "ipv6"))]
mod tests;
