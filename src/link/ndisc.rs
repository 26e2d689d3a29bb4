//! Neighbor discovery for IPv6 on Ethernet (RFC 4861), as far as a host needs it that is told its
//! addresses and its gateway: solicitations and advertisements.
//!
//! A solicitation of one of this host's addresses is answered, that of a host that wants to have
//! the address included (duplicate address detection, RFC 4862). Router advertisements are for the
//! feature `slaac`, and redirects are ignored.

use smoltcp::wire::{IpAddress, Ipv6Address};

use super::addresses::{Addresses, solicited_node};
use super::ethernet::{group, send};
use super::transmit::Transmit;
use crate::packet::{ETHERTYPE_IPV6, EthernetAddress, HardwareAddresses, NeighborMessage, Packet};

/// All nodes of the link (RFC 4291, 2.7.1).
pub(super) const ALL_NODES: Ipv6Address = Ipv6Address::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// The neighbor that a message is about, its hardware address, and whether that replaces another one
/// that is known (RFC 4861, 7.2.3 and 7.2.5).
pub(super) fn told(
    packet: &Packet<'_>,
    message: &NeighborMessage,
    source: EthernetAddress,
) -> (IpAddress, EthernetAddress, bool) {
    if message.is_solicitation {
        return (packet.source, message.hardware.unwrap_or(source), true);
    }
    let corrects = message.flags & NeighborMessage::OVERRIDE != 0;
    let hardware = message.hardware.unwrap_or(source);
    (message.target.into(), hardware, corrects)
}

/// Whether a message obeys the rules about the addresses of its packet (RFC 4861, 7.1.1 and 7.1.2).
pub(super) fn is_valid(packet: &Packet<'_>, message: &NeighborMessage, own: &Addresses) -> bool {
    let IpAddress::Ipv6(destination) = packet.destination else {
        return false;
    };
    let is_own = own.is_own(&packet.destination);
    if packet.source.is_unspecified() {
        let is_solicited = destination == solicited_node(&message.target);
        return message.is_solicitation && message.hardware.is_none() && is_solicited;
    }
    let is_solicited = message.flags & NeighborMessage::SOLICITED != 0;
    own.is_one_host(&packet.source)
        && match message.is_solicitation {
            true => is_own || own.is_solicited(&destination),
            false => is_own || destination == ALL_NODES && !is_solicited,
        }
}

/// Answers a solicitation of an address of this host (RFC 4861, 7.2.4). `source` is the card that
/// it came from.
pub(super) fn advertise(
    solicitation: &Packet<'_>,
    target: Ipv6Address,
    source: EthernetAddress,
    own: EthernetAddress,
    transmit: &mut dyn Transmit,
) {
    let (destination, hardware, flags) = match solicitation.source {
        IpAddress::Ipv6(asker) if !asker.is_unspecified() => {
            (asker, source, NeighborMessage::SOLICITED)
        }
        _ => (ALL_NODES, group(&ALL_NODES.into()), 0),
    };
    let advertisement = NeighborMessage {
        is_solicitation: false,
        flags: flags | NeighborMessage::OVERRIDE,
        target,
        hardware: Some(own),
    };
    put(
        &advertisement,
        (own, target),
        (hardware, destination),
        transmit,
    );
}

/// Asks for a neighbor.
#[cfg(feature = "client")]
pub(super) fn solicit(
    target: Ipv6Address,
    source: Ipv6Address,
    own: EthernetAddress,
    transmit: &mut dyn Transmit,
) {
    let solicitation = NeighborMessage {
        is_solicitation: true,
        flags: 0,
        target,
        hardware: Some(own),
    };
    let destination = solicited_node(&target);
    let hardware = group(&destination.into());
    put(
        &solicitation,
        (own, source),
        (hardware, destination),
        transmit,
    );
}

/// Asks whether another host has an address that this host wants to have: "the IP source to the
/// unspecified address" (RFC 4862, 5.4.2), without the option that would give the card.
#[cfg(feature = "conflict-detection")]
pub(super) fn probe(target: Ipv6Address, own: EthernetAddress, transmit: &mut dyn Transmit) {
    let solicitation = NeighborMessage {
        is_solicitation: true,
        flags: 0,
        target,
        hardware: None,
    };
    let destination = solicited_node(&target);
    let hardware = group(&destination.into());
    put(
        &solicitation,
        (own, Ipv6Address::UNSPECIFIED),
        (hardware, destination),
        transmit,
    );
}

fn put(
    message: &NeighborMessage,
    (source, from): (EthernetAddress, Ipv6Address),
    (destination, to): (EthernetAddress, Ipv6Address),
    transmit: &mut dyn Transmit,
) {
    let hardware = HardwareAddresses {
        source,
        destination,
    };
    send(
        transmit,
        hardware,
        ETHERTYPE_IPV6,
        message.packet_len(),
        &|bytes| {
            message.put(bytes, from, to);
        },
    );
}
