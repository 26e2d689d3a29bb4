//! Addresses and gateways come and go.

use smoltcp::wire::{IpAddress, IpCidr};

use super::Addresses;
use crate::stack::ConfigError;

impl Addresses {
    /// Adds an address of this host, or changes the prefix of one.
    ///
    /// # Errors
    /// If it cannot be the address of a host, or there is no room; nothing has changed then.
    pub(crate) fn add(&mut self, address: IpCidr) -> Result<(), ConfigError> {
        if !address.address().is_unicast() {
            return Err(ConfigError::NotUnicast(address.address()));
        }
        let mut own = self.own.iter_mut();
        match own.find(|own| own.address() == address.address()) {
            Some(own) => *own = address,
            None => (self.own.push(address)).map_err(|_| ConfigError::TooManyAddresses)?,
        }
        Ok(())
    }

    /// Takes this gateway in place of that of its IP version.
    ///
    /// # Errors
    /// If it is on no network of this host, or cannot be a host, or there is no room; nothing has
    /// changed then.
    pub(crate) fn set_gateway(&mut self, gateway: IpAddress) -> Result<(), ConfigError> {
        if !gateway.is_unicast() || !self.own.iter().any(|own| own.contains_addr(&gateway)) {
            return Err(ConfigError::Gateway(gateway));
        }
        let mut gateways = self.gateways.iter_mut();
        match gateways.find(|other| other.version() == gateway.version()) {
            Some(other) => *other = gateway,
            None => (self.gateways.push(gateway)).map_err(|_| ConfigError::TooManyGateways)?,
        }
        Ok(())
    }
}

#[cfg(feature = "addressing")]
impl Addresses {
    /// Removes an address of this host, and the gateways that are on no network of its any more;
    /// returns whether it was one of its addresses.
    pub(crate) fn remove(&mut self, address: &IpAddress) -> bool {
        let before = self.own.len();
        self.own.retain(|own| own.address() != *address);
        let own = &self.own;
        let is_near = |gateway: &IpAddress| own.iter().any(|own| own.contains_addr(gateway));
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
