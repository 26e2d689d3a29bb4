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
fn only_a_whole_packet_of_udp_has_a_destination_port() {
    for packet in [ipv4(TCP, &[], &udp(b"text")), ipv6(TCP, &udp(b"text"))] {
        assert_eq!(Packet::parse(&packet).unwrap().udp_destination(), None);
    }
    let mut fragment = ipv4(UDP, &[], &udp(b"text"));
    fragment[6] = 0x20;
    assert_eq!(Packet::parse(&fragment).unwrap().udp_destination(), None);
    for length in 0..4 {
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
