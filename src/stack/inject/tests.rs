//! Synthetic segments, as the parser and smoltcp read them.

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{TcpControl, TcpPacket, TcpRepr};

use super::*;
use crate::packet::{Flags, Packet, options};

fn endpoints() -> [(IpEndpoint, IpEndpoint); 2] {
    [
        (
            (IpAddress::v4(10, 11, 12, 13), 0xabcd).into(),
            (IpAddress::v4(192, 168, 69, 1), 12000).into(),
        ),
        (
            (IpAddress::v6(0xfd00, 1, 2, 3, 4, 5, 6, 7), 0xabcd).into(),
            (IpAddress::v6(0xfe80, 0, 0, 0, 1, 2, 3, 4), 12000).into(),
        ),
    ]
}

/// Headers of both versions, with and without an option and a byte of payload.
fn headers() -> impl Iterator<Item = (IpEndpoint, IpEndpoint, Header)> {
    endpoints().into_iter().flat_map(|(source, destination)| {
        [None, Some(1460), Some(0xfffe)]
            .into_iter()
            .flat_map(move |size| {
                [None, Some(0), Some(b'x')]
                    .into_iter()
                    .map(move |payload| Header {
                        sequence: TcpSeqNumber(0x8182_8384_u32 as i32),
                        acknowledgement: TcpSeqNumber(0x7172_7374),
                        flags: Flags::ACK | Flags::SYN,
                        window: 0x6162,
                        maximum_segment_size: size,
                        payload,
                    })
                    .map(move |header| (source, destination, header))
            })
    })
}

#[test]
fn a_synthetic_segment_is_read_as_it_was_written() {
    for (source, destination, header) in headers() {
        let synthetic = Synthetic::new(&source, &destination, &header);
        let packet = Packet::parse(synthetic.as_bytes()).unwrap();
        // It has no padding, and is intact.
        assert_eq!(packet.bytes, synthetic.as_bytes());
        assert!(packet.is_intact(&ChecksumCapabilities::default()));
        assert!(!packet.is_fragment);

        let segment = packet.segment().unwrap();
        assert_eq!(segment.source, source);
        assert_eq!(segment.destination, destination);
        assert_eq!(segment.sequence, header.sequence);
        assert_eq!(segment.acknowledgement, header.acknowledgement);
        assert_eq!(segment.flags, Flags(header.flags));
        assert_eq!(segment.window, header.window);
        let payload = &packet.payload()[segment.header_len..];
        assert_eq!(payload, header.payload.as_slice());
        #[cfg(feature = "syn-cookies")]
        assert_eq!(
            options(&packet, &segment).maximum_segment_size(),
            header.maximum_segment_size
        );
        assert_eq!(
            options(&packet, &segment).count(),
            usize::from(header.maximum_segment_size.is_some())
        );
    }
}

#[test]
fn smoltcp_reads_the_same() {
    for (source, destination, header) in headers() {
        let synthetic = Synthetic::new(&source, &destination, &header);
        let packet = Packet::parse(synthetic.as_bytes()).unwrap();
        let segment = TcpPacket::new_checked(packet.payload()).unwrap();
        let (source, destination) = (&packet.source, &packet.destination);
        let checksums = ChecksumCapabilities::default();
        let read = TcpRepr::parse(&segment, source, destination, &checksums).unwrap();
        assert_eq!(read.control, TcpControl::Syn);
        assert_eq!(read.seq_number, header.sequence);
        assert_eq!(read.ack_number, Some(header.acknowledgement));
        assert_eq!(read.window_len, header.window);
        assert_eq!(read.max_seg_size, header.maximum_segment_size);
        assert_eq!(read.payload, header.payload.as_slice());
    }
}

#[test]
fn the_ip_header_is_one_that_smoltcp_takes() {
    for (source, destination, header) in headers() {
        let synthetic = Synthetic::new(&source, &destination, &header);
        let bytes = synthetic.as_bytes();
        match source.addr {
            IpAddress::Ipv4(_) => {
                let packet = smoltcp::wire::Ipv4Packet::new_checked(bytes).unwrap();
                assert!(packet.verify_checksum());
                assert_eq!((packet.hop_limit(), packet.dont_frag()), (64, true));
                assert_eq!(usize::from(packet.total_len()), bytes.len());
            }
            IpAddress::Ipv6(_) => {
                let packet = smoltcp::wire::Ipv6Packet::new_checked(bytes).unwrap();
                assert_eq!((packet.hop_limit(), packet.version()), (64, 6));
                assert_eq!(packet.total_len(), bytes.len());
            }
        }
    }
}
