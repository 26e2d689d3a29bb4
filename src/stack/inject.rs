//! Segments that no socket has made.

use smoltcp::wire::{IpAddress, IpEndpoint, IpProtocol, TcpSeqNumber, checksum};

use crate::packet::ip::{IPV4_HEADER, ipv4};
use crate::packet::{LONGEST_PACKET_HEADERS, TCP_HEADER, put_half, tcp};

const TIME_TO_LIVE: u8 = 64;
const IPV6_HEADER: usize = 40;

/// A packet with a TCP segment: its headers, and one byte of payload at most.
pub(super) struct Synthetic {
    bytes: [u8; LONGEST_PACKET_HEADERS + 1],
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

    /// A packet with this segment.
    #[inline(never)] // The room for it is needed for as long as it is given only.
    pub(super) fn new(header: &Header) -> Self {
        let mut bytes = [0; LONGEST_PACKET_HEADERS + 1];
        let mut put = |at: usize, field: &[u8]| bytes[at..][..field.len()].copy_from_slice(field);
        let (source, destination) = (header.source.addr, header.destination.addr);
        let tcp_at = match source {
            IpAddress::Ipv4(_) => IPV4_HEADER,
            #[allow(unreachable_patterns)] // without IPv6 there is no other version
            _ => IPV6_HEADER,
        };
        let options = if header.maximum_segment_size.is_some() {
            4
        } else {
            0
        };
        let payload = TCP_HEADER + options;
        put(tcp_at, &header.source.port.to_be_bytes());
        put(tcp_at + 2, &header.destination.port.to_be_bytes());
        put(tcp_at + 4, &header.sequence.0.to_be_bytes());
        put(tcp_at + 8, &header.acknowledgement.0.to_be_bytes());
        put(tcp_at + 12, &[(payload << 2) as u8, header.flags]);
        put(tcp_at + 14, &header.window.to_be_bytes());
        if let Some(size) = header.maximum_segment_size {
            let [high, low] = size.to_be_bytes();
            put(
                tcp_at + TCP_HEADER,
                &[tcp::MAXIMUM_SEGMENT_SIZE, 4, high, low],
            );
        }
        put(tcp_at + payload, header.payload.as_slice());

        let length = payload + usize::from(header.payload.is_some());
        let segment = &mut bytes[tcp_at..tcp_at + length];
        let sums = [
            checksum::pseudo_header(&source, &destination, IpProtocol::Tcp, length as u32),
            checksum::data(segment),
        ];
        let sum = !checksum::combine(&sums);
        put_half(segment, tcp::CHECKSUM, sum);
        put_ip(&mut bytes, source, destination, length as u16);
        Self {
            bytes,
            length: tcp_at + length,
        }
    }
}

/// Writes the IP header of a segment of this length.
fn put_ip(bytes: &mut [u8], source: IpAddress, destination: IpAddress, length: u16) {
    match (source, destination) {
        (IpAddress::Ipv4(source), IpAddress::Ipv4(destination)) => {
            let header = &mut bytes[..IPV4_HEADER];
            let [high, low] = (IPV4_HEADER as u16 + length).to_be_bytes();
            header[..10].copy_from_slice(&[0x45, 0, high, low, 0, 0, 0x40, 0, TIME_TO_LIVE, 6]);
            header[12..16].copy_from_slice(&source.octets());
            header[16..].copy_from_slice(&destination.octets());
            let sum = !checksum::data(header);
            put_half(header, ipv4::CHECKSUM, sum);
        }
        #[cfg(feature = "ipv6")]
        (IpAddress::Ipv6(source), IpAddress::Ipv6(destination)) => {
            let [high, low] = length.to_be_bytes();
            bytes[..8].copy_from_slice(&[0x60, 0, 0, 0, high, low, 6, TIME_TO_LIVE]);
            bytes[8..24].copy_from_slice(&source.octets());
            bytes[24..40].copy_from_slice(&destination.octets());
        }
        #[allow(unreachable_patterns)] // without IPv6 there is no other version
        _ => {}
    }
}

#[cfg(all(test, feature = "ipv6"))]
mod tests;
