//! Addresses and gateways come and go.

use smoltcp::wire::{IpAddress, IpCidr};

use super::Addresses;

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
    pub(crate) fn is_near(&self, address: &IpAddress) -> bool {
        self.own.iter().any(|own| own.contains_addr(address))
    }
}

#[cfg(feature = "addressing")]
impl Addresses {
    /// Removes all addresses, but no gateway.
    #[cfg(feature = "conflict-detection")]
    pub(in crate::link) fn clear(&mut self) {
        self.own.clear();
        self.has_lost = true;
    }

    /// Removes an address of this host, and the gateways that are on no network of its any more;
    /// returns whether it was one of its addresses.
    pub(in crate::link) fn remove_alone(&mut self, address: &IpAddress) -> bool {
        let is_gone = self.remove(address, |_| true);
        let own = &self.own;
        self.gateways
            .retain(|gateway| own.iter().any(|own| own.contains_addr(gateway)));
        is_gone
    }

    /// Removes an address of this host, and all gateways but those that are near; returns whether it
    /// was one of its addresses.
    pub(in crate::link) fn remove(
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
