//! Frames from a group address. An Ethernet source is the address of one station (IEEE 802.3, 3.2.3).
//! An answer would have to go to the group; smoltcp 0.14 asks for the neighbor instead, and every
//! other answer waits meanwhile.

use smoltcp::wire::{ArpPacket, EthernetFrame, EthernetProtocol};
#[cfg(feature = "ipv6")]
use smoltcp::wire::{IpProtocol, Ipv6Packet};

/// Whether a frame has a group address as its Ethernet source, or as the hardware address in a
/// message of ARP or neighbor discovery, which must not be believed (RFC 1812, 3.3.2).
pub(super) fn is_from_group(frame: &EthernetFrame<&[u8]>) -> bool {
    let gives_group = match frame.ethertype() {
        EthernetProtocol::Arp => ArpPacket::new_checked(frame.payload())
            .is_ok_and(|message| is_group(message.source_hardware_addr())),
        #[cfg(feature = "ipv6")]
        EthernetProtocol::Ipv6 => gives_group_in_option(frame.payload()),
        _ => false,
    };
    gives_group || is_group(frame.src_addr().as_bytes())
}

/// Every group address has the lowest bit of its first byte set, the broadcast address included.
fn is_group(address: &[u8]) -> bool {
    address.first().is_some_and(|first| first & 1 != 0)
}

/// Whether a link-layer address option of neighbor discovery (RFC 4861, 4.6.1) has a group address.
#[cfg(feature = "ipv6")]
fn gives_group_in_option(packet: &[u8]) -> bool {
    /// The lengths of neighbor solicitations and advertisements without options, in bytes.
    const OPTIONS: usize = 24;
    let Ok(packet) = Ipv6Packet::new_checked(packet) else {
        return false;
    };
    let message = packet.payload();
    let is_discovery =
        packet.next_header() == IpProtocol::Icmpv6 && matches!(message.first(), Some(135 | 136));
    let mut options = match message.get(OPTIONS..) {
        Some(options) if is_discovery => options,
        _ => return false,
    };
    while let [kind, units, address, ..] = *options {
        // The source's and the target's.
        if matches!(kind, 1 | 2) && address & 1 != 0 {
            return true;
        }
        match options.get(8 * usize::from(units)..) {
            Some(rest) if units > 0 => options = rest,
            _ => break,
        }
    }
    false
}
