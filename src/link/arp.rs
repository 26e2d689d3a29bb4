//! ARP for IPv4 on Ethernet (RFC 826; RFC 1122, 2.3.2).
//!
//! A request for one of this host's addresses is answered, also a probe whether the address is taken
//! (RFC 5227). It adds no neighbor: what the sender sends to this host later has its hardware address.
//! It corrects what is known (RFC 826).

use smoltcp::wire::IpAddress;
#[cfg(any(feature = "client", feature = "conflict-detection"))]
use smoltcp::wire::Ipv4Address;

use super::addresses::Addresses;
use super::ethernet::send;
use super::transmit::Transmit;
use crate::packet::{ARP_MESSAGE, Arp, ETHERTYPE_ARP, EthernetAddress, HardwareAddresses};

/// Whether the sender of a message is a host that has an address, or wants one.
pub(super) fn is_from_host(message: &Arp, addresses: &Addresses) -> bool {
    let sender = IpAddress::from(message.sender);
    is_probe(message) || addresses.is_one_host(&sender) && !addresses.is_own(&sender)
}

/// Whether a message asks if an address is taken, in the name of no host (RFC 5227).
pub(super) fn is_probe(message: &Arp) -> bool {
    message.sender.is_unspecified()
}

/// Answers a request for an address of this host.
pub(super) fn reply(request: &Arp, own: EthernetAddress, transmit: &mut dyn Transmit) {
    let reply = Arp {
        is_request: false,
        sender_hardware: own,
        sender: request.target,
        target_hardware: request.sender_hardware,
        target: request.sender,
    };
    put(&reply, request.sender_hardware, transmit);
}

/// Asks for a host.
#[cfg(any(feature = "client", feature = "conflict-detection"))]
pub(super) fn request(
    target: Ipv4Address,
    source: Ipv4Address,
    own: EthernetAddress,
    transmit: &mut dyn Transmit,
) {
    let request = Arp {
        is_request: true,
        sender_hardware: own,
        sender: source,
        target_hardware: EthernetAddress::default(),
        target,
    };
    put(&request, EthernetAddress::BROADCAST, transmit);
}

fn put(message: &Arp, destination: EthernetAddress, transmit: &mut dyn Transmit) {
    let hardware = HardwareAddresses {
        source: message.sender_hardware,
        destination,
    };
    send(transmit, hardware, ETHERTYPE_ARP, ARP_MESSAGE, &|bytes| {
        message.put(bytes);
    });
}
