//! The addresses of this host, and the ways to others. All that judges an address asks here.

use heapless::Vec;
use smoltcp::config::{IFACE_MAX_ADDR_COUNT, IFACE_MAX_ROUTE_COUNT};
use smoltcp::phy::Medium;
#[cfg(feature = "ipv6")]
use smoltcp::wire::Ipv6Address;
use smoltcp::wire::{IpAddress, IpCidr};

use crate::packet::{EthernetAddress, is_ethernet};

/// The addresses and the gateways of a host.
pub(crate) struct Addresses {
    own: Vec<IpCidr, IFACE_MAX_ADDR_COUNT>,
    gateways: Vec<IpAddress, IFACE_MAX_ROUTE_COUNT>,
    /// Whether every host is on the link: a medium without hardware addresses has no neighbors.
    is_direct: bool,
    /// Whether an address was removed, which connections do not know of.
    #[cfg(feature = "addressing")]
    has_lost: bool,
}

impl Addresses {
    /// Those that a host begins with, on a link of this medium; there is room for them.
    pub(crate) fn new(
        medium: Medium,
        hardware: EthernetAddress,
        own: &[IpCidr],
        gateways: &[IpAddress],
    ) -> Self {
        let mut addresses = Self {
            own: Vec::new(),
            gateways: Vec::new(),
            is_direct: !is_ethernet(medium),
            #[cfg(feature = "addressing")]
            has_lost: false,
        };
        for address in own {
            addresses.add(*address);
            if let Some(other) = beside(address, hardware).filter(|_| !addresses.is_direct) {
                addresses.add(other);
            }
        }
        for gateway in gateways {
            addresses.set_gateway(*gateway);
        }
        addresses
    }

    /// This host's addresses.
    pub(crate) fn own(&self) -> &[IpCidr] {
        &self.own
    }

    /// The routers to hosts that are not on the link: one for each IP version at most.
    #[cfg(feature = "addressing")]
    pub(crate) fn gateways(&self) -> &[IpAddress] {
        &self.gateways
    }

    /// Whether `address` is one of this host's.
    pub(crate) fn is_own(&self, address: &IpAddress) -> bool {
        self.own.iter().any(|own| own.address() == *address)
    }

    /// Whether `address` can be that of one host: it is neither unspecified nor that of a group.
    #[inline(never)] // Many call it.
    pub(crate) fn is_one_host(&self, address: &IpAddress) -> bool {
        address.is_unicast() && !self.is_broadcast(address)
    }

    /// Whether `address` is that of all hosts of one of our networks.
    pub(super) fn is_broadcast(&self, address: &IpAddress) -> bool {
        self.own.iter().any(|own| match own {
            IpCidr::Ipv4(own) => own.broadcast().is_some_and(|all| *address == all.into()),
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => false,
        })
    }

    /// Whether packets to `address` are for all hosts of a network.
    pub(super) fn is_to_all(&self, address: &IpAddress) -> bool {
        address.is_broadcast() || self.is_broadcast(address)
    }

    /// The address of this host from which a packet to `address` is sent.
    #[cfg(feature = "client")]
    pub(crate) fn source_for(&self, address: &IpAddress) -> Option<IpAddress> {
        let near = |own: &&IpCidr| own.contains_addr(address);
        let same_version = |own: &&IpCidr| own.address().version() == address.version();
        // RFC 6724, 5, rule 2: an address for the link alone is of no use beyond it.
        let fits = |own: &&IpCidr| same_version(own) && !is_link_local(&own.address());
        let mut own = self.own.iter();
        let found = own
            .find(near)
            .or_else(|| self.own.iter().find(fits))
            .or_else(|| self.own.iter().find(same_version));
        found.map(IpCidr::address)
    }

    /// Puts an address behind the others: this host uses it for what it begins only if no other fits.
    #[cfg(feature = "slaac")]
    pub(crate) fn put_last(&mut self, address: &IpAddress) {
        let mut own = self.own.iter();
        if let Some(index) = own.position(|own| own.address() == *address) {
            self.own[index..].rotate_left(1);
        }
    }

    /// Whether `address` is on a network of ours: no router is between it and this host.
    pub(crate) fn is_on_link(&self, address: &IpAddress) -> bool {
        self.own.iter().any(|own| own.contains_addr(address))
    }

    /// The host that a packet to `address` is handed to: the host itself if it is on the link, else
    /// a gateway; `None` if there is no route.
    pub(crate) fn next_hop(&self, address: &IpAddress) -> Option<IpAddress> {
        let is_direct = |own: &IpCidr| match self.is_direct {
            true => own.address().version() == address.version(),
            false => own.contains_addr(address),
        };
        if self.own.iter().any(is_direct) {
            return Some(*address);
        }
        let same_version = |gateway: &&IpAddress| gateway.version() == address.version();
        self.gateways.iter().find(same_version).copied()
    }

