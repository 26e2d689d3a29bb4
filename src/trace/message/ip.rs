//! Fragments, other protocols over IP, and what is no IP packet.

use std::format;

use smoltcp::wire::{IpAddress, IpProtocol};

use super::{Message, Unit, name_field, protocol_name};
use crate::packet::{ETHERNET_HEADER, Fragment, Packet, half};
use crate::trace::label::{Field, Rank};

pub(super) fn fragment(packet: &Packet<'_>, fragment: &Fragment<'_>) -> Message {
    let mut fields = std::vec![
        name_field(format!("{} fragment", version(packet))),
        Field::number("offset", Rank::Number, "offset=", fragment.offset as i64),
        Field::number("length", Rank::Number, "len=", fragment.data.len() as i64),
    ];
    if fragment.more {
        fields.push(Field::text("more", Rank::Number, "more follow"));
    } else {
        fields.push(Field::text("more", Rank::Number, "the last"));
    }
    let protocol = protocol_name(fragment.protocol);
    fields.push(Field::worded("of", Rank::Extra, ("of ", protocol, "")));
    let id = i64::from(fragment.identification);
    fields.push(Field::number("id", Rank::More, "id=", id));
    let meaning = match (fragment.offset, fragment.more) {
        (0, _) => "sends the first part of a packet that is longer than the MTU",
        (_, true) => "sends a further part of a packet",
        (_, false) => {
            "sends the last part of a packet: with all parts the receiver can put it together"
        }
    };
    let rfc = match packet.source {
        IpAddress::Ipv4(_) => "RFC 791, 2.3",
        IpAddress::Ipv6(_) => "RFC 8200, 4.5",
    };
    Message {
        unit: Some(Unit::Fragment),
        payload: fragment.data.len() as u64,
        ..Message::new(version(packet), fields).meaning(format!("{meaning} ({rfc})"))
    }
}

/// A packet of another protocol, or one with a malformed header.
pub(super) fn other(packet: &Packet<'_>, protocol: IpProtocol, payload: &[u8]) -> Message {
    let name = protocol_name(protocol);
    let name = match protocol {
        IpProtocol::Tcp | IpProtocol::Udp => format!("malformed {name}"),
        IpProtocol::Ipv6Frag => "malformed fragment".into(),
        IpProtocol::Igmp => format!("{name} {}", igmp(payload.first().copied())),
        _ => format!("{} {name}", version(packet)),
    };
    let fields = std::vec![
        name_field(name),
        Field::number("length", Rank::Number, "len=", payload.len() as i64),
    ];
    Message::new(version(packet), fields)
}

/// What has no whole IP packet in it.
pub(super) fn frame(is_ethernet: bool, bytes: &[u8], length: usize) -> Message {
    let (protocol, packet) = match is_ethernet {
        true => match bytes.split_at_checked(ETHERNET_HEADER) {
            Some((header, packet)) => (half(header, 12), packet),
            None => return Message::named("Ethernet", "malformed frame"),
        },
        false => match bytes.first().map(|first| first >> 4) {
            Some(4) => (0x0800, bytes),
            Some(6) => (0x86dd, bytes),
            _ => return Message::named("IP", format!("no IP packet, {length} bytes")),
        },
    };
    let is_cut = bytes.len() < length;
    let name = match protocol {
        0x0800 if is_cut => "IPv4, cut in the record".into(),
        0x86dd if is_cut => "IPv6, cut in the record".into(),
        0x0800 => "malformed IPv4".into(),
        0x86dd => "malformed IPv6".into(),
        0x0806 => "malformed ARP".into(),
        // IEEE 802.3: a length, not a type.
        0..0x0600 => "IEEE 802.2 frame".into(),
        0x8100 => "VLAN frame".into(),
        0x88cc => "LLDP".into(),
        other => format!("Ethernet type 0x{other:04x}"),
    };
    let fields = std::vec![
        name_field(name),
        Field::number("length", Rank::Number, "len=", packet.len() as i64),
    ];
    Message::new("Ethernet", fields)
}

fn version(packet: &Packet<'_>) -> &'static str {
    match packet.source {
        IpAddress::Ipv4(_) => "IPv4",
        IpAddress::Ipv6(_) => "IPv6",
    }
}

/// What a message of IGMP is (RFC 2236, RFC 3376).
fn igmp(kind: Option<u8>) -> &'static str {
    match kind {
        Some(0x11) => "membership query",
        Some(0x12 | 0x16 | 0x22) => "membership report",
        Some(0x17) => "leave group",
        _ => "message",
    }
}
