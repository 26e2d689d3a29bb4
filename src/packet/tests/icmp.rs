use super::*;
use crate::packet::{Packet, Quote, Reason, Unreachable};

const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// A message of ICMP in its packet.
fn icmpv4(kind: u8, code: u8, body: &[u8]) -> Vec<u8> {
    // What a link of 1300 bytes says.
    let mut message = join(&[&[kind, code, 0, 0, 0, 0, 5, 0x14], body]);
    let sum = !checksum::data(&message);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    ipv4(ICMP, &[1; 4], &message)
}

/// A message of ICMPv6 in its packet.
fn icmpv6(kind: u8, code: u8, body: &[u8]) -> Vec<u8> {
    let mut message = join(&[&[kind, code, 0, 0, 0, 0, 0, 0], body]);
    put_sum(&mut message, 2, SOURCE_6, DESTINATION_6, IpProtocol::Icmpv6);
    ipv6(ICMPV6, &message)
}

fn read(bytes: &[u8]) -> Option<Unreachable> {
    Packet::parse(bytes).unwrap().unreachable()
}

/// What errors quote, in each version.
fn quoted() -> (Vec<u8>, Vec<u8>) {
    (
        ipv4(UDP, &[1; 4], &udp(b"")),
        ipv6(TCP, &[0xab, 0xcd, 0x2e, 0xe0, 0, 0, 0, 0]),
    )
}

#[test]
fn an_error_says_why_and_quotes_the_packet() {
    let (v4, v6) = quoted();
    for code in 0..=u8::MAX {
        let reason = match code {
            2 | 3 => Reason::Port,
            4 => Reason::Length(1300),
            _ => Reason::Host,
        };
        let quote = Quote::parse(&v4).unwrap();
        let expected = Unreachable { reason, quote };
        assert_eq!(read(&icmpv4(3, code, &v4)), Some(expected));

        let reason = if code == 4 {
            Reason::Port
        } else {
            Reason::Host
        };
        let quote = Quote::parse(&v6).unwrap();
        let expected = Unreachable { reason, quote };
        assert_eq!(read(&icmpv6(1, code, &v6)), Some(expected));
    }
}

#[test]
fn an_error_that_quotes_too_little_is_none() {
    let (v4, v6) = quoted();
    for length in 0..v4.len() {
        assert_eq!(read(&icmpv4(3, 3, &v4[..length])), None);
    }
    for length in 0..v6.len() {
        assert_eq!(read(&icmpv6(1, 4, &v6[..length])), None);
    }
}

#[test]
fn a_message_that_is_shorter_than_its_header_is_none() {
    for length in 0..8 {
        for kind in [1, 3] {
            let message = [kind; 8];
            assert_eq!(read(&ipv4(ICMP, &[], &message[..length])), None);
            assert_eq!(read(&ipv6(ICMPV6, &message[..length])), None);
        }
    }
}

#[test]
fn each_bit_of_a_message_is_covered_by_its_checksum() {
    let (v4, v6) = quoted();
    for (bytes, start) in [(icmpv4(3, 3, &v4), 24), (icmpv6(1, 4, &v6), 40)] {
        assert!(read(&bytes).is_some());
        for bit in 8 * start..8 * bytes.len() {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read(&bytes), None, "{bit}");
        }
    }
    // The pseudo header of ICMPv6, too.
    let mut bytes = icmpv6(1, 4, &v6);
    bytes[8] ^= 1;
    assert_eq!(read(&bytes), None);
}

#[test]
fn other_messages_are_none() {
    let (v4, v6) = quoted();
    for kind in 0..=u8::MAX {
        if kind != 3 {
            assert_eq!(read(&icmpv4(kind, 3, &v4)), None, "{kind}");
        }
        if kind != 1 {
            assert_eq!(read(&icmpv6(kind, 4, &v6)), None, "{kind}");
        }
    }
}

#[test]
fn each_version_has_its_own_icmp_in_whole_packets() {
    let (v4, v6) = quoted();
    let mut bytes = icmpv4(3, 3, &v4);
    bytes[9] = TCP;
    assert_eq!(read(&bytes), None);
    let mut bytes = icmpv6(1, 4, &v6);
    bytes[6] = TCP;
    assert_eq!(read(&bytes), None);
    let mut fragment = icmpv4(3, 3, &v4);
    fragment[6] = 0x20;
    assert_eq!(read(&fragment), None);
}
