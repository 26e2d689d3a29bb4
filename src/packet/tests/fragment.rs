use super::*;
use crate::packet::fragment::Fragment;
use crate::packet::ip::is_sum_right;
use crate::packet::{Packet, fill_checksum};

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

/// RFC 791, 3.2 and RFC 8200, 4.5: what is written is what is read, and every part but the last is as
/// long as the MTU lets it be.
#[test]
fn the_parts_of_a_packet_make_it_again() {
    let payload: Vec<u8> = (0..3001_u16).map(|at| at as u8).collect();
    for (bytes, header_len) in [
        (ipv4(UDP, &[1; 8], &payload), 28),
        (ipv6(UDP, &payload), 48),
    ] {
        let whole = Packet::parse(&bytes).unwrap();
        for mtu in [header_len + 8, 576, 1280, 1500, 3000] {
            let (mut offset, mut again) = (0, Vec::new());
            loop {
                let part = whole.cut(offset, mtu, 0x8182_8384);
                let mut written = std::vec![0xff; whole.fragment_header_len() + part.data.len()];
                whole.put_fragment(&part, &mut written);
                let read = Packet::parse(&written).unwrap();
                assert!(read.is_fragment && read.has_intact_header());
                assert_eq!(
                    (read.source, read.destination),
                    (whole.source, whole.destination)
                );
                let expected = match whole.source {
                    IpAddress::Ipv4(_) => Fragment {
                        identification: 0x8384,
                        ..part
                    },
                    _ => part,
                };
                assert_eq!(read.fragment(), Some(expected), "MTU {mtu}");
                assert!(written.len() <= mtu && (!part.more || written.len() + 8 > mtu));
                again.extend_from_slice(part.data);
                offset += part.data.len();
                if !part.more {
                    break;
                }
            }
            assert_eq!(again, payload, "MTU {mtu}");
        }
    }
}

/// RFC 768; RFC 8200, 8.1; RFC 792; RFC 4443, 2.3.
#[test]
fn the_checksum_that_is_filled_in_is_right() {
    let icmp = |kind: u8| join(&[&[kind, 0, 0xff, 0xff, 1, 2, 3, 4], b"data"]);
    for (mut bytes, at) in [
        (ipv4(UDP, &[], &udp(b"text")), 6),
        (ipv6(UDP, &udp(b"text")), 6),
        (ipv4(1, &[], &icmp(0)), 2),
        (ipv6(58, &icmp(129)), 2),
    ] {
        let start = Packet::parse(&bytes).unwrap().header_len;
        bytes[start + at..start + at + 2].fill(0xff);
        fill_checksum(&mut bytes);
        let packet = Packet::parse(&bytes).unwrap();
        let payload = packet.payload();
        let is_right = match packet.protocol {
            IpProtocol::Icmp => checksum::data(payload) == !0,
            protocol => is_sum_right(&packet.source, &packet.destination, protocol, payload),
        };
        assert!(is_right, "{:?}", packet.protocol);
    }
}
