use core::cell::Cell;

use smoltcp::phy::{DeviceCapabilities, Medium};
use smoltcp::time::Instant;
use smoltcp::wire::IpAddress;
#[cfg(feature = "addressing")]
use smoltcp::wire::IpCidr;

use super::config::Setup;
#[cfg(feature = "addressing")]
use super::config::check_address;
#[cfg(feature = "addressing")]
use super::config_error::ConfigError;
#[cfg(any(feature = "dhcp", feature = "slaac"))]
use super::configuration::Configuration;
use super::error_limit::ErrorLimit;
use super::identification::Identifications;
#[cfg(feature = "paths")]
use super::paths::Paths;
#[cfg(feature = "client")]
use super::returned::Returned;
#[cfg(feature = "isn")]
use super::sequence_numbers::SequenceNumbers;
#[cfg(feature = "trace")]
use super::transition::Watcher;
#[cfg(feature = "conflict-detection")]
use crate::link::Conflict;
use crate::link::{self, Addresses, Link};
#[cfg(feature = "fragmentation")]
use crate::logging::warn;

/// What a stack knows of its own host and, by what it has seen, of others.
pub(super) struct Host {
    pub(super) link: Link,
    /// Those of the device, as a device for IP packets: its MTU is that of IP.
    pub(super) capabilities: DeviceCapabilities,
    /// Whether addresses or gateways have changed, which neighbors, connections and smoltcp do not
    /// know of.
    #[cfg(feature = "addressing")]
    pub(super) has_changed: bool,
    /// The latest conflict about an address, until it is asked for.
    #[cfg(feature = "conflict-detection")]
    pub(super) conflict: Option<Conflict>,
    /// The addresses that the network gives.
    #[cfg(any(feature = "dhcp", feature = "slaac"))]
    pub(super) configuration: Configuration,
    /// Whether something waits for room in the device.
    pub(super) lacks_room: bool,
    /// Whether the device is a loopback: a packet was sent from this host to itself, and no other host
    /// was heard. `None` as long as neither has happened.
    pub(super) is_loopback: Cell<Option<bool>>,
    pub(super) identifications: Identifications,
    #[cfg(feature = "paths")]
    pub(super) paths: Paths,
    /// Whether frames wait in the device that have not been received in this poll.
    #[cfg(feature = "paths")]
    pub(super) is_behind: bool,
    pub(super) errors: ErrorLimit,
    /// The longest packet that there is room for to cut it, in bytes; 0 where none is cut.
    #[cfg(feature = "fragmentation")]
    pub(super) longest_cut: usize,
    /// Packets that were too long to leave.
    #[cfg(feature = "fragmentation")]
    pub(super) too_long: Cell<u32>,
    #[cfg(feature = "isn")]
    pub(super) sequence_numbers: SequenceNumbers,
    #[cfg(feature = "client")]
    pub(super) returned: Returned,
    #[cfg(feature = "trace")]
    pub(super) watcher: Watcher,
}

impl Host {
    /// A host with these addresses, which are those of `setup`.
    pub(super) fn new(
        setup: &Setup<'_>,
        device: &DeviceCapabilities,
        addresses: Addresses,
    ) -> Self {
        Self {
            link: Link::new(device.medium, setup.hardware_address, addresses),
            capabilities: of_ip(device),
            #[cfg(feature = "addressing")]
            has_changed: false,
            #[cfg(feature = "conflict-detection")]
            conflict: None,
            #[cfg(any(feature = "dhcp", feature = "slaac"))]
            configuration: Configuration::new(setup.random_seed),
            lacks_room: false,
            is_loopback: Cell::new(None),
            identifications: Identifications::new(setup.random_seed),
            #[cfg(feature = "paths")]
            paths: Paths::new(),
            #[cfg(feature = "paths")]
            is_behind: false,
            errors: ErrorLimit::new(),
            #[cfg(feature = "fragmentation")]
            longest_cut: 0,
            #[cfg(feature = "fragmentation")]
            too_long: Cell::new(0),
            #[cfg(feature = "isn")]
            sequence_numbers: SequenceNumbers::new(setup.random_seed),
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

    /// The longest packet that can leave on the link, in fragments or whole, in bytes.
    #[cfg(feature = "fragmentation")]
    pub(super) fn longest_packet(&self) -> usize {
        self.ip_mtu().max(self.longest_cut)
    }

    /// The longest packet to `address` that can leave, in bytes.
    pub(super) fn longest_packet_to(&self, address: &IpAddress, now: Instant) -> usize {
        let longest = self.path_mtu(address, now);
        #[cfg(feature = "fragmentation")]
        let longest = longest.max(self.longest_cut);
        match address {
            IpAddress::Ipv4(_) => longest.min(u16::MAX.into()),
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => longest,
        }
    }

    /// A packet was too long to leave.
    #[cfg(feature = "fragmentation")]
    #[cold]
    pub(super) fn drop_too_long(&self) {
        let longest = self.longest_packet();
        warn!(
            "IP: a packet of more than {} bytes does not leave; `Stack::with_fragmentation` gives room \
             for longer ones",
            longest
        );
        self.too_long.set(self.too_long.get().wrapping_add(1));
    }

    /// Whether the device fills in checksums that are in the payload of IP.
    #[cfg(feature = "fragmentation")]
    pub(super) fn lets_device_sum(&self) -> bool {
        let sums = &self.capabilities.checksum;
        #[cfg(feature = "ipv6")]
        if !sums.icmpv6.tx() {
            return true;
        }
        !sums.udp.tx() || !sums.icmpv4.tx()
    }

    /// Adds an address of this host, or changes the prefix of one.
    #[cfg(feature = "addressing")]
    pub(super) fn add_address(&mut self, address: IpCidr) -> Result<(), ConfigError> {
        check_address(&address, self.ip_mtu())?;
        match self.link.add_address(address) {
            true => Ok(()),
            false => Err(ConfigError::TooManyAddresses),
        }
    }

    /// Asks for each address before it is used, from now on.
    #[cfg(feature = "conflict-detection")]
    pub(super) fn detect_conflicts(&mut self) {
        self.has_changed = true;
        self.link.detect_conflicts();
    }

    /// Asks for an IPv4 address from now on, on Ethernet.
    #[cfg(feature = "dhcp")]
    #[inline(never)] // The room for it is needed for as long as this takes only.
    pub(super) fn start_dhcp(&mut self) {
        self.detect_conflicts();
        self.configuration.start_dhcp(&self.link);
    }

    /// Asks for routers from now on, on Ethernet.
    #[cfg(feature = "slaac")]
    #[inline(never)]
    pub(super) fn start_slaac(&mut self) {
        self.detect_conflicts();
        if check_address(&self.link.link_local(), self.ip_mtu()).is_ok() {
            self.configuration.start_slaac(&mut self.link);
        }
    }

    /// Takes this gateway in place of that of its IP version.
    #[cfg(feature = "addressing")]
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

/// The capabilities of `device` for IP packets, without those at which smoltcp panics or drops packets.
pub(super) fn of_ip(device: &DeviceCapabilities) -> DeviceCapabilities {
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