    /// Whether packets to this group concern an address of ours: its solicited-node address
    /// (RFC 4291, 2.7.1) is the group.
    #[cfg(feature = "ipv6")]
    pub(super) fn is_solicited(&self, group: &Ipv6Address) -> bool {
        is_solicited(self.own.iter(), group)
    }
}

impl Addresses {
    /// Adds an address of this host, or changes the prefix of one; returns whether there is room.
    pub(crate) fn add(&mut self, address: IpCidr) -> bool {
        let mut own = self.own.iter_mut();
        match own.find(|own| own.address() == address.address()) {
            Some(own) => {
                *own = address;
                true
            }
            None => self.own.push(address).is_ok(),
        }
    }

    /// Takes this gateway in place of that of its IP version; returns whether there is room.
    pub(crate) fn set_gateway(&mut self, gateway: IpAddress) -> bool {
        let mut gateways = self.gateways.iter_mut();
        match gateways.find(|other| other.version() == gateway.version()) {
            Some(other) => {
                *other = gateway;
                true
            }
            None => self.gateways.push(gateway).is_ok(),
        }
    }

    /// Whether a host is on one of this host's networks.
    #[cfg(any(
        feature = "addressing",
        all(feature = "syn-cache", feature = "ipv6"),
        all(feature = "simulation", feature = "client")
    ))]
    pub(crate) fn is_near(&self, address: &IpAddress) -> bool {
        self.own.iter().any(|own| own.contains_addr(address))
    }
}

#[cfg(feature = "addressing")]
impl Addresses {
    /// Removes all addresses, but no gateway.
    #[cfg(feature = "conflict-detection")]
    pub(super) fn clear(&mut self) {
        self.own.clear();
        self.has_lost = true;
    }

    /// Removes an address of this host, and the gateways that are on no network of its any more;
    /// returns whether it was one of its addresses.
    pub(super) fn remove_alone(&mut self, address: &IpAddress) -> bool {
        let is_gone = self.remove(address, |_| true);
        let own = &self.own;
        self.gateways
            .retain(|gateway| own.iter().any(|own| own.contains_addr(gateway)));
        is_gone
    }

    /// Removes an address of this host, and all gateways but those that are near; returns whether it
    /// was one of its addresses.
    pub(super) fn remove(
        &mut self,
        address: &IpAddress,
        is_near: impl Fn(&IpAddress) -> bool,
    ) -> bool {
        let before = self.own.len();
        self.own.retain(|own| own.address() != *address);
        self.gateways.retain(is_near);
        let is_gone = self.own.len() < before;
        self.has_lost |= is_gone;
        is_gone
    }

    /// Removes a gateway; returns whether it was one.
    pub(crate) fn remove_gateway(&mut self, gateway: &IpAddress) -> bool {
        let before = self.gateways.len();
        self.gateways.retain(|other| other != gateway);
        self.gateways.len() < before
    }

    /// Whether an address was removed since this was asked last.
    pub(crate) fn take_loss(&mut self) -> bool {
        core::mem::take(&mut self.has_lost)
    }
}

/// Whether an IPv6 address is for one link alone (RFC 4291, 2.5.6).
pub(crate) const fn is_link_local(address: &IpAddress) -> bool {
    match address {
        #[cfg(feature = "ipv6")]
        IpAddress::Ipv6(address) => address.is_unicast_link_local(),
        _ => false,
    }
}

/// The link-local address that follows from a hardware address (RFC 4291, appendix A).
#[cfg(feature = "ipv6")]
pub(super) fn link_local(EthernetAddress(mac): EthernetAddress) -> IpCidr {
    let mut address = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, 0];
    address[8..11].copy_from_slice(&mac[..3]);
    address[8] ^= 0b10;
    address[13..].copy_from_slice(&mac[3..]);
    IpCidr::new(IpAddress::Ipv6(address.into()), 64)
}

/// The address that a host on Ethernet has beside this one: "Its required Link-Local address for each
/// interface" (RFC 4291, 2.8).
pub(super) fn beside(address: &IpCidr, hardware: EthernetAddress) -> Option<IpCidr> {
    #[cfg(feature = "ipv6")]
    if matches!(address, IpCidr::Ipv6(_)) {
        return Some(link_local(hardware));
    }
    let _ = (address, hardware);
    None
}

/// Whether a group is the solicited-node group of one of these addresses.
#[cfg(feature = "ipv6")]
pub(super) fn is_solicited<'c>(
    mut addresses: impl Iterator<Item = &'c IpCidr>,
    group: &Ipv6Address,
) -> bool {
    addresses.any(|own| match own.address() {
        IpAddress::Ipv6(own) => solicited_node(&own) == *group,
        IpAddress::Ipv4(_) => false,
    })
}

/// The group that a solicitation of this address is sent to (RFC 4291, 2.7.1).
#[cfg(feature = "ipv6")]
pub(super) fn solicited_node(address: &Ipv6Address) -> Ipv6Address {
    let [.., a, b, c] = address.octets();
    let mut group = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0];
    group[13..].copy_from_slice(&[a, b, c]);
    group.into()
}
