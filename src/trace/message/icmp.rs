//! Messages of ICMP (RFC 792), ICMPv6 (RFC 4443), neighbor discovery (RFC 4861) and multicast
//! listener discovery (RFC 2710, RFC 3810).

use std::format;
use std::string::String;
use std::vec::Vec;

use smoltcp::wire::{IpAddress, Ipv6Address};

use super::{Message, hardware_address, name_field, protocol_name};
use crate::packet::{EthernetAddress, Packet, Quote, half};
use crate::trace::label::{Field, Rank};

/// The header of a message, in bytes.
const HEADER: usize = 8;
/// The same with the headers of the packet that it quotes.
const QUOTING: usize = HEADER + 60;

/// A message of `length` bytes, of which a capture may have the beginning only.
pub(super) fn message(packet: &Packet<'_>, bytes: &[u8], length: usize) -> Message {
    let is_v6 = matches!(packet.source, IpAddress::Ipv6(_));
    let protocol = if is_v6 { "ICMPv6" } else { "ICMP" };
    // An echo tells all in its header; an error quotes two headers more.
    let is_echo = matches!(
        (is_v6, bytes.first()),
        (false, Some(0 | 8)) | (true, Some(128 | 129))
    );
    let needed = if is_echo { HEADER } else { QUOTING };
    if bytes.len() < length.min(needed) {
        return Message::cut(protocol);
    }
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else {
        return Message::named(protocol, format!("{protocol} of {} bytes", bytes.len()));
    };
    let (kind, code) = (header[0], header[1]);
    if is_v6 && let Some(fields) = discovery(kind, rest) {
        let is_silent = packet.source.is_unspecified();
        return Message::new("NDP", fields).meaning(discovers(kind, is_silent));
    }
    let known = match is_v6 {
        true => version_6(kind, code),
        false => version_4(kind, code),
    };
    let name = known.map_or_else(|| format!("type {kind} code {code}"), Into::into);
    let mut fields = std::vec![name_field(format!("{protocol} {name}"))];
    match (is_v6, kind, code) {
        (false, 0 | 8, _) | (true, 128 | 129, _) => {
            fields.push(Field::number(
                "id",
                Rank::Extra,
                "id=",
                half(header, 4).into(),
            ));
            fields.push(Field::number(
                "sequence",
                Rank::Number,
                "seq=",
                half(header, 6).into(),
            ));
            fields.push(Field::number(
                "length",
                Rank::More,
                "len=",
                rest.len() as i64,
            ));
        }
        (false, 3, 4) => {
            fields.push(Field::number(
                "mtu",
                Rank::Number,
                "mtu=",
                half(header, 6).into(),
            ));
            fields.extend(quoted(rest));
        }
        (true, 2, _) => {
            let mtu = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
            fields.push(Field::number("mtu", Rank::Number, "mtu=", mtu.into()));
            fields.extend(quoted(rest));
        }
        (false, 3 | 4 | 5 | 11 | 12, _) | (true, 1..=4, _) => fields.extend(quoted(rest)),
        _ => {}
    }
    Message::new(protocol, fields).meaning(match is_v6 {
        true => meaning_6(kind, code),
        false => meaning_4(kind, code),
    })
}

/// The packet that an error is about.
fn quoted(bytes: &[u8]) -> Option<Field> {
    let quote = Quote::parse(bytes)?;
    let (protocol, source) = (protocol_name(quote.protocol), quote.source.port);
    let text = format!("{protocol} {source} → {}", quote.destination.port);
    Some(Field::worded("quoted", Rank::Number, ("for ", text, "")))
}

fn version_4(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (0, _) => "echo reply",
        (3, 0) => "network unreachable",
        (3, 1) => "host unreachable",
        (3, 2) => "protocol unreachable",
        (3, 3) => "port unreachable",
        (3, 4) => "fragmentation needed",
        (3, 9 | 10 | 13) => "administratively prohibited",
        (3, _) => "destination unreachable",
        (5, _) => "redirect",
        (8, _) => "echo request",
        (9, _) => "router advertisement",
        (10, _) => "router solicitation",
        (11, 0) => "time to live exceeded",
        (11, _) => "reassembly time exceeded",
        (12, _) => "parameter problem",
        _ => return None,
    })
}

