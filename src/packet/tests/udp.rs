use super::*;
use crate::packet::{Packet, udp as parser};

#[test]
fn the_destination_port_is_found() {
    for packet in [ipv4(UDP, &[1; 8], &udp(b"text")), ipv6(UDP, &udp(b"text"))] {
        assert_eq!(
            Packet::parse(&packet).unwrap().udp_destination(),
            Some(12000)
        );
    }
}

#[test]
fn only_a_packet_of_udp_with_a_whole_header_has_a_destination_port() {
    for packet in [ipv4(TCP, &[], &udp(b"text")), ipv6(TCP, &udp(b"text"))] {
        assert_eq!(Packet::parse(&packet).unwrap().udp_destination(), None);
    }
    let mut fragment = ipv4(UDP, &[], &udp(b"text"));
    fragment[6] = 0x20;
    let port = |fragment: &[u8]| Packet::parse(fragment).unwrap().udp_destination();
    assert_eq!(port(&fragment), None, "it is not whole");
    fragment[7] = 1;
    assert_eq!(port(&fragment), None);
    for length in 0..8 {
        let packet = ipv4(UDP, &[], &udp(b"text")[..length]);
        assert_eq!(Packet::parse(&packet).unwrap().udp_destination(), None);
    }
}

#[test]
fn the_length_of_the_payload_is_the_one_in_the_header() {
    let bytes = udp(b"text");
    assert_eq!(parser::payload_len(&bytes), Some(4));
    assert_eq!(parser::payload_len(&join(&[&bytes, b"padding"])), Some(4));
    assert_eq!(parser::payload_len(&udp(b"")), Some(0));
    for length in 0..bytes.len() {
        assert_eq!(parser::payload_len(&bytes[..length]), None);
    }
}

#[test]
fn a_length_below_8_or_beyond_the_datagram_is_refused() {
    for length in 0..=u16::MAX {
        let mut bytes = udp(b"text");
        bytes[4..6].copy_from_slice(&length.to_be_bytes());
        let expected = (8..=12).contains(&length).then(|| usize::from(length) - 8);
        assert_eq!(parser::payload_len(&bytes), expected, "{length}");
    }
}

#[cfg(all(feature = "tuntap", target_os = "linux"))]
#[test]
fn the_fields_that_are_written_are_where_smoltcp_has_them() {
    let mut bytes = [0; 8];
    let mut header = smoltcp::wire::UdpPacket::new_unchecked(&mut bytes[..]);
    header.set_len(0x1122);
    header.set_checksum(0x3344);
    assert_eq!(bytes[parser::LENGTH..][..2], [0x11, 0x22]);
    assert_eq!(bytes[parser::CHECKSUM..][..2], [0x33, 0x44]);
}

/// RFC 8200, 4.3: in units of 8 bytes, without the first.
fn behind_hop_by_hop(next: u8, units: u8, rest: &[u8]) -> Vec<u8> {
    let mut header = std::vec![0; 8 * (1 + usize::from(units))];
    header[..2].copy_from_slice(&[next, units]);
    ipv6(0, &join(&[&header, rest]))
}

#[test]
fn a_datagram_is_found_behind_a_hop_by_hop_header() {
    for units in [0, 1, 9] {
        let packet = behind_hop_by_hop(UDP, units, &udp(b"text"));
        let packet = Packet::parse(&packet).unwrap();
        assert_eq!(packet.udp_destination(), Some(12000));
        assert!(packet.has_udp_payload() && !packet.is_icmp());
    }
    let cut = behind_hop_by_hop(UDP, 0, &[]);
    let mut beyond = behind_hop_by_hop(UDP, 0, &udp(b"text"));
    beyond[41] = 200;
    for packet in [cut, beyond] {
        let packet = Packet::parse(&packet).unwrap();
        assert_eq!(packet.udp_destination(), None);
        assert!(!packet.lacks_checksum() && !packet.has_udp_payload());
    }
}

#[test]
fn only_a_datagram_over_ipv6_lacks_a_checksum_that_is_zero() {
    for bit in 0..=16 {
        let mut datagram = udp(b"text");
        let sum = if bit == 16 { 0 } else { 1_u16 << bit };
        datagram[6..8].copy_from_slice(&sum.to_be_bytes());
        let packets = [
            (ipv4(UDP, &[], &datagram), false),
            (ipv6(UDP, &datagram), sum == 0),
            (behind_hop_by_hop(UDP, 1, &datagram), sum == 0),
            (ipv6(TCP, &datagram), false),
        ];
        for (packet, expected) in packets {
            assert_eq!(Packet::parse(&packet).unwrap().lacks_checksum(), expected);
        }
    }
}

#[test]
fn each_version_has_errors_of_its_own() {
    for kind in 0..=255 {
        let is_error = |bytes: Vec<u8>| Packet::parse(&bytes).unwrap().is_icmp_error();
        assert_eq!(
            is_error(ipv4(1, &[], &[kind, 0])),
            [3, 4, 5, 11, 12].contains(&kind)
        );
        assert_eq!(is_error(ipv6(58, &[kind, 0])), kind < 128);
        assert!(!is_error(ipv4(58, &[], &[kind, 0])) && !is_error(ipv6(1, &[kind, 0])));
    }
}
