//! Messages of ARP (RFC 826).

use std::format;

use smoltcp::wire::{ArpOperation, ArpRepr};

use super::{Message, hardware_address, name_field};
use crate::trace::label::{Field, Rank};

pub(super) fn message(message: &ArpRepr) -> Message {
    let ArpRepr::EthernetIpv4 {
        operation,
        source_hardware_addr: hardware,
        source_protocol_addr: source,
        target_protocol_addr: target,
        ..
    } = *message
    else {
        return Message::named("ARP", "ARP");
    };
    let fields = match operation {
        ArpOperation::Request if source == target => std::vec![
            name_field("ARP announcement"),
            Field::worded("address", Rank::Name, ("", source, " is at")),
            Field::text("hardware", Rank::Number, hardware_address(hardware)),
        ],
        ArpOperation::Request => std::vec![
            name_field("ARP request"),
            Field::worded("address", Rank::Name, ("for ", target, "")),
        ],
        ArpOperation::Reply => std::vec![
            name_field("ARP reply"),
            Field::worded("address", Rank::Extra, ("", source, " is at")),
            Field::text("hardware", Rank::Number, hardware_address(hardware)),
        ],
        ArpOperation::Unknown(code) => std::vec![name_field(format!("ARP operation {code}"))],
    };
    Message::new("ARP", fields)
}