/// What the sender of a message does.
fn meaning_4(kind: u8, code: u8) -> &'static str {
    match (kind, code) {
        (0, _) => "sends the payload of the echo request back (RFC 792)",
        (3, 0 | 1) => "says that it cannot deliver the packet to that host (RFC 792)",
        (3, 2) => "says that it does not know the protocol in the packet (RFC 1122, 3.2.2.1)",
        (3, 3) => "says that it has no socket with that port (RFC 1122, 3.2.2.1)",
        (3, 4) => "says that the packet is longer than the MTU of the next link (RFC 1191, 4)",
        (3, 9 | 10 | 13) => "says that a filter forbids the packet (RFC 1812, 5.2.7.1)",
        (5, _) => "says that another router is nearer to the destination (RFC 792)",
        (8, _) => "asks for an answer with the same payload: a ping (RFC 792)",
        (11, 0) => "says that the packet has passed too many routers (RFC 792)",
        (11, _) => "says that fragments of the packet are missing (RFC 792)",
        (12, _) => "says that a header of the packet is wrong (RFC 792)",
        _ => "",
    }
}

fn meaning_6(kind: u8, code: u8) -> &'static str {
    match (kind, code) {
        (1, 0 | 3) => "says that it cannot deliver the packet to that host (RFC 4443, 3.1)",
        (1, 1) => "says that a filter forbids the packet (RFC 4443, 3.1)",
        (1, 4) => "says that it has no socket with that port (RFC 4443, 3.1)",
        (2, _) => "says that the packet is longer than the MTU of the next link (RFC 4443, 3.2)",
        (3, 0) => "says that the packet has passed too many routers (RFC 4443, 3.3)",
        (3, _) => "says that fragments of the packet are missing (RFC 4443, 3.3)",
        (4, 1) => "says that it does not know the next header (RFC 4443, 3.4)",
        (4, 2) => "says that it does not know an option (RFC 4443, 3.4)",
        (4, _) => "says that a header of the packet is wrong (RFC 4443, 3.4)",
        (128, _) => "asks for an answer with the same payload: a ping (RFC 4443, 4.1)",
        (129, _) => "sends the payload of the echo request back (RFC 4443, 4.2)",
        (130, _) => "asks all hosts on the link for the groups that they receive (RFC 3810, 5.1)",
        (131 | 143, _) => "says which groups it receives (RFC 3810, 5.2)",
        (132, _) => "says that it does not receive a group any more (RFC 2710, 3)",
        _ => "",
    }
}

/// What the sender of a message of neighbor discovery does; `is_silent` is one without an address.
fn discovers(kind: u8, is_silent: bool) -> &'static str {
    match kind {
        133 => "asks for the routers on the link (RFC 4861, 4.1)",
        134 => "says that it is a router, and which prefixes the link has (RFC 4861, 4.2)",
        135 if is_silent => "asks whether another host has the address already (RFC 4862, 5.4)",
        135 => {
            "asks for the hardware address of a host on the link: a frame needs one (RFC 4861, 4.3)"
        }
        136 => "tells its hardware address: frames for this address go here (RFC 4861, 4.4)",
        137 => "says that another router is nearer to the destination (RFC 4861, 4.5)",
        _ => "",
    }
}

fn version_6(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (1, 0) => "no route to destination",
        (1, 1) => "administratively prohibited",
        (1, 3) => "address unreachable",
        (1, 4) => "port unreachable",
        (1, _) => "destination unreachable",
        (2, _) => "packet too big",
        (3, 0) => "hop limit exceeded",
        (3, _) => "reassembly time exceeded",
        (4, _) => "parameter problem",
        (128, _) => "echo request",
        (129, _) => "echo reply",
        (130, _) => "listener query",
        (131 | 143, _) => "listener report",
        (132, _) => "listener done",
        _ => return None,
    })
}

/// What a message of neighbor discovery says; `rest` is what follows the first 8 bytes.
fn discovery(kind: u8, rest: &[u8]) -> Option<Vec<Field>> {
    let target = || {
        let octets = rest.first_chunk::<16>()?;
        Some(Ipv6Address::from(*octets))
    };
    let mut fields = std::vec![name_field(match kind {
        133 => "router solicitation",
        134 => "router advertisement",
        135 => "neighbor solicitation",
        136 => "neighbor advertisement",
        137 => "redirect",
        _ => return None,
    })];
    match kind {
        135 => fields.push(Field::worded(
            "address",
            Rank::Number,
            ("for ", target()?, ""),
        )),
        136 => {
            fields.push(Field::worded("address", Rank::Number, ("", target()?, "")));
            let hardware = rest.get(16..).and_then(hardware);
            fields.extend(
                hardware.map(|text| Field::worded("hardware", Rank::Extra, ("is at ", text, ""))),
            );
        }
        _ => {}
    }
    Some(fields)
}

/// The hardware address of the target, in its option (RFC 4861, 4.6.1).
fn hardware(options: &[u8]) -> Option<String> {
    match options.first_chunk::<8>()? {
        [2, 1, octets @ ..] => Some(hardware_address(EthernetAddress(*octets))),
        _ => None,
    }
}
