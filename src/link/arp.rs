//! ARP for IPv4 on Ethernet (RFC 826; RFC 1122, 2.3.2).
//!
//! A request for one of this host's addresses is answered, that of a host that probes whether the
//! address is taken included (RFC 5227). It adds no neighbor, as what is sent to this host later
//! says by itself where the sender is; it corrects what is known (RFC 826).

use smoltcp::wire::IpAddress;
#[cfg(feature = "client")]
use smoltcp::wire::Ipv4Address;

use super::addresses::Addresses;
use super::ethernet::send;
use super::transmit::Transmit;
use crate::packet::{ARP_MESSAGE, Arp, ETHERTYPE_ARP, EthernetAddress, HardwareAddresses};

/// Where the sender of a message is, if that can be one host.
pub(super) fn sender(message: &Arp, addresses: &Addresses) -> Option<IpAddress> {
    let sender = IpAddress::from(message.sender);
    (addresses.is_one_host(&sender) && !addresses.is_own(&sender)).then_some(sender)
}

/// Whether this host answers a message.
pub(super) fn is_for(message: &Arp, addresses: &Addresses) -> bool {
    let is_probe = message.sender.is_unspecified();
    message.is_request
        && addresses.is_own(&message.target.into())
        && (is_probe || sender(message, addresses).is_some())
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

/// Asks for a neighbor.
#[cfg(feature = "client")]
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
