//! No bytes make the parser panic, and what it finds lies within them.

use smoltcp::phy::{ChecksumCapabilities, Medium};

use super::*;
use crate::packet::ip::set_packet_len;
use crate::packet::{
    Arp, Content, Frame, Options, Packet, Quote, fill_checksum, options, udp as datagram,
};

/// Everything that the parser can be asked about a frame.
fn ask(medium: Medium, bytes: &[u8]) {
    let frame = Frame::parse(medium, bytes);
    let _ = frame.is_from_group();
    assert!(frame.header_len() <= bytes.len());
    match &frame.content {
        Content::Arp(message) => drop(Arp::parse(message)),
        Content::Ip(packet) => {
            assert!(frame.header_len() + packet.bytes.len() <= bytes.len());
            ask_packet(packet);
        }
        Content::Other => {}
    }
}

fn ask_packet(packet: &Packet<'_>) {
    let length = packet.bytes.len();
    assert_eq!(packet.header_len + packet.payload().len(), length);
    let _ = (
        packet.hides_segment(),
        packet.udp_destination(),
        packet.has_udp_payload(),
        packet.lacks_checksum(),
        packet.has_source_route(),
        packet.is_icmp_error(),
        packet.unreachable(),
        packet.neighbor_message(),
        packet.is_echo_request(),
    );
    let part = packet.cut(8, 576, 1);
    let mut bytes = std::vec![0; packet.fragment_header_len() + part.data.len()];
    packet.put_fragment(&part, &mut bytes);
    fill_checksum(&mut packet.bytes.to_vec());
    packet.is_intact(&ChecksumCapabilities::default());
    #[cfg(feature = "dhcp")]
    if packet.dhcp_reply(false).is_some() {
        assert!(packet.is_dhcp_reply() && packet.bytes.len() > 268);
    }
    #[cfg(feature = "slaac")]
    if let Some(advertisement) = packet.router_advertisement() {
        let count = advertisement.prefixes().count() + advertisement.name_servers().count();
        assert!(count * 16 <= length);
    }
    if let Some(fragment) = packet.fragment() {
        assert!(fragment.data.len() <= packet.payload().len());
    }
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    if let Some(crate::packet::Carried::Whole(_, bytes)) = packet.carried() {
        assert!(packet.bytes.ends_with(bytes));
    }
    if let Some(segment) = packet.segment() {
        assert_eq!(
            packet.header_len + segment.header_len + segment.payload_len,
            length
        );
        let count = options(packet, &segment).count();
        assert!(count <= 20, "each has two bytes at least, of 40");
        let _ = (segment.end(), options(packet, &segment).window_scale());
    }
}

/// Everything that takes bytes as they are.
fn ask_bytes(bytes: &[u8]) {
    let _ = (Packet::parse(bytes), Quote::parse(bytes), Arp::parse(bytes));
    assert!(datagram::payload_len(bytes).is_none_or(|length| length + 8 <= bytes.len()));
    assert!(Options::of(bytes, bytes.len()).count() <= bytes.len());
    for length in [0, bytes.len(), 65_535, 70_000, usize::MAX] {
        set_packet_len(&mut bytes.to_vec(), length);
    }
}

/// A frame of each kind.
fn frames() -> Vec<Vec<u8>> {
    let neighbor = join(&[
        &[135, 0, 0, 0, 0, 0, 0, 0],
        &octets(DESTINATION_6),
        &[1, 1, 2, 0, 0, 0, 0, 1],
    ]);
    let quoting = |kind, packet: &[u8]| join(&[&[kind, 3, 0, 0, 0, 0, 0, 0], packet]);
    let options = [2, 4, 5, 0xb4, 3, 3, 7, 0];
    let v4 = [
        (TCP, tcp(SOURCE_4, DESTINATION_4, &options, b"text")),
        (UDP, udp(b"text")),
        (1, quoting(3, &ipv4(UDP, &[], &udp(b"")))),
    ];
    let v6 = [
        (TCP, tcp(SOURCE_6, DESTINATION_6, &options, b"text")),
        (58, neighbor),
        (58, quoting(1, &ipv6(UDP, &udp(b"")))),
        (44, join(&[&[UDP, 0, 0, 1, 0, 0, 0, 1], &udp(b"text")])),
        (0, join(&[&[TCP, 0, 1, 4, 0, 0, 0, 0], &[0x50; 20]])),
    ];
    let v4 = v4
        .iter()
        .map(|(protocol, payload)| ethernet(0x0800, &ipv4(*protocol, &[1; 4], payload)));
    let v6 = v6
        .iter()
        .map(|(next, payload)| ethernet(0x86dd, &ipv6(*next, payload)));
    let arp = ethernet(0x0806, &[0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1]);
    #[allow(unused_mut)] // without DHCP
    let mut frames: Vec<_> = v4.chain(v6).chain([arp]).collect();
    #[cfg(feature = "dhcp")]
    {
        let reply = dhcp::reply(&dhcp::OPTIONS, &[255], &[]);
        frames.push(ethernet(0x0800, &ipv4(UDP, &[], &reply)));
    }
    frames
}

#[test]
fn each_byte_may_have_any_value() {
    for frame in frames() {
        for at in 0..frame.len() {
            for value in 0..=u8::MAX {
                let mut bytes = frame.clone();
                bytes[at] = value;
                ask(Medium::Ethernet, &bytes);
                ask(Medium::Ip, &bytes[14..]);
            }
        }
    }
}

#[test]
fn a_frame_may_end_anywhere_and_have_any_lengths() {
    for frame in frames() {
        for length in 0..=frame.len() {
            for at in 0..length {
                for value in [0, 1, 0x0f, 0x45, 0x6f, 0xff] {
                    let mut bytes = frame[..length].to_vec();
                    bytes[at] = value;
                    ask(Medium::Ethernet, &bytes);
                }
            }
            ask(Medium::Ip, &frame[14.min(length)..length]);
            ask_bytes(&frame[14.min(length)..length]);
            ask_bytes(&frame[34.min(length)..length]);
        }
    }
}
