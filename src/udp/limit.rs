#[cfg(feature = "ipv6")]
use smoltcp::wire::IPV6_HEADER_LEN;
use smoltcp::wire::{IPV4_HEADER_LEN, IpAddress, UDP_HEADER_LEN};

/// The largest IPv4 packet that smoltcp sends on a link with this MTU, in bytes.
#[cfg(feature = "fragmentation")]
fn largest_ipv4_packet(ip_mtu: usize) -> usize {
    smoltcp::config::FRAGMENTATION_BUFFER_SIZE
        .min(u16::MAX.into())
        .max(ip_mtu)
}

#[cfg(not(feature = "fragmentation"))]
fn largest_ipv4_packet(ip_mtu: usize) -> usize {
    ip_mtu
}

/// The longest datagram that can be sent to `destination`, in bytes.
pub(super) fn longest_datagram(destination: &IpAddress, ip_mtu: usize) -> usize {
    match destination {
        IpAddress::Ipv4(_) => largest_ipv4_packet(ip_mtu) - IPV4_HEADER_LEN - UDP_HEADER_LEN,
        #[cfg(feature = "ipv6")]
        IpAddress::Ipv6(_) => ip_mtu - IPV6_HEADER_LEN - UDP_HEADER_LEN,
    }
}
