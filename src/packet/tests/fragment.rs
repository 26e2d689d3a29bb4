use super::*;
use crate::packet::Packet;
use crate::packet::fragment::Fragment;

const FRAGMENT: u8 = 44;

/// A fragment header, with a value in the bits that are reserved.
fn header(next: u8, field: u16) -> Vec<u8> {
    join(&[
        &[next, 0xff],
        &(field | 0b110).to_be_bytes(),
        &[0x81, 0x82, 0x83, 0x84],
    ])
}

#[test]
fn each_field_of_an_ipv4_fragment_is_found() {
    for (field, offset, more) in [
        (0x2000, 0, true),
        (0x0001, 8, false),
        (0x3fff, 65_528, true),
        (0xd000, 0x8000, false),
    ] {
        let mut bytes = ipv4(UDP, &[1; 8], b"part");
        bytes[6..8].copy_from_slice(&u16::to_be_bytes(field));
        let packet = Packet::parse(&bytes).unwrap();
        assert!(packet.is_fragment);
        let expected = Fragment {
            identification: 0x1234,
            offset,
            more,
            protocol: IpProtocol::Udp,
            data: b"part",
        };
        assert_eq!(packet.fragment(), Some(expected));
        assert!(!expected.is_whole());
    }
}

#[test]
fn each_field_of_an_ipv6_fragment_is_found() {
    for (field, offset, more) in [
        (0x0001, 0, true),
        (0x0008, 8, false),
        (0xfff9, 65_528, true),
        (0x8000, 0x8000, false),
        (0x0000, 0, false),
    ] {
        let bytes = ipv6(FRAGMENT, &join(&[&header(UDP, field), b"part"]));
        let packet = Packet::parse(&bytes).unwrap();
        assert!(packet.is_fragment);
        let expected = Fragment {
            identification: 0x8182_8384,
            offset,
            more,
            protocol: IpProtocol::Udp,
            data: b"part",
        };
        assert_eq!(packet.fragment(), Some(expected));
        assert_eq!(expected.is_whole(), field == 0);
    }
}

#[test]
fn an_ipv6_fragment_header_that_is_cut_is_no_fragment() {
    let header = header(UDP, 1);
    for length in 0..8 {
        let bytes = ipv6(FRAGMENT, &header[..length]);
        let packet = Packet::parse(&bytes).unwrap();
        assert!(packet.is_fragment);
        assert_eq!(packet.fragment(), None, "{length}");
    }
    let bytes = ipv6(FRAGMENT, &header);
    let fragment = Packet::parse(&bytes).unwrap().fragment();
    assert_eq!(fragment.unwrap().data, b"");
}

#[test]
fn an_ipv4_packet_with_the_number_of_that_header_is_whole() {
    let bytes = ipv4(FRAGMENT, &[], &header(UDP, 1));
    assert!(!Packet::parse(&bytes).unwrap().is_fragment);
}
