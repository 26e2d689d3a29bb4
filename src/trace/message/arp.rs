//! Messages of ARP (RFC 826).

use std::format;

use smoltcp::wire::{ArpOperation, ArpRepr};

use super::{Message, hardware_address, name_field};
use crate::trace::label::{Field, Rank};

/// `is_broadcast` says that it goes to all hosts on the link.
pub(super) fn message(message: &ArpRepr, is_broadcast: bool) -> Message {
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
    let meaning = match operation {
        ArpOperation::Request if source == target => {
            format!("tells all hosts on the link that {source} is its own (RFC 5227, 3)")
        }
        ArpOperation::Request if source.is_unspecified() => {
            format!("asks whether another host has {target} already (RFC 5227, 2.1.1)")
        }
        ArpOperation::Request => {
            let asked = if is_broadcast {
                "all hosts on the link "
            } else {
                ""
            };
            format!("asks {asked}for the hardware address of {target}: a frame needs one (RFC 826)")
        }
        ArpOperation::Reply => {
            format!("tells the host that has asked: frames for {source} go here (RFC 826)")
        }
        ArpOperation::Unknown(_) => return Message::new("ARP", fields),
    };
    Message::new("ARP", fields).meaning(meaning)
}
