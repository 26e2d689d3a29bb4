//! Ethernet framing (RFC 894, RFC 2464), and the groups of hosts on it.

use smoltcp::phy::PacketMeta;
use smoltcp::wire::IpAddress;

use super::transmit::Transmit;
use crate::packet::{
    ETHERNET_HEADER, ETHERTYPE_IPV4, ETHERTYPE_IPV6, EthernetAddress, HardwareAddresses,
    put_ethernet,
};

/// The hardware address of a group of hosts (RFC 1112, 6.4; RFC 2464, 7).
pub(super) fn group(address: &IpAddress) -> EthernetAddress {
    match address {
        IpAddress::Ipv4(group) => {
            let [_, b, c, d] = group.octets();
            EthernetAddress([0x01, 0x00, 0x5e, b & 0x7f, c, d])
        }
        #[cfg(feature = "ipv6")]
        IpAddress::Ipv6(group) => {
            let [.., a, b, c, d] = group.octets();
            EthernetAddress([0x33, 0x33, a, b, c, d])
        }
        #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
        _ => EthernetAddress::BROADCAST,
    }
}

/// Which protocol a frame with a packet to this address carries.
pub(super) fn ethertype(destination: &IpAddress) -> u16 {
    match destination {
        IpAddress::Ipv4(_) => ETHERTYPE_IPV4,
        #[allow(unreachable_patterns)] // without IPv6 there is no other version
        _ => ETHERTYPE_IPV6,
    }
}

/// Transmits a frame with a message of this length.
#[inline(never)]
pub(super) fn send(
    transmit: &mut dyn Transmit,
    hardware: HardwareAddresses,
    ethertype: u16,
    length: usize,
    put: &dyn Fn(&mut [u8]),
) {
    let length = ETHERNET_HEADER + length;
    transmit.transmit(length, PacketMeta::default(), &mut |frame| {
        put_ethernet(frame, hardware, ethertype);
        put(&mut frame[ETHERNET_HEADER..]);
    });
}
