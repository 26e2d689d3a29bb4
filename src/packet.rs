//! The only parser of packets: frames, IP packets and what they carry, read at fixed offsets.
//!
//! Each function verifies every length that it relies on, once, and nothing else: checksums are
//! verified on request. What it returns is small and is handed on, so that no packet is parsed
//! twice. Code that writes a header takes the lengths and offsets from here.

mod arp;
#[cfg(feature = "dhcp")]
mod dhcp;
mod ethernet;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
mod extension;
#[cfg(any(
    feature = "fragmentation",
    all(feature = "ipv6", feature = "tuntap", target_os = "linux")
))]
mod fragment;
#[cfg(feature = "client")]
mod icmp;
pub(crate) mod ip;
#[cfg(feature = "mld")]
mod mld;
#[cfg(feature = "ipv6")]
mod ndisc;
#[cfg(feature = "client")]
mod quote;
#[cfg(feature = "slaac")]
mod router;
pub(crate) mod tcp;
pub(crate) mod udp;

pub(crate) use arp::{ARP_MESSAGE, Arp};
#[cfg(feature = "dhcp")]
pub use dhcp::NAME_SERVERS;
#[cfg(feature = "dhcp")]
pub(crate) use dhcp::{DhcpAnswer, DhcpKind, DhcpReply, DhcpRequest};
pub use ethernet::EthernetAddress;
pub(crate) use ethernet::{
    Content, ETHERNET_HEADER, ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6, Frame,
    HardwareAddresses, is_ethernet, put_ethernet,
};
#[cfg(all(feature = "tuntap", target_os = "linux"))]
pub(crate) use extension::Carried;
#[cfg(feature = "trace")]
pub(crate) use fragment::Fragment;
#[cfg(feature = "fragmentation")]
pub(crate) use fragment::fill_checksum;
#[cfg(feature = "client")]
pub(crate) use icmp::{Reason, Unreachable};
pub(crate) use ip::Packet;
#[cfg(feature = "mld")]
pub(crate) use mld::{Query, Record, put_report, report_len};
#[cfg(feature = "ipv6")]
pub(crate) use ndisc::NeighborMessage;
#[cfg(feature = "client")]
pub(crate) use quote::Quote;
#[cfg(feature = "slaac")]
pub(crate) use router::{PrefixInformation, RouterAdvertisement, RouterSolicitation};
pub use tcp::FourTuple;
#[cfg(feature = "trace")]
pub(crate) use tcp::MAXIMUM_SEGMENT_SIZE;
pub(crate) use tcp::{Flags, Options, Segment, TCP_HEADER, options};
pub(crate) use udp::UDP_HEADER;

/// Headers of IP and TCP with all options, in bytes.
pub(crate) const LONGEST_PACKET_HEADERS: usize = ip::LONGEST_HEADER + tcp::LONGEST_HEADER;
/// The same with that of Ethernet, in bytes.
pub(crate) const LONGEST_HEADERS: usize = ETHERNET_HEADER + LONGEST_PACKET_HEADERS;

/// TCP, as the IP header names it.
pub(crate) const PROTOCOL_TCP: u8 = 6;

/// The 16 bits at this offset, which must be within the header.
pub(crate) fn half(header: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([header[at], header[at + 1]])
}

/// The 32 bits at this offset, which must be within the header.
fn word(header: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}

/// Writes 16 bits at this offset, which must be within the header.
pub(crate) fn put_half(header: &mut [u8], at: usize, value: u16) {
    header[at..at + 2].copy_from_slice(&value.to_be_bytes());
}

#[cfg(all(
    test,
    feature = "client",
    feature = "fragmentation",
    feature = "ipv6",
    feature = "syn-cookies"
))]
mod tests;
