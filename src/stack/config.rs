use heapless::Vec;
use smoltcp::config::{IFACE_MAX_ADDR_COUNT, IFACE_MAX_ROUTE_COUNT};
use smoltcp::phy::{DeviceCapabilities, Medium};
use smoltcp::wire::{IpAddress, IpCidr};

use super::config_error::ConfigError;
use super::network::{Network, needs_link_local};
use crate::link::{self, Addresses, EthernetAddress};
use crate::packet::is_ethernet;

/// What every IPv4 host takes (RFC 791), in bytes: an ICMP error is as long as that.
const IPV4_LEAST_MTU: usize = 576;
/// The least MTU of an IPv6 link (RFC 8200), in bytes.
#[cfg(feature = "ipv6")]
const IPV6_LEAST_MTU: usize = 1280;

/// The configuration of a stack: the address of its card, its IP addresses and gateways, and a seed.
///
/// ```
/// use smoltcp::wire::{IpAddress, IpCidr};
/// use uppercase::link::EthernetAddress;
/// use uppercase::stack::Config;
///
/// # let random_seed = 1;
/// let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]), random_seed)
///     .with_addresses(&[IpCidr::new(IpAddress::v4(192, 168, 69, 1), 24)])
///     .with_gateways(&[IpAddress::v4(192, 168, 69, 100)]);
/// assert_eq!(config.addresses().len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    hardware_address: EthernetAddress,
    addresses: Vec<IpCidr, IFACE_MAX_ADDR_COUNT>,
    gateways: Vec<IpAddress, IFACE_MAX_ROUTE_COUNT>,
    random_seed: u64,
    /// There is no room for all of them.
    has_too_many_addresses: bool,
    has_too_many_gateways: bool,
}

impl Config {
    /// Of a host without addresses.
    ///
    /// `hardware_address` is that of the network card; it is not used where the medium is plain IP.
    ///
    /// `random_seed` is a number that is another one at each start, and secret: from a generator of
    /// random numbers, which most microcontrollers and all operating systems have. Ports and initial
    /// sequence numbers follow from it: with the same seed after a reboot, a peer that has not noticed
    /// the reboot meets its old connection again. With the feature `isn` each follows by a one-way
    /// function of its own, so that nothing that is sent tells anything about it. Without, three
    /// initial sequence numbers tell all that follow: any host can open connections in the name of
    /// another one (RFC 6528, 1).
    #[must_use]
    pub const fn new(hardware_address: EthernetAddress, random_seed: u64) -> Self {
        Self {
            hardware_address,
            addresses: Vec::new(),
            gateways: Vec::new(),
            random_seed,
            has_too_many_addresses: false,
            has_too_many_gateways: false,
        }
    }

    /// Sets the host's own addresses, each with the length of its network's prefix. With the feature
    /// `addressing` they can change later (`Context::add_address`).
    #[must_use]
    pub fn with_addresses(mut self, addresses: &[IpCidr]) -> Self {
        self.addresses.clear();
        self.has_too_many_addresses = self.addresses.extend_from_slice(addresses).is_err();
        self
    }

    /// Sets the routers to everywhere else: one for each IP version at most, each on a network of the
    /// host's own.
    #[must_use]
    pub fn with_gateways(mut self, gateways: &[IpAddress]) -> Self {
        self.gateways.clear();
        self.has_too_many_gateways = self.gateways.extend_from_slice(gateways).is_err();
        self
    }

    /// Sets another seed than that of [`new`](Self::new).
    #[must_use]
    pub const fn with_random_seed(mut self, random_seed: u64) -> Self {
        self.random_seed = random_seed;
        self
    }

    /// The address of the network card.
    #[must_use]
    pub const fn hardware_address(&self) -> EthernetAddress {
        self.hardware_address
    }

    /// The host's own addresses.
    #[must_use]
    pub fn addresses(&self) -> &[IpCidr] {
        &self.addresses
    }

    /// The routers to everywhere else.
    #[must_use]
    pub fn gateways(&self) -> &[IpAddress] {
        &self.gateways
    }

    /// The seed.
    #[must_use]
    pub const fn random_seed(&self) -> u64 {
        self.random_seed
    }

    /// Refuses what smoltcp would refuse by a panic, or by silence.
    pub(super) fn check(
        &self,
        capabilities: &DeviceCapabilities,
    ) -> Result<Setup<'_>, ConfigError> {
        if self.has_too_many_addresses {
            return Err(ConfigError::TooManyAddresses);
        }
        if self.has_too_many_gateways {
            return Err(ConfigError::TooManyGateways);
        }
        Network::check(&self.addresses, &self.gateways)?;
        let setup = Setup {
            hardware_address: self.hardware_address,
            addresses: &self.addresses,
            gateways: &self.gateways,
            random_seed: self.random_seed,
        };
        setup.check_device(capabilities)?;
        Ok(setup)
    }
}

/// What a stack is made of: of a [`Config`], or on a board of a [`Network`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup<'c> {
    pub(super) hardware_address: EthernetAddress,
    pub(super) addresses: &'c [IpCidr],
    pub(super) gateways: &'c [IpAddress],
    pub(super) random_seed: u64,
}

impl Setup<'_> {
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

    /// The addresses of the host on a link of this medium.
    pub(super) fn addresses_on(&self, medium: Medium) -> Addresses {
        Addresses::new(medium, self.hardware_address, self.addresses, self.gateways)
    }

    /// What smoltcp draws is sent, and tells the state of its generator.
    pub(super) fn interface_seed(&self) -> u64 {
        #[cfg(feature = "isn")]
        return crate::secret::draw(self.random_seed, crate::secret::Purpose::Interface);
        #[cfg(not(feature = "isn"))]
        self.random_seed
    }

    /// The same for what does not belong to a connection, where that has an interface of its own.
    #[cfg(feature = "fragmentation")]
    pub(super) fn datagrams_seed(&self) -> u64 {
        #[cfg(feature = "isn")]
        return crate::secret::draw(self.random_seed, crate::secret::Purpose::Datagrams);
        // Without a one-way function, the two do at least not draw the same numbers.
        #[cfg(not(feature = "isn"))]
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
