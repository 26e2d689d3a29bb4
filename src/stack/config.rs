use core::fmt;

use smoltcp::config::{IFACE_MAX_ADDR_COUNT, IFACE_MAX_ROUTE_COUNT};
use smoltcp::phy::{DeviceCapabilities, Medium};
use smoltcp::wire::{IpAddress, IpCidr};

use crate::link::{self, EthernetAddress};
use crate::packet::is_ethernet;

/// What every IPv4 host takes (RFC 791), in bytes: an ICMP error is as long as that.
const IPV4_LEAST_MTU: usize = 576;
/// The least MTU of an IPv6 link (RFC 8200), in bytes.
#[cfg(feature = "ipv6")]
const IPV6_LEAST_MTU: usize = 1280;

/// The configuration of a stack.
#[derive(Clone, Copy, Debug)]
pub struct Config<'c> {
    /// The address of the network card; not used where the medium is plain IP.
    pub hardware_address: EthernetAddress,
    /// Our own addresses, each with the length of its network's prefix. With
    /// the feature `addressing` they can change later (`Context::add_address`).
    pub addresses: &'c [IpCidr],
    /// The routers to everywhere else: one for each IP version at most, each on a network of ours.
    pub gateways: &'c [IpAddress],
    /// A number that is another one at each start, and secret: from a generator of random numbers,
    /// which most microcontrollers and all operating systems have.
    ///
    /// Ports and initial sequence numbers follow from it: with the same seed after a reboot, a
    /// peer that has not noticed the reboot meets its old connection again. With the feature `isn`
    /// each follows by a one-way function of its own, so that nothing that is sent tells anything
    /// about it. Without, three initial sequence numbers tell all that follow: any host can open
    /// connections in the name of another one (RFC 6528, 1).
    pub random_seed: u64,
}

impl Config<'_> {
    /// Refuses a device with which smoltcp would panic, or send nothing.
    pub(super) fn check(&self, capabilities: &DeviceCapabilities) -> Result<(), ConfigError> {
        let ethernet = is_ethernet(capabilities.medium);
        if !ethernet && (cfg!(not(feature = "medium-ip")) || capabilities.medium != Medium::Ip) {
            return Err(ConfigError::Medium);
        }
        if ethernet && !self.hardware_address.is_unicast() {
            return Err(ConfigError::HardwareAddress);
        }
        check_mtu(link::ip_mtu(capabilities), IPV4_LEAST_MTU)
    }

    /// What smoltcp draws is sent, and tells the state of its generator.
    pub(super) fn interface_seed(&self) -> u64 {
        #[cfg(feature = "isn")]
        return crate::secret::draw(self.random_seed, crate::secret::Purpose::Interface);
        #[cfg(not(feature = "isn"))]
        self.random_seed
    }
}

/// Whether a host on a link with this MTU can have this address.
pub(super) fn check_address(address: &IpCidr, ip_mtu: usize) -> Result<(), ConfigError> {
    if !address.address().is_unicast() {
        return Err(ConfigError::NotUnicast(address.address()));
    }
    #[cfg(feature = "ipv6")]
    if matches!(address, IpCidr::Ipv6(_)) {
        return check_mtu(ip_mtu, IPV6_LEAST_MTU);
    }
    let _ = ip_mtu;
    Ok(())
}

fn check_mtu(ip_mtu: usize, least: usize) -> Result<(), ConfigError> {
    if ip_mtu < least {
        return Err(ConfigError::MtuTooSmall { ip_mtu, least });
    }
    Ok(())
}

/// Why a stack cannot be set up, or take an address or a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
