use core::cell::Cell;

use smoltcp::phy::{ChecksumCapabilities, DeviceCapabilities};
use smoltcp::wire::IpCidr;

use super::Config;
use super::error_limit::ErrorLimit;
#[cfg(feature = "client")]
use super::returned::Returned;
#[cfg(feature = "isn")]
use super::sequence_numbers::SequenceNumbers;
#[cfg(feature = "trace")]
use super::transition::Watcher;
use crate::link::{self, Link};

/// What a stack knows of its own host and, by what it has seen, of others.
pub(super) struct Host {
    pub(super) link: Link,
    /// The largest IP packet that the link carries, in bytes.
    pub(super) ip_mtu: usize,
    /// Which checksums are not the device's work.
    pub(super) checksums: ChecksumCapabilities,
    /// Whether the device is a loopback: some packet was from this host to itself.
    pub(super) is_loopback: Cell<bool>,
    pub(super) errors: ErrorLimit,
    #[cfg(feature = "isn")]
    pub(super) sequence_numbers: SequenceNumbers,
    #[cfg(feature = "client")]
    pub(super) returned: Returned,
    #[cfg(feature = "trace")]
    pub(super) watcher: Watcher,
}

impl Host {
    /// `own` are all addresses of this host.
    pub(super) fn new(
        config: &Config<'_>,
        capabilities: &DeviceCapabilities,
        own: &[IpCidr],
    ) -> Self {
        let (medium, hardware) = (capabilities.medium, config.hardware_address);
        Self {
            link: Link::new(medium, hardware, own, config.gateways),
            ip_mtu: link::ip_mtu(capabilities),
            checksums: capabilities.checksum.clone(),
            is_loopback: Cell::new(false),
            errors: ErrorLimit::new(),
            #[cfg(feature = "isn")]
            sequence_numbers: SequenceNumbers::new(config.random_seed),
            #[cfg(feature = "client")]
            returned: Returned::new(),
            #[cfg(feature = "trace")]
            watcher: Watcher::default(),
        }
    }
}
