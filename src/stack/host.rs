use core::cell::Cell;

use smoltcp::phy::{ChecksumCapabilities, DeviceCapabilities};
use smoltcp::wire::IpCidr;

use super::Config;
use super::addresses::Addresses;
#[cfg(feature = "client")]
use super::reachability::Reachability;
#[cfg(feature = "isn")]
use super::sequence_numbers::SequenceNumbers;
#[cfg(feature = "trace")]
use super::transition::Watcher;

/// What a stack knows of its own host and, by what it has seen, of others.
pub(super) struct Host {
    pub(super) addresses: Addresses,
    /// The largest IP packet that the link carries, in bytes.
    pub(super) ip_mtu: usize,
    /// Which checksums are not the device's work.
    pub(super) checksums: ChecksumCapabilities,
    /// Whether the device is a loopback: some packet was from this host to itself.
    pub(super) is_loopback: Cell<bool>,
    #[cfg(feature = "isn")]
    pub(super) sequence_numbers: SequenceNumbers,
    #[cfg(feature = "client")]
    pub(super) reachability: Reachability,
    #[cfg(feature = "trace")]
    pub(super) watcher: Watcher,
}

impl Host {
    /// `own` are the addresses that the interface has taken.
    pub(super) fn new(
        config: &Config<'_>,
        capabilities: &DeviceCapabilities,
        own: &[IpCidr],
    ) -> Self {
        Self {
            addresses: Addresses::new(config, capabilities.medium, own),
            ip_mtu: capabilities.ip_mtu(),
            checksums: capabilities.checksum.clone(),
            is_loopback: Cell::new(false),
            #[cfg(feature = "isn")]
            sequence_numbers: SequenceNumbers::new(config.random_seed),
            #[cfg(feature = "client")]
            reachability: Reachability::new(),
            #[cfg(feature = "trace")]
            watcher: Watcher::default(),
        }
    }
}
