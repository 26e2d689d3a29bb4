//! smoltcp's interfaces. Each copies the MTU of its device when it is made, and never asks again.
//!
//! So there is one for connections, which makes segments that fit the link; and with the feature
//! `fragmentation` one for all else, which may be larger than the link takes, and is cut
//! (`fragmentation.rs`). A connection with a path that takes less is given one that is made for it.

use smoltcp::iface::{Config, Interface};
use smoltcp::phy::{Checksum, Device, DeviceCapabilities, RxToken, TxToken};
use smoltcp::time::Instant;
use smoltcp::wire::{HardwareAddress, IpCidr};
#[cfg(feature = "isn")]
use smoltcp::wire::{IpAddress, IpVersion};

use super::config::Setup;
#[cfg(any(feature = "addressing", feature = "fragmentation"))]
use super::host::Host;

/// The interfaces of one host.
pub(super) struct Interfaces {
    /// That of connections.
    pub(super) segments: Interface,
    /// That of all else, where it may be larger than the link takes.
    #[cfg(feature = "fragmentation")]
    datagrams: Option<Interface>,
    /// The seed of that interface. smoltcp draws numbers there where a service's own socket listens, or
    /// asks for a name.
    #[cfg(feature = "fragmentation")]
    random_seed: u64,
}

impl Interfaces {
    /// All that is sent fits the link, until it is [cut](Self::cut).
    pub(super) fn new(segments: Interface, setup: &Setup<'_>) -> Self {
        #[cfg(not(feature = "fragmentation"))]
        let _ = setup;
        Self {
            segments,
            #[cfg(feature = "fragmentation")]
            datagrams: None,
            #[cfg(feature = "fragmentation")]
            random_seed: setup.datagrams_seed(),
        }
    }

    /// That of connections alone, for connections that are open, or of which the numbers are known.
    #[cfg(feature = "isn")]
    pub(super) fn one(segments: Interface) -> Self {
        Self {
            segments,
            #[cfg(feature = "fragmentation")]
            datagrams: None,
            #[cfg(feature = "fragmentation")]
            random_seed: 0,
        }
    }

    /// What does not belong to a connection may be as long as what can be cut.
    #[cfg(feature = "fragmentation")]
    pub(super) fn cut(&mut self, host: &Host) {
        let mut datagrams = new(
            &host.capabilities,
            host.longest_packet(),
            self.random_seed,
            Instant::ZERO,
        );
        set_addresses(&mut datagrams, host.link.addresses.own());
        // For groups that smoltcp does not know; `ingress.rs` has judged for which ones.
        #[cfg(feature = "mld")]
        datagrams.set_any_ip(true);
        self.datagrams = Some(datagrams);
    }

    /// That of connections, or of all else, which may be for a group that smoltcp does not know.
    pub(super) fn of(&mut self, is_connection: bool) -> &mut Interface {
        #[cfg(feature = "fragmentation")]
        if let Some(datagrams) = &mut self.datagrams
            && !is_connection
        {
            return datagrams;
        }
        #[cfg(feature = "mld")]
        self.segments.set_any_ip(!is_connection);
        let _ = is_connection;
        &mut self.segments
    }

    /// Gives them the addresses that the host has by now.
    #[cfg(feature = "addressing")]
    pub(super) fn follow(&mut self, host: &Host) {
        let own = host.link.addresses.own();
        set_addresses(&mut self.segments, own);
        #[cfg(feature = "fragmentation")]
        if let Some(datagrams) = &mut self.datagrams {
            set_addresses(datagrams, own);
        }
    }
}

/// An interface of this host for packets that fit the link: they are given to it by a
/// [`Way`](super::way::Way).
pub(super) fn new_interface(
    capabilities: &DeviceCapabilities,
    random_seed: u64,
    now: Instant,
) -> Interface {
    let ip_mtu = capabilities.max_transmission_unit;
    new(capabilities, ip_mtu, random_seed, now)
}

/// One for packets of at most `ip_mtu` bytes.
pub(super) fn new(
    capabilities: &DeviceCapabilities,
    ip_mtu: usize,
    random_seed: u64,
    now: Instant,
) -> Interface {
    let mut capabilities = capabilities.clone();
    capabilities.max_transmission_unit = ip_mtu;
    // What is received is verified before it comes there.
    capabilities.checksum.ipv4 = match capabilities.checksum.ipv4.tx() {
        true => Checksum::Tx,
        false => Checksum::None,
    };
    let mut config = Config::new(HardwareAddress::Ip);
    config.random_seed = random_seed;
    Interface::new(config, &mut Shape(capabilities), now)
}

/// A device that says what it can do, and no more: smoltcp asks nothing else when an interface is made.
struct Shape(DeviceCapabilities);

/// The token of a device that gives none.
enum Never {}

impl Device for Shape {
    type RxToken<'t> = Never;
    type TxToken<'t> = Never;

    fn receive(&mut self, _: Instant) -> Option<(Never, Never)> {
        None
    }

    fn transmit(&mut self, _: Instant) -> Option<Never> {
        None
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.0.clone()
    }
}

impl RxToken for Never {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, _: F) -> R {
        match self {}
    }
}

impl TxToken for Never {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, _: usize, _: F) -> R {
        match self {}
    }
}

/// Gives an interface these addresses.
pub(super) fn set_addresses(interface: &mut Interface, addresses: &[IpCidr]) {
    interface.update_ip_addrs(|own| {
        own.clear();
        // Cannot fail: there is as much room as where they come from.
        let _ = own.extend_from_slice(addresses);
    });
}

/// Gives an interface this address alone.
#[cfg(feature = "isn")]
pub(super) fn set_address(interface: &mut Interface, address: IpAddress) {
    interface.update_ip_addrs(|addresses| {
        let prefix = match address.version() {
            IpVersion::Ipv4 => 32,
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => 128,
        };
        addresses.clear();
        let _ = addresses.push(IpCidr::new(address, prefix));
    });
}
