use smoltcp::wire::{IpEndpoint, TcpSeqNumber};

use super::*;
use crate::packet::Quote;

/// The first 8 bytes of a segment or datagram are all that need be there.
const PORTS: [u8; 8] = [0xab, 0xcd, 0x2e, 0xe0, 1, 2, 3, 4];

#[test]
fn the_endpoints_are_found_in_8_bytes_behind_the_header() {
    for protocol in [TCP, UDP] {
        for (bytes, source, destination) in [
            (ipv4(protocol, &[], &PORTS), SOURCE_4, DESTINATION_4),
            (ipv4(protocol, &[1; 40], &PORTS), SOURCE_4, DESTINATION_4),
            (ipv6(protocol, &PORTS), SOURCE_6, DESTINATION_6),
        ] {
            let quote = Quote {
                protocol: protocol.into(),
                source: IpEndpoint::new(source, 0xabcd),
                destination: IpEndpoint::new(destination, 12000),
                sequence: TcpSeqNumber(0x0102_0304),
            };
            assert_eq!(Quote::parse(&bytes), Some(quote));
            for length in 0..bytes.len() {
                assert_eq!(Quote::parse(&bytes[..length]), None, "{length}");
            }
        }
    }
}

/// The lengths in the header are those of a packet of which the quote is the beginning.
#[test]
fn the_packet_may_have_been_longer() {
    for length in [0, 20, 28, 1500, 65_535_u16] {
        let mut v4 = ipv4(UDP, &[], &PORTS);
        v4[2..4].copy_from_slice(&length.to_be_bytes());
        assert!(Quote::parse(&v4).is_some());
        let mut v6 = ipv6(UDP, &PORTS);
        v6[4..6].copy_from_slice(&length.to_be_bytes());
        assert!(Quote::parse(&v6).is_some());
    }
}

#[test]
fn only_tcp_and_udp_have_ports() {
    for protocol in (0..=u8::MAX).filter(|protocol| ![TCP, UDP].contains(protocol)) {
        assert_eq!(Quote::parse(&ipv4(protocol, &[], &PORTS)), None);
        assert_eq!(Quote::parse(&ipv6(protocol, &PORTS)), None);
    }
}

#[test]
fn only_the_first_fragment_has_ports() {
    for bit in 0..16 {
        let mut bytes = ipv4(UDP, &[], &PORTS);
        bytes[6..8].copy_from_slice(&(1_u16 << bit).to_be_bytes());
        assert_eq!(Quote::parse(&bytes).is_some(), bit >= 13, "{bit}");
    }
}

#[test]
fn a_header_that_cannot_be_is_refused() {
    for first in 0..=u8::MAX {
        let mut bytes = ipv4(UDP, &[], &[0; 80]);
        bytes[0] = first;
        let is_possible = (0x45..=0x4f).contains(&first) || first >> 4 == 6;
        assert_eq!(
            Quote::parse(&bytes).is_some(),
            is_possible && first >> 4 == 4,
            "{first:#x}"
        );
    }
}
