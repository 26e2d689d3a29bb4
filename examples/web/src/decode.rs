//! The bytes of a frame, layer by layer: each field, where it is, and what it says.

mod ip;
mod transport;

use serde::Serialize;
use smoltcp::wire::{ArpOperation, ArpPacket, EthernetFrame, EthernetProtocol, Ipv4Address};

/// One header, or the payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Layer {
    /// The protocol.
    pub name: &'static str,
    /// From the first byte to the last.
    pub fields: Vec<Field>,
}

/// A field of a header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// As the standard names it.
    pub name: &'static str,
    /// What it says.
    pub value: String,
    /// What that is for; empty where it goes without saying.
    pub meaning: &'static str,
    /// Where its first byte is.
    pub at: usize,
    /// How many bytes it has.
    pub length: usize,
}

/// Fields are added in the order in which they are.
struct Fields {
    at: usize,
    fields: Vec<Field>,
}

impl Fields {
    fn from(at: usize) -> Self {
        let fields = Vec::new();
        Self { at, fields }
    }

    fn add(
        &mut self,
        length: usize,
        name: &'static str,
        value: impl ToString,
        meaning: &'static str,
    ) {
        self.fields.push(Field {
            name,
            value: value.to_string(),
            meaning,
            at: self.at,
            length,
        });
        self.at += length;
    }

    fn layer(self, name: &'static str) -> Layer {
        let fields = self.fields;
        Layer { name, fields }
    }
}

/// The layers of an Ethernet frame, as far as they can be read.
pub fn layers(frame: &[u8]) -> Vec<Layer> {
    let mut layers = Vec::new();
    let Ok(ethernet) = EthernetFrame::new_checked(frame) else {
        layers.extend(rest(frame, 0));
        return layers;
    };
    let mut fields = Fields::from(0);
    fields.add(
        6,
        "destination",
        ethernet.dst_addr(),
        "the card that the frame is for",
    );
    fields.add(
        6,
        "source",
        ethernet.src_addr(),
        "the card that has sent it",
    );
    fields.add(2, "type", ethernet.ethertype(), "what the frame carries");
    let at = fields.at;
    layers.push(fields.layer("Ethernet"));
    match ethernet.ethertype() {
        EthernetProtocol::Arp => layers.extend(arp(frame, at)),
        EthernetProtocol::Ipv4 => ip::v4(frame, at, &mut layers),
        EthernetProtocol::Ipv6 => ip::v6(frame, at, &mut layers),
        _ => layers.extend(rest(frame, at)),
    }
    layers
}

fn arp(frame: &[u8], at: usize) -> Option<Layer> {
    let packet = ArpPacket::new_checked(&frame[at..]).ok()?;
    let operation = match packet.operation() {
        ArpOperation::Request => "request: which card has the target address?",
        ArpOperation::Reply => "reply: the sender has it",
        ArpOperation::Unknown(_) => "unknown",
    };
    let hardware = |bytes: &[u8]| {
        let bytes: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        bytes.join("-")
    };
    let address = |bytes: &[u8]| match <[u8; 4]>::try_from(bytes) {
        Ok(bytes) => Ipv4Address::from(bytes).to_string(),
        Err(_) => hardware(bytes),
    };
    let mut fields = Fields::from(at);
    fields.add(2, "hardware type", "Ethernet", "");
    fields.add(2, "protocol type", "IPv4", "");
    fields.add(1, "hardware length", packet.hardware_len(), "");
    fields.add(1, "protocol length", packet.protocol_len(), "");
    fields.add(2, "operation", operation, "");
    let (hardware_length, length) = (packet.hardware_len().into(), packet.protocol_len().into());
    fields.add(
        hardware_length,
        "sender card",
        hardware(packet.source_hardware_addr()),
        "",
    );
    fields.add(
        length,
        "sender address",
        address(packet.source_protocol_addr()),
        "",
    );
    fields.add(
        hardware_length,
        "target card",
        hardware(packet.target_hardware_addr()),
        "",
    );
    fields.add(
        length,
        "target address",
        address(packet.target_protocol_addr()),
        "",
    );
    Some(fields.layer("ARP"))
}

/// What no header explains: the payload as text.
fn rest(frame: &[u8], at: usize) -> Option<Layer> {
    let bytes = frame.get(at..).filter(|bytes| !bytes.is_empty())?;
    let mut fields = Fields::from(at);
    let text = String::from_utf8_lossy(bytes).into_owned();
    fields.add(bytes.len(), "text", text, "");
    Some(fields.layer("Payload"))
}
