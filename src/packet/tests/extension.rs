use super::*;
use crate::packet::{Carried, Packet};

const HOP_BY_HOP: u8 = 0;
const ROUTE: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION: u8 = 60;

/// What is carried in an IPv6 packet, which begins with this header.
fn carried(first: u8, payload: &[u8]) -> Option<(IpProtocol, Vec<u8>)> {
    let bytes = ipv6(first, payload);
    match Packet::parse(&bytes).unwrap().carried()? {
        Carried::Whole(protocol, bytes) => Some((protocol, bytes.to_vec())),
        Carried::Fragment => Some((IpProtocol::Ipv6Frag, Vec::new())),
    }
}

fn whole(protocol: u8, bytes: &[u8]) -> Option<(IpProtocol, Vec<u8>)> {
    Some((protocol.into(), bytes.to_vec()))
}

fn in_part() -> Option<(IpProtocol, Vec<u8>)> {
    Some((IpProtocol::Ipv6Frag, Vec::new()))
}

/// An extension header with `units` times 8 bytes more than the least.
fn extension(next: u8, units: u8) -> Vec<u8> {
    join(&[&[next, units], &std::vec![0xee; 6 + 8 * usize::from(units)]])
}

fn fragment(next: u8, field: u16) -> Vec<u8> {
    join(&[&[next, 0], &field.to_be_bytes(), &[1, 2, 3, 4]])
}

#[test]
fn segments_and_datagrams_are_found_behind_nothing() {
    for protocol in [TCP, UDP] {
        assert_eq!(carried(protocol, b"text"), whole(protocol, b"text"));
        let bytes = ipv4(protocol, &[1; 8], b"text");
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!(
            packet.carried(),
            Some(Carried::Whole(protocol.into(), b"text"))
        );
    }
}

#[test]
fn segments_and_datagrams_are_found_behind_extension_headers() {
    for protocol in [TCP, UDP] {
        for first in [HOP_BY_HOP, ROUTE, DESTINATION] {
            for units in [0, 1, 3, 255] {
                let payload = join(&[&extension(protocol, units), b"text"]);
                assert_eq!(carried(first, &payload), whole(protocol, b"text"));
            }
        }
        let payload = join(&[
            &extension(ROUTE, 2),
            &extension(DESTINATION, 0),
            &fragment(protocol, 0b110),
            b"text",
        ]);
        assert_eq!(carried(HOP_BY_HOP, &payload), whole(protocol, b"text"));
        for length in 0..payload.len() - 4 {
            assert_eq!(carried(HOP_BY_HOP, &payload[..length]), None, "{length}");
        }
    }
}

#[test]
fn a_fragment_may_be_of_a_segment() {
    for field in [0x0001, 0x0008, 0x8000, 0xfff9] {
        for (next, may_be) in [
            (TCP, true),
            (HOP_BY_HOP, true),
            (ROUTE, true),
            (DESTINATION, true),
            (FRAGMENT, true),
            (UDP, false),
            (58, false),
            (AUTHENTICATION, false),
        ] {
            let payload = join(&[&fragment(next, field), b"text"]);
            let expected = may_be.then(in_part).flatten();
            assert_eq!(carried(FRAGMENT, &payload), expected);
            let payload = join(&[&extension(FRAGMENT, 1), &payload]);
            assert_eq!(carried(DESTINATION, &payload), expected);
        }
    }
    for (protocol, expected) in [(TCP, Some(Carried::Fragment)), (UDP, None)] {
        let mut bytes = ipv4(protocol, &[], b"text");
        bytes[7] = 1;
        assert_eq!(Packet::parse(&bytes).unwrap().carried(), expected);
    }
}

#[test]
fn another_protocol_carries_neither() {
    for protocol in [1, 58, AUTHENTICATION, 59] {
        assert_eq!(carried(protocol, &[TCP, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(carried(ROUTE, &extension(protocol, 0)), None);
    }
    // IPv4 has no extension headers.
    for first in [HOP_BY_HOP, ROUTE, FRAGMENT, DESTINATION] {
        let bytes = ipv4(first, &[], &extension(TCP, 0));
        assert_eq!(Packet::parse(&bytes).unwrap().carried(), None);
    }
}
