use core::cell::Cell;

use smoltcp::phy::{ChecksumCapabilities, DeviceCapabilities};
use smoltcp::wire::{IpAddress, IpCidr};

use super::config::{Config, ConfigError, check_address};
#[cfg(feature = "client")]
use super::returned::Returned;
#[cfg(feature = "isn")]
use super::sequence_numbers::SequenceNumbers;
#[cfg(feature = "trace")]
use super::transition::Watcher;
#[cfg(feature = "conflict-detection")]
use crate::link::Conflict;
use crate::link::{self, Link};

/// What a stack knows of its own host and, by what it has seen, of others.
pub(super) struct Host {
    pub(super) link: Link,
    /// Whether addresses or gateways have changed, which neighbors, connections and smoltcp do not
    /// know of.
    #[cfg(feature = "addressing")]
    pub(super) has_changed: bool,
    /// The latest conflict about an address, until it is asked for.
    #[cfg(feature = "conflict-detection")]
    pub(super) conflict: Option<Conflict>,
    /// The largest IP packet that the link carries, in bytes.
    pub(super) ip_mtu: usize,
    /// Which checksums are not the device's work.
    pub(super) checksums: ChecksumCapabilities,
    /// Whether the device is a loopback: some packet was from this host to itself.
    pub(super) is_loopback: Cell<bool>,
    /// Whether the first fragment of a datagram has left, and others may follow.
    #[cfg(feature = "fragmentation")]
    pub(super) is_fragmenting: Cell<bool>,
    #[cfg(feature = "isn")]
    pub(super) sequence_numbers: SequenceNumbers,
    #[cfg(feature = "client")]
    pub(super) returned: Returned,
    #[cfg(feature = "trace")]
    pub(super) watcher: Watcher,
}

impl Host {
    /// A host without addresses.
    pub(super) fn new(config: &Config<'_>, capabilities: &DeviceCapabilities) -> Self {
        Self {
            link: Link::new(capabilities.medium, config.hardware_address),
            #[cfg(feature = "addressing")]
            has_changed: false,
            #[cfg(feature = "conflict-detection")]
            conflict: None,
            ip_mtu: link::ip_mtu(capabilities),
            checksums: capabilities.checksum.clone(),
            is_loopback: Cell::new(false),
            #[cfg(feature = "fragmentation")]
            is_fragmenting: Cell::new(false),
            #[cfg(feature = "isn")]
            sequence_numbers: SequenceNumbers::new(config.random_seed),
            #[cfg(feature = "client")]
            returned: Returned::new(),
            #[cfg(feature = "trace")]
            watcher: Watcher::default(),
        }
    }

    /// Takes the addresses and gateways of `config`.
    pub(super) fn configure(&mut self, config: &Config<'_>) -> Result<(), ConfigError> {
        for address in config.addresses {
            self.add_address(*address)?;
        }
        for gateway in config.gateways {
            let mut others = self.link.addresses.gateways().iter();
            if others.any(|other| other.version() == gateway.version()) {
                return Err(ConfigError::SecondGateway(*gateway));
            }
            self.set_gateway(*gateway)?;
        }
        Ok(())
    }

    /// Adds an address of this host, or changes the prefix of one.
    pub(super) fn add_address(&mut self, address: IpCidr) -> Result<(), ConfigError> {
        check_address(&address, self.ip_mtu)?;
        match self.link.add_address(address) {
            true => Ok(()),
            false => Err(ConfigError::TooManyAddresses),
        }
    }

    /// Takes this gateway in place of that of its IP version.
    pub(super) fn set_gateway(&mut self, gateway: IpAddress) -> Result<(), ConfigError> {
        if !gateway.is_unicast() || !self.link.is_near(&gateway) {
            return Err(ConfigError::Gateway(gateway));
        }
        match self.link.addresses.set_gateway(gateway) {
            true => Ok(()),
            false => Err(ConfigError::TooManyGateways),
        }
    }
}
