//! The errors of a router (RFC 792, RFC 1191, RFC 4443).

use std::vec::Vec;

#[cfg(feature = "ipv6")]
use smoltcp::wire::IpProtocol;
use smoltcp::wire::{IpAddress, checksum};

use crate::packet::ip::{IPV4_HEADER, ipv4};
#[cfg(feature = "ipv6")]
use crate::packet::ip::{IPV6_HEADER, put_ip_header, upper_layer_checksum};
use crate::packet::{Packet, put_half};

/// The header of an error, in bytes.
const HEADER: usize = 8;
const CHECKSUM: usize = 2;
const HOPS: u8 = 64;

/// The longest error: "as much of the original datagram as possible without the length of the ICMP
/// datagram exceeding 576 bytes" (RFC 1812, 4.3.2.3), "the minimum IPv6 MTU" (RFC 4443, 3).
const LONGEST: usize = 576;
#[cfg(feature = "ipv6")]
const LONGEST_IPV6: usize = 1280;

/// Why a router does not forward a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is longer than so many bytes.
    TooLong(usize),
    /// Its time to live, or its hop limit, is used up.
    Expired,
    /// There is no way to its destination.
    NoRoute,
    /// Its destination does not answer.
    NoHost,
}

impl Refusal {
    /// The packet from `own` that tells the sender; the length and the checksum of its IPv4 header are left out.
    pub(super) fn message(self, packet: &Packet<'_>, own: IpAddress) -> Vec<u8> {
        match (own, packet.source) {
            (IpAddress::Ipv4(own), IpAddress::Ipv4(sender)) => {
                let message = self.version_4(packet.bytes);
                let mut bytes = std::vec![0; IPV4_HEADER];
                bytes[ipv4::VERSION_AND_LENGTH] = 0x45;
                bytes[ipv4::TIME_TO_LIVE] = HOPS;
                bytes[ipv4::PROTOCOL] = 1;
                bytes[ipv4::SOURCE..][..4].copy_from_slice(&own.octets());
                bytes[ipv4::DESTINATION..].copy_from_slice(&sender.octets());
                bytes.extend(message);
                bytes
            }
            #[cfg(feature = "ipv6")]
            (IpAddress::Ipv6(own), IpAddress::Ipv6(sender)) => {
                let mut message = self.version_6(packet.bytes);
                let (own, sender) = (own.into(), sender.into());
                let (protocol, length) = (IpProtocol::Icmpv6, message.len() as u16);
                let sum = upper_layer_checksum(&own, &sender, protocol, &message);
                put_half(&mut message, CHECKSUM, sum);
                let mut bytes = std::vec![0; IPV6_HEADER];
                put_ip_header(&mut bytes, (own, sender), protocol, HOPS, length);
                bytes.extend(message);
                bytes
            }
            #[allow(unreachable_patterns)] // without IPv6 there is no other version
            _ => Vec::new(),
        }
    }

    fn version_4(self, packet: &[u8]) -> Vec<u8> {
        let (kind, code, mtu) = match self {
            Self::TooLong(mtu) => (3, 4, mtu),
            Self::Expired => (11, 0, 0),
            Self::NoRoute => (3, 0, 0),
            Self::NoHost => (3, 1, 0),
        };
        let quoted = packet.len().min(LONGEST - IPV4_HEADER - HEADER);
        let [.., high, low] = (mtu as u32).to_be_bytes();
        let mut message = std::vec![kind, code, 0, 0, 0, 0, high, low];
        message.extend(&packet[..quoted]);
        let sum = !checksum::data(&message);
        put_half(&mut message, CHECKSUM, sum);
        message
    }

    #[cfg(feature = "ipv6")]
    fn version_6(self, packet: &[u8]) -> Vec<u8> {
        let (kind, code, mtu) = match self {
            Self::TooLong(mtu) => (2, 0, mtu),
            Self::Expired => (3, 0, 0),
            Self::NoRoute => (1, 0, 0),
            Self::NoHost => (1, 3, 0),
        };
        let quoted = packet.len().min(LONGEST_IPV6 - IPV6_HEADER - HEADER);
        let mut message = std::vec![kind, code, 0, 0];
        message.extend((mtu as u32).to_be_bytes());
        message.extend(&packet[..quoted]);
        message
    }
}
