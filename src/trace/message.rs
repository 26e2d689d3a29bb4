//! What a frame says, in the words of the standards.

mod arp;
mod dns;
mod icmp;
mod ip;
mod tcp;
mod udp;

use std::borrow::Cow;
use std::string::String;
use std::vec::Vec;

use smoltcp::wire::IpProtocol;

use super::connection::Judgement;
use super::label::{Field, Rank};
use super::sight::{Inside, Sight};
use crate::packet::{EthernetAddress, Segment};

/// What a frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The protocol: `TCP`, `UDP`, `ARP`, `DNS` and so on.
    pub protocol: &'static str,
    /// What it says, piece by piece.
    pub fields: Vec<Field>,
    /// What its sender does with it, for a sentence; empty if that is known to [`explain`](super::explain)
    /// only, or to nothing.
    pub(super) meaning: Cow<'static, str>,
    /// How it can be counted with others like it, in a long run.
    pub(super) unit: Option<Unit>,
    /// The payload of TCP or UDP, in bytes.
    pub(super) payload: u64,
}

/// What messages that are nothing special are counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Segment,
    Datagram,
    Fragment,
}

impl Message {
    fn new(protocol: &'static str, fields: Vec<Field>) -> Self {
        Self {
            protocol,
            fields,
            meaning: Cow::Borrowed(""),
            unit: None,
            payload: 0,
        }
    }

    /// A message that a capture has cut short: what is missing is not known.
    fn cut(protocol: &'static str) -> Self {
        Self::new(
            protocol,
            std::vec![name_field(protocol), Field::note("cut")],
        )
    }

    /// The message, with what its sender does by it.
    fn meaning(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.meaning = text.into();
        self
    }

    /// A message of which only its name is shown.
    fn named(protocol: &'static str, name: impl Into<String>) -> Self {
        Self::new(protocol, std::vec![name_field(name)])
    }

    /// What a frame says, without those before it. `length` is that of the frame, of which `bytes`
    /// may be only the beginning.
    pub(super) fn read(sight: &Sight<'_>, bytes: &[u8], length: usize) -> Self {
        let missing = length.saturating_sub(bytes.len());
        match (&sight.inside, sight.packet()) {
            (Inside::Arp(_), _) if missing > 0 => Self::cut("ARP"),
            (Inside::Arp(message), _) => {
                let to = sight.destination_hardware();
                arp::message(message, to == Some(EthernetAddress::BROADCAST))
            }
            (Inside::Tcp(..) | Inside::Ip(IpProtocol::Tcp, _), _) if !sight.has_header(missing) => {
                Self::cut("TCP")
            }
            (Inside::Udp(..) | Inside::Ip(IpProtocol::Udp, _), _) if !sight.has_header(missing) => {
                Self::cut("UDP")
            }
            (Inside::Tcp(segment, bytes), _) => {
                Self::of_segment(segment, bytes, &Judgement::default())
            }
            (Inside::Udp(header, payload), _) => {
                let there = payload.len().saturating_sub(missing);
                udp::message(header, &payload[..there], payload.len())
            }
            (Inside::Icmp(message), Some(packet)) => {
                let there = message.len().saturating_sub(missing);
                icmp::message(packet, &message[..there], message.len())
            }
            (Inside::Fragment(fragment), Some(packet)) => ip::fragment(packet, fragment),
            (Inside::Ip(protocol, payload), Some(packet)) => ip::other(packet, *protocol, payload),
            _ => ip::frame(sight.is_ethernet, bytes, length),
        }
    }

    /// What a TCP segment says, of which `bytes` is the beginning with the whole header.
    pub(super) fn of_segment(segment: &Segment, bytes: &[u8], judgement: &Judgement) -> Self {
        tcp::message(segment, bytes, judgement)
    }
}

fn name_field(name: impl Into<String>) -> Field {
    Field::text("name", Rank::Name, name)
}

/// The name of a protocol over IP.
fn protocol_name(protocol: IpProtocol) -> String {
    match protocol {
        IpProtocol::Tcp => "TCP".into(),
        IpProtocol::Udp => "UDP".into(),
        IpProtocol::Icmp => "ICMP".into(),
        IpProtocol::Icmpv6 => "ICMPv6".into(),
        IpProtocol::Igmp => "IGMP".into(),
        other => std::format!("protocol {}", u8::from(other)),
    }
}

/// A hardware address, as hosts write it.
fn hardware_address(address: impl Into<EthernetAddress>) -> String {
    std::format!("{}", address.into())
}
