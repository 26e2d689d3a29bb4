//! The addresses of a host and its gateways, checked before there is a stack: for firmware by the
//! compiler.

use smoltcp::config::{IFACE_MAX_ADDR_COUNT, IFACE_MAX_ROUTE_COUNT};
use smoltcp::wire::{IpAddress, IpCidr};

use super::config_error::ConfigError;
use crate::link::is_link_local;

/// Addresses and gateways that a stack can have; see [`Stack::on_network`](super::Stack::on_network).
///
/// ```
/// use smoltcp::wire::{IpAddress, IpCidr};
/// use uppercase::stack::Network;
///
/// const NETWORK: Network<'_> = Network::new(
///     &[IpCidr::new(IpAddress::v4(192, 168, 69, 1), 24)],
///     &[IpAddress::v4(192, 168, 69, 254)],
/// );
/// ```
///
/// ```compile_fail
/// # use smoltcp::wire::{IpAddress, IpCidr};
/// # use uppercase::stack::Network;
/// // Which host would forward packets to that gateway?
/// const NETWORK: Network<'_> = Network::new(
///     &[IpCidr::new(IpAddress::v4(192, 168, 69, 1), 24)],
///     &[IpAddress::v4(192, 168, 70, 254)],
/// );
/// # let _ = NETWORK;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Network<'n> {
    addresses: &'n [IpCidr],
    gateways: &'n [IpAddress],
}

impl<'n> Network<'n> {
    /// A host's own addresses, each with the length of its network's prefix, and the routers to
    /// everywhere else: one for each IP version at most, each on a network of the host's own. As the
    /// value of a `const`, what a stack cannot have does not compile.
    ///
    /// # Panics
    /// If a stack cannot have them; [`check`](Self::check) says why.
    #[must_use]
    pub const fn new(addresses: &'n [IpCidr], gateways: &'n [IpAddress]) -> Self {
        match Self::check(addresses, gateways) {
            Ok(network) => network,
            Err(ConfigError::NotUnicast(_)) => {
                panic!("an address of the host cannot be that of one host")
            }
            Err(ConfigError::TooManyAddresses) => {
                panic!("smoltcp is built for fewer addresses (iface-max-addr-count-…)")
            }
            Err(ConfigError::SecondGateway(_)) => {
                panic!("there are two gateways of the same IP version")
            }
            Err(ConfigError::TooManyGateways) => {
                panic!("smoltcp is built for fewer gateways (iface-max-route-count-…)")
            }
            Err(_) => panic!("a gateway is not on a network of the host's own"),
        }
    }

    /// The same, for what is known at run time only.
    ///
    /// # Errors
    /// If a stack cannot have these addresses or gateways.
    pub const fn check(
        addresses: &'n [IpCidr],
        gateways: &'n [IpAddress],
    ) -> Result<Self, ConfigError> {
        let mut room = IFACE_MAX_ADDR_COUNT;
        // Where the link may also be one without Ethernet, it is known when there is a device.
        if cfg!(not(feature = "medium-ip")) && needs_link_local(addresses) {
            room -= 1;
        }
        let mut index = 0;
        while index < addresses.len() {
            let address = addresses[index].address();
            if !is_unicast(&address) {
                return Err(ConfigError::NotUnicast(address));
            }
            if room == 0 {
                return Err(ConfigError::TooManyAddresses);
            }
            room -= 1;
            index += 1;
        }
        let mut index = 0;
        while index < gateways.len() {
            let gateway = gateways[index];
            if !is_unicast(&gateway) || !is_near(&gateway, addresses) {
                return Err(ConfigError::Gateway(gateway));
            }
            let mut other = 0;
            while other < index {
                if is_ipv4(&gateways[other]) == is_ipv4(&gateway) {
                    return Err(ConfigError::SecondGateway(gateway));
                }
                other += 1;
            }
            if index == IFACE_MAX_ROUTE_COUNT {
                return Err(ConfigError::TooManyGateways);
            }
            index += 1;
        }
        Ok(Self {
            addresses,
            gateways,
        })
    }

    /// The host's own addresses.
    #[must_use]
    pub const fn addresses(&self) -> &'n [IpCidr] {
        self.addresses
    }

    /// The routers to everywhere else.
    #[must_use]
    pub const fn gateways(&self) -> &'n [IpAddress] {
        self.gateways
    }
}

// What smoltcp has of these cannot be called by the compiler.

const fn is_ipv4(address: &IpAddress) -> bool {
    matches!(address, IpAddress::Ipv4(_))
}

const fn is_unicast(address: &IpAddress) -> bool {
    match address {
        IpAddress::Ipv4(address) => {
            !(address.is_broadcast() || address.is_multicast() || address.is_unspecified())
        }
        #[cfg(feature = "ipv6")]
        IpAddress::Ipv6(address) => !(address.is_multicast() || address.is_unspecified()),
        #[cfg(not(feature = "ipv6"))]
        #[allow(unreachable_patterns)] // wherever smoltcp was given IPv6
        _ => true,
    }
}

/// Whether a link-local address will be added on Ethernet, to an IPv6 address without one (RFC 4291, 2.8).
pub(super) const fn needs_link_local(own: &[IpCidr]) -> bool {
    let mut has_ipv6 = false;
    let mut index = 0;
    while index < own.len() {
        let address = own[index].address();
        if is_link_local(&address) {
            return false;
        }
        has_ipv6 |= !is_ipv4(&address);
        index += 1;
    }
    has_ipv6
}

/// Whether a host with these addresses has this one on one of its networks.
const fn is_near(address: &IpAddress, own: &[IpCidr]) -> bool {
    let mut index = 0;
    while index < own.len() {
        let prefix = own[index].prefix_len();
        // How many bits they have in common, from the first on.
        let common = match (own[index].address(), *address) {
            (IpAddress::Ipv4(own), IpAddress::Ipv4(address)) => {
                Some((own.to_bits() ^ address.to_bits()).leading_zeros())
            }
            #[cfg(feature = "ipv6")]
            (IpAddress::Ipv6(own), IpAddress::Ipv6(address)) => {
                Some((own.to_bits() ^ address.to_bits()).leading_zeros())
            }
            #[allow(unreachable_patterns)] // where there is one IP version
            _ => None,
        };
        if matches!(common, Some(common) if common >= prefix as u32) {
            return true;
        }
        index += 1;
    }
    false
}
