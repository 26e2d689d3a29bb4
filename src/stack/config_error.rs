use core::fmt;

use smoltcp::config::{IFACE_MAX_ADDR_COUNT, IFACE_MAX_ROUTE_COUNT};
use smoltcp::wire::IpAddress;

/// Why a stack cannot be set up, or take an address or a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigError {
    /// The device carries neither Ethernet frames nor, with the feature `medium-ip`, IP packets.
    Medium,
    /// The hardware address is a broadcast or multicast address.
    HardwareAddress,
    /// An address cannot be a host's own: it is unspecified, broadcast or multicast.
    NotUnicast(IpAddress),
    /// smoltcp is built for fewer addresses (its feature `iface-max-addr-count-…`).
    TooManyAddresses,
    /// A gateway is not on any of our own networks, or not a host's address.
    Gateway(IpAddress),
    /// There is a gateway of that IP version already.
    SecondGateway(IpAddress),
    /// smoltcp is built for fewer routes (its feature `iface-max-route-count-…`).
    TooManyGateways,
    /// The link carries packets that are too small for IP.
    MtuTooSmall {
        /// The largest IP packet of the link, in bytes.
        ip_mtu: usize,
        /// What IP asks for.
        least: usize,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Medium => write!(
                f,
                "the device does not carry Ethernet frames; for IP packets, build with `medium-ip`"
            ),
            Self::HardwareAddress => write!(
                f,
                "the hardware address is for a group; a card's own has an even first byte"
            ),
            Self::NotUnicast(address) => write!(f, "{address} cannot be the address of one host"),
            Self::TooManyAddresses => write!(
                f,
                "there is room for {IFACE_MAX_ADDR_COUNT} addresses, an IPv6 link-local one included"
            ),
            Self::Gateway(gateway) => {
                write!(f, "the gateway {gateway} is not on a network of our own")
            }
            Self::SecondGateway(gateway) => {
                write!(
                    f,
                    "beside {gateway} there is another gateway of its IP version"
                )
            }
            Self::TooManyGateways => {
                write!(f, "there is room for {IFACE_MAX_ROUTE_COUNT} gateways")
            }
            Self::MtuTooSmall { ip_mtu, least } => write!(
                f,
                "the link carries packets of {ip_mtu} bytes; IP needs {least} at least"
            ),
        }
    }
}

impl core::error::Error for ConfigError {}
