//! The addresses of this host, and the ways to others.

use heapless::Vec;
use smoltcp::config::{IFACE_MAX_ADDR_COUNT, IFACE_MAX_ROUTE_COUNT};
use smoltcp::phy::Medium;
#[cfg(feature = "isn")]
use smoltcp::wire::HardwareAddress;
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr};

use super::Config;

/// What a stack knows about where it is.
pub(super) struct Addresses {
    pub(super) medium: Medium,
    /// The card's, on Ethernet.
    pub(super) hardware: EthernetAddress,
    own: Vec<IpCidr, IFACE_MAX_ADDR_COUNT>,
    gateways: Vec<IpAddress, IFACE_MAX_ROUTE_COUNT>,
}

impl Addresses {
    /// `own` are the addresses that the interface has taken.
    pub(super) fn new(config: &Config<'_>, medium: Medium, own: &[IpCidr]) -> Self {
        Self {
            medium,
            hardware: config.hardware_address,
            // There is room for all: the configuration has been checked.
            own: Vec::from_slice(own).unwrap_or_default(),
            gateways: Vec::from_slice(config.gateways).unwrap_or_default(),
        }
    }

    /// The card's address, as smoltcp wants it.
    #[cfg(feature = "isn")]
    pub(super) fn hardware_address(&self) -> HardwareAddress {
        match self.medium {
            #[cfg(feature = "medium-ip")]
            Medium::Ip => HardwareAddress::Ip,
            _ => HardwareAddress::Ethernet(self.hardware),
        }
    }

    /// Whether `address` is one of this host's.
    pub(super) fn is_own(&self, address: &IpAddress) -> bool {
        self.own.iter().any(|own| own.address() == *address)
    }

    /// Whether `address` can be that of one host: it is neither unspecified nor that of a group.
    pub(super) fn is_one_host(&self, address: &IpAddress) -> bool {
        let is_broadcast = |own: &IpCidr| match own {
            IpCidr::Ipv4(own) => own.broadcast().is_some_and(|all| *address == all.into()),
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => false,
        };
        address.is_unicast() && !self.own.iter().any(is_broadcast)
    }

    /// The address of this host from which a packet to `address` is sent.
    pub(super) fn source_for(&self, address: &IpAddress) -> Option<IpAddress> {
        let near = |own: &&IpCidr| own.contains_addr(address);
        let same_version = |own: &&IpCidr| own.address().version() == address.version();
        let mut own = self.own.iter();
        let found = own
            .find(near)
            .or_else(|| self.own.iter().find(same_version));
        found.map(IpCidr::address)
    }

    /// The host that a packet to `address` is handed to: the host itself if it is on the link, else
    /// a gateway; `None` if there is no route.
    pub(super) fn next_hop(&self, address: &IpAddress) -> Option<IpAddress> {
        let is_direct = |own: &IpCidr| match self.medium {
            Medium::Ethernet => own.contains_addr(address),
            #[allow(unreachable_patterns)] // plain IP, with the feature `medium-ip`
            _ => own.address().version() == address.version(),
        };
        if self.own.iter().any(is_direct) {
            return Some(*address);
        }
        let same_version = |gateway: &&IpAddress| gateway.version() == address.version();
        self.gateways.iter().find(same_version).copied()
    }
}
