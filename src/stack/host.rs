use core::cell::Cell;

use smoltcp::phy::{DeviceCapabilities, Medium};
use smoltcp::wire::IpCidr;

use super::Config;
use super::identification::Identifications;
#[cfg(feature = "paths")]
use super::paths::Paths;
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
    /// Those of the device, as a device for IP packets: its MTU is that of IP.
    pub(super) capabilities: DeviceCapabilities,
    /// Whether the device is a loopback: some packet was from this host to itself.
    pub(super) is_loopback: Cell<bool>,
    pub(super) identifications: Identifications,
    #[cfg(feature = "paths")]
    pub(super) paths: Paths,
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
            capabilities: of_ip(capabilities),
            is_loopback: Cell::new(false),
            identifications: Identifications::new(config.random_seed),
            #[cfg(feature = "paths")]
            paths: Paths::new(),
            #[cfg(feature = "isn")]
            sequence_numbers: SequenceNumbers::new(config.random_seed),
            #[cfg(feature = "client")]
            returned: Returned::new(),
            #[cfg(feature = "trace")]
            watcher: Watcher::default(),
        }
    }

    /// The largest IP packet that the link carries, in bytes.
    pub(super) fn ip_mtu(&self) -> usize {
        self.capabilities.max_transmission_unit
    }
}

/// The capabilities of `device` for IP packets, without those at which smoltcp panics or drops packets.
fn of_ip(device: &DeviceCapabilities) -> DeviceCapabilities {
    let mut capabilities = device.clone();
    capabilities.medium = Medium::Ip;
    capabilities.max_transmission_unit = link::ip_mtu(device);
    // smoltcp multiplies it with the longest segment.
    capabilities.max_burst_size = device
        .max_burst_size
        .map(|most| most.min(usize::from(u16::MAX)));
    #[cfg(feature = "segmentation")]
    {
        capabilities.segmentation = segmentation(device);
    }
    capabilities
}

/// smoltcp 0.14 panics at segmentation without checksums, and where it is for less than a header; it
/// drops a packet over IPv6 that the device is to cut.
#[cfg(feature = "segmentation")]
fn segmentation(device: &DeviceCapabilities) -> smoltcp::phy::SegmentationCapabilities {
    let mut segmentation = smoltcp::phy::SegmentationCapabilities::default();
    let mtu = link::ip_mtu(device);
    let header = device.max_transmission_unit - mtu;
    if !device.checksum.tcp.tx()
        && let Some(longest) = device.segmentation.tcpv4
    {
        let longest = longest.get().saturating_sub(header);
        segmentation.tcpv4 =
            core::num::NonZeroUsize::new(longest).filter(|longest| longest.get() > mtu);
    }
    segmentation
}
