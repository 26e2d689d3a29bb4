use smoltcp::phy::{Checksum, ChecksumCapabilities};

use super::*;
use crate::packet::Packet;
use crate::packet::ip::set_packet_len;

#[test]
fn each_field_of_an_ipv4_header_is_found() {
    for options in [&[][..], &[1, 1, 1, 0], &[1; 40]] {
        let bytes = ipv4(89, options, b"payload");
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!(packet.bytes, bytes);
        assert_eq!(packet.header_len, 20 + options.len());
        assert_eq!(
            (packet.source, packet.destination),
            (SOURCE_4, DESTINATION_4)
        );
        assert_eq!(packet.protocol, IpProtocol::Unknown(89));
        assert!(!packet.is_fragment);
        assert_eq!(packet.payload(), b"payload");
        assert!(packet.has_intact_header());
    }
}

#[test]
fn each_field_of_an_ipv6_header_is_found() {
    let bytes = ipv6(89, b"payload");
    let packet = Packet::parse(&bytes).unwrap();
    assert_eq!(packet.bytes, bytes);
    assert_eq!(packet.header_len, 40);
    assert_eq!(
        (packet.source, packet.destination),
        (SOURCE_6, DESTINATION_6)
    );
    assert_eq!(packet.protocol, IpProtocol::Unknown(89));
    assert!(!packet.is_fragment);
    assert_eq!(packet.payload(), b"payload");
    assert!(packet.has_intact_header());
}

#[test]
fn a_packet_without_payload_is_a_packet() {
    for bytes in [
        ipv4(TCP, &[], &[]),
        ipv4(UDP, &[1; 40], &[]),
        ipv6(TCP, &[]),
    ] {
        assert_eq!(Packet::parse(&bytes).unwrap().payload(), b"");
    }
}

#[test]
fn a_packet_that_is_cut_anywhere_is_none() {
    for bytes in [
        ipv4(TCP, &[], b"x"),
        ipv4(UDP, &[1; 40], b"xyz"),
        ipv6(TCP, b"xy"),
    ] {
        for length in 0..bytes.len() {
            assert!(Packet::parse(&bytes[..length]).is_none(), "{length}");
        }
    }
}

#[test]
fn only_versions_4_and_6_are_packets() {
    for version in 0..16 {
        for mut bytes in [ipv4(TCP, &[], &[0; 40]), ipv6(TCP, &[0; 40])] {
            let right = bytes[0] >> 4;
            bytes[0] = version << 4 | bytes[0] & 0xf;
            if version != 4 && version != 6 {
                assert!(Packet::parse(&bytes).is_none(), "{right} {version}");
            }
        }
    }
}

#[test]
fn a_header_length_below_20_or_beyond_the_packet_is_refused() {
    for units in 0..16 {
        let mut bytes = ipv4(TCP, &[], &[0; 12]);
        bytes[0] = 0x40 | units;
        let is_possible = (5..=8).contains(&units);
        let header_len = Packet::parse(&bytes).map(|packet| packet.header_len);
        assert_eq!(header_len, is_possible.then_some(4 * usize::from(units)));
    }
}

#[test]
fn a_total_length_beyond_the_frame_is_refused_and_one_below_leaves_the_rest_out() {
    for total in 0..=u16::MAX {
        let mut bytes = ipv4(TCP, &[1; 4], &[0; 12]);
        bytes[2..4].copy_from_slice(&total.to_be_bytes());
        let length = Packet::parse(&bytes).map(|packet| packet.bytes.len());
        let is_possible = (24..=36).contains(&total);
        assert_eq!(length, is_possible.then_some(total.into()));

        let mut bytes = ipv6(TCP, &[0; 12]);
        bytes[4..6].copy_from_slice(&total.to_be_bytes());
        let length = Packet::parse(&bytes).map(|packet| packet.bytes.len());
        assert_eq!(length, (total <= 12).then_some(40 + usize::from(total)));
    }
}

#[test]
fn each_bit_of_an_ipv4_fragment_field_but_two_makes_a_fragment() {
    for bit in 0..16 {
        let mut bytes = ipv4(TCP, &[], &[0; 20]);
        bytes[6..8].copy_from_slice(&(1_u16 << bit).to_be_bytes());
        let packet = Packet::parse(&bytes).unwrap();
        // "Don't fragment", and one that is reserved.
        assert_eq!(packet.is_fragment, bit < 14, "{bit}");
    }
}

