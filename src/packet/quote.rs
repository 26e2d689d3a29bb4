//! The packet that an ICMP error is about.

use smoltcp::wire::{IpEndpoint, IpProtocol, TcpSeqNumber};

use super::ip::{IPV4_HEADER, ipv4, ipv4_address, ipv4_header_len};
#[cfg(feature = "ipv6")]
use super::ip::{IPV6_HEADER, ipv6, ipv6_address};
use super::{half, tcp, word};

/// What tells the packet that an ICMP error quotes, of which there may be no more than the IP header
/// and 8 bytes (RFC 792).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quote {
    pub(crate) protocol: IpProtocol,
    pub(crate) source: IpEndpoint,
    pub(crate) destination: IpEndpoint,
    /// Of a segment; nothing else has one.
    pub(crate) sequence: TcpSeqNumber,
}

impl Quote {
    /// Parses what follows the 8 bytes of an ICMP error's own header.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (header_len, protocol, source, destination) = match bytes.first()? >> 4 {
            4 => {
                let header = bytes.first_chunk::<IPV4_HEADER>()?;
                // Only the first fragment has ports.
                if half(header, ipv4::FRAGMENT) & ipv4::OFFSET != 0 {
                    return None;
                }
                (
                    ipv4_header_len(header),
                    header[ipv4::PROTOCOL],
                    ipv4_address(header, ipv4::SOURCE),
                    ipv4_address(header, ipv4::DESTINATION),
                )
            }
            #[cfg(feature = "ipv6")]
            6 => {
                let header = bytes.first_chunk::<IPV6_HEADER>()?;
                (
                    IPV6_HEADER,
                    header[ipv6::NEXT_HEADER],
                    ipv6_address(header, ipv6::SOURCE),
                    ipv6_address(header, ipv6::DESTINATION),
                )
            }
            _ => return None,
        };
        let protocol = IpProtocol::from(protocol);
        if !matches!(protocol, IpProtocol::Tcp | IpProtocol::Udp) || header_len < IPV4_HEADER {
            return None;
        }
        // TCP and UDP have the ports at the same place.
        let header = bytes.get(header_len..)?.first_chunk::<8>()?;
        Some(Self {
            protocol,
            source: IpEndpoint::new(source, half(header, 0)),
            destination: IpEndpoint::new(destination, half(header, 2)),
            sequence: TcpSeqNumber(word(header, tcp::SEQUENCE) as i32),
        })
    }
}
