//! Segments that no socket has made.

use smoltcp::wire::{IpAddress, IpEndpoint, IpProtocol, TcpSeqNumber};

use crate::packet::ip::{IPV4_HEADER, IPV6_HEADER, put_ip_header, upper_layer_checksum};
use crate::packet::{LONGEST_PACKET_HEADERS, Segment, TCP_HEADER, put_half, tcp};

const TIME_TO_LIVE: u8 = 64;

/// A packet with a TCP segment: its headers, and one byte of payload at most.
pub(super) struct Synthetic {
    bytes: [u8; LONGEST_PACKET_HEADERS + 1],
    length: usize,
}

/// The header of a [`Synthetic`] segment, without its ports.
#[derive(Clone, Copy)]
pub(super) struct Header {
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

    /// A packet with this segment, of the same connection and direction as another one.
    pub(super) fn like(segment: &Segment, header: &Header) -> Self {
        Self::new(&segment.source, &segment.destination, header)
    }

    /// A packet with this segment.
    #[inline(never)] // The room for it is needed for as long as it is given only.
    pub(super) fn new(from: &IpEndpoint, to: &IpEndpoint, header: &Header) -> Self {
        let mut bytes = [0; LONGEST_PACKET_HEADERS + 1];
        let mut put = |at: usize, field: &[u8]| bytes[at..][..field.len()].copy_from_slice(field);
        let (source, destination) = (from.addr, to.addr);
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
        put(tcp_at, &from.port.to_be_bytes());
        put(tcp_at + 2, &to.port.to_be_bytes());
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
        let protocol = IpProtocol::Tcp;
        let sum = upper_layer_checksum(&source, &destination, protocol, segment);
        put_half(segment, tcp::CHECKSUM, sum);
        let (header, ends) = (&mut bytes[..tcp_at], (source, destination));
        put_ip_header(header, ends, protocol, TIME_TO_LIVE, length as u16);
        Self {
            bytes,
            length: tcp_at + length,
        }
    }
}

#[cfg(all(test, feature = "ipv6"))]
mod tests;