#[test]
fn a_segment_behind_a_hop_by_hop_header_is_hidden() {
    let segment = tcp(SOURCE_4, DESTINATION_4, &[], b"");
    let packet = ipv4(TCP, &[], &segment);
    assert!(!Packet::parse(&packet).unwrap().hides_segment());
    for (next, hidden) in [(TCP, true), (UDP, false)] {
        let bytes = ipv6(0, &[next, 0, 1, 4, 0, 0, 0, 0]);
        assert_eq!(Packet::parse(&bytes).unwrap().hides_segment(), hidden);
    }
    assert!(!Packet::parse(&ipv6(0, &[])).unwrap().hides_segment());
    assert!(!Packet::parse(&ipv6(60, &[TCP, 0])).unwrap().hides_segment());
}

#[test]
fn each_bit_of_an_ipv4_header_is_covered_by_its_checksum() {
    for options in [&[][..], &[1; 40]] {
        let bytes = ipv4(TCP, options, b"payload");
        // The version and the lengths decide where the header is.
        for bit in 32..8 * (20 + options.len()) {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(!Packet::parse(&bytes).unwrap().has_intact_header(), "{bit}");
        }
    }
}

#[test]
fn each_bit_of_a_segment_is_covered_by_its_checksum() {
    let both = checksums(Checksum::Both, Checksum::Both);
    for bytes in segments() {
        let header_len = Packet::parse(&bytes).unwrap().header_len;
        assert!(Packet::parse(&bytes).unwrap().is_intact(&both));
        for bit in 8 * header_len..8 * bytes.len() {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(!Packet::parse(&bytes).unwrap().is_intact(&both), "{bit}");
        }
    }
}

#[test]
fn a_checksum_that_the_device_verifies_is_not_verified() {
    let segment = ipv4(TCP, &[], &tcp(SOURCE_4, DESTINATION_4, &[], b"text"));
    let (mut text, mut header) = (segment.clone(), segment);
    *text.last_mut().unwrap() ^= 1;
    header[8] ^= 1;
    for (tcp, ipv4, text_is_intact, header_is_intact) in [
        (Checksum::Both, Checksum::Both, false, false),
        (Checksum::None, Checksum::Both, true, false),
        (Checksum::Both, Checksum::Tx, false, true),
        (Checksum::Tx, Checksum::None, true, true),
    ] {
        let checksums = checksums(tcp, ipv4);
        let is_intact = |bytes| Packet::parse(bytes).unwrap().is_intact(&checksums);
        assert_eq!(
            (is_intact(&text), is_intact(&header)),
            (text_is_intact, header_is_intact)
        );
    }
}

fn checksums(tcp: Checksum, ipv4: Checksum) -> ChecksumCapabilities {
    let mut checksums = ChecksumCapabilities::default();
    (checksums.tcp, checksums.ipv4) = (tcp, ipv4);
    checksums
}

#[test]
fn a_new_length_is_written_with_its_checksum() {
    for options in [&[][..], &[1; 40]] {
        let mut bytes = ipv4(TCP, options, b"payload");
        bytes.truncate(bytes.len() - 3);
        let length = bytes.len();
        set_packet_len(&mut bytes, length).unwrap();
        assert_eq!(bytes, ipv4(TCP, options, b"payl"));
    }
    let mut bytes = ipv6(TCP, b"payload");
    bytes.truncate(44);
    set_packet_len(&mut bytes, 44).unwrap();
    assert_eq!(bytes, ipv6(TCP, b"payl"));
}

/// A header by itself is enough, and the longest packets there are have a length.
#[test]
fn a_length_that_no_packet_has_is_not_written() {
    let (v4, v6) = (ipv4(TCP, &[1; 4], &[]), ipv6(TCP, &[]));
    for (header, length, is_written) in [
        (&v4[..], 23, false),
        (&v4[..], 24, true),
        (&v4[..], 65_535, true),
        (&v4[..], 65_536, false),
        (&v4[..23], 24, false),
        (&v4[..19], 24, false),
        (&v6[..], 39, false),
        (&v6[..], 40, true),
        (&v6[..], 40 + 65_535, true),
        (&v6[..], 40 + 65_536, false),
        (&v6[..39], 40, false),
        (&[][..], 40, false),
        (&[0x44; 24][..], 24, false),
    ] {
        let mut written = header.to_vec();
        let done = set_packet_len(&mut written, length).is_some();
        assert_eq!(done, is_written, "{length}");
        if !is_written {
            assert_eq!(written, header);
        }
    }
}
