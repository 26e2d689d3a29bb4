use smoltcp::config::IFACE_MAX_ADDR_COUNT;
use smoltcp::phy::{DeviceCapabilities, Medium};
use smoltcp::wire::{IpAddress, IpCidr};

use super::config_error::ConfigError;
use super::network::{Network, needs_link_local};
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
    /// Refuses what smoltcp would refuse by a panic, or by silence.
    pub(super) fn check(&self, capabilities: &DeviceCapabilities) -> Result<(), ConfigError> {
        Network::check(self.addresses, self.gateways)?;
        self.check_device(capabilities)
    }

    /// Refuses a device that does not carry what `self` is for.
    pub(super) fn check_device(
        &self,
        capabilities: &DeviceCapabilities,
    ) -> Result<(), ConfigError> {
        let ethernet = is_ethernet(capabilities.medium);
        if !ethernet && (cfg!(not(feature = "medium-ip")) || capabilities.medium != Medium::Ip) {
            return Err(ConfigError::Medium);
        }
        if ethernet && !self.hardware_address.is_unicast() {
            return Err(ConfigError::HardwareAddress);
        }
        // What `Network::check` could not know.
        if cfg!(feature = "medium-ip")
            && ethernet
            && self.addresses.len() == IFACE_MAX_ADDR_COUNT
            && needs_link_local(self.addresses)
        {
            return Err(ConfigError::TooManyAddresses);
        }
        let ip_mtu = link::ip_mtu(capabilities);
        #[cfg(feature = "ipv6")]
        if self
            .addresses
            .iter()
            .any(|own| matches!(own, IpCidr::Ipv6(_)))
        {
            check_mtu(ip_mtu, IPV6_LEAST_MTU)?;
        }
        check_mtu(ip_mtu, IPV4_LEAST_MTU)
    }

    /// What smoltcp draws is sent, and tells the state of its generator.
    pub(super) fn interface_seed(&self) -> u64 {
        #[cfg(feature = "isn")]
        return crate::secret::draw(self.random_seed, crate::secret::Purpose::Interface);
        #[cfg(not(feature = "isn"))]
        self.random_seed
    }

    /// The same for what does not belong to a connection, where that has an interface of its own.
    pub(super) fn datagrams_seed(&self) -> u64 {
        #[cfg(all(feature = "isn", feature = "fragmentation"))]
        return crate::secret::draw(self.random_seed, crate::secret::Purpose::Datagrams);
        // Without a one-way function, the two do at least not draw the same numbers.
        #[cfg(not(all(feature = "isn", feature = "fragmentation")))]
        !self.random_seed
    }
}

/// Whether a host on a link with this MTU can have this address.
#[cfg(feature = "addressing")]
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
