//! What this host knows of addresses: which are its own, and how it reaches others.

use core::net::IpAddr;
use std::io;
use std::string::String;
use std::vec::Vec;

use rustix::io::Errno;
use smoltcp::wire::{IpAddress, IpCidr};

use super::netlink::Netlink;
use super::{OpenError, check};

/// The interface of this host that has `address`, if there is one.
///
/// Packets to such an address never leave the host, so it is no address for a stack of ours.
///
/// # Errors
///
/// The kernel cannot be asked.
pub fn owner(address: IpAddress) -> io::Result<Option<String>> {
    let mut netlink = Netlink::open()?;
    let addresses = netlink.addresses()?;
    let address = IpAddr::from(address);
    let owner = addresses.iter().find(|other| other.address == address);
    Ok(owner.map(|owner| netlink.name(owner.index)))
}

/// The addresses that this host has on the interface `name`, with their prefixes; none if there is no
/// such interface.
///
/// # Errors
///
/// The kernel cannot be asked.
pub fn addresses(name: &str) -> io::Result<Vec<IpCidr>> {
    let mut netlink = Netlink::open()?;
    let Some(interface) = netlink.interface(name)? else {
        return Ok(Vec::new());
    };
    let addresses = netlink.addresses()?;
    let own = addresses.iter().filter(|own| own.index == interface.index);
    let own = own.filter_map(|own| Some(IpCidr::new(known(own.address)?, own.prefix_len)));
    Ok(own.collect())
}

/// Whether an interface that is made with the addresses `host` at the kernel's side would have one in
/// common with another interface, or a subnet: what [`TunTap::open`](super::TunTap::open) refuses. One
/// that exists is used as it is, and has none.
///
/// # Errors
///
/// [`OpenError::AddressInUse`], [`OpenError::SubnetInUse`], or that the kernel cannot be asked.
pub fn clash(name: &str, host: &[IpCidr]) -> Result<(), OpenError> {
    let failed = |source| OpenError::Io {
        name: name.into(),
        doing: "asking the kernel for its interfaces",
        source,
    };
    let mut netlink = Netlink::open().map_err(failed)?;
    match netlink.interface(name).map_err(failed)? {
        Some(_) => Ok(()),
        None => check::addresses(name, &mut netlink, host),
    }
}

/// Switches the interface `name` on. That takes the capability `CAP_NET_ADMIN`.
///
/// # Errors
///
/// There is no such interface, or no right to it.
pub fn switch_on(name: &str) -> io::Result<()> {
    let mut netlink = Netlink::open()?;
    let interface = netlink.interface(name)?.ok_or(Errno::NODEV)?;
    netlink.set_up(interface.index)
}

/// The interface by which this host reaches what is behind the interface `name`: the bridge that it is
/// a port of, if there is one, else itself. It has the addresses and the routes.
///
/// # Errors
///
/// The kernel cannot be asked.
pub fn entrance(name: &str) -> io::Result<String> {
    let mut netlink = Netlink::open()?;
    let interface = netlink.interface(name)?;
    let bridge = interface.and_then(|interface| interface.controller);
    Ok(bridge.map_or_else(|| name.into(), |bridge| netlink.name(bridge)))
}

/// How this host sends packets to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// The interface by which they leave.
    pub interface: String,
    /// The address of this host that they come from, if the kernel says so.
    pub source: Option<IpAddress>,
    /// Whether they go to the address itself, and not to a router.
    pub is_direct: bool,
}

/// How this host sends packets to `destination`; `None` if there is no route, or if that is an
/// address of this host.
///
/// # Errors
///
/// The kernel cannot be asked.
pub fn route(destination: IpAddress) -> io::Result<Option<Route>> {
    let mut netlink = Netlink::open()?;
    let way = netlink.way(destination.into())?;
    Ok(way.map(|way| Route {
        interface: netlink.name(way.index),
        source: way.source.and_then(known),
        is_direct: way.is_direct,
    }))
}

/// The address, if it is of a version that the stack has.
fn known(address: IpAddr) -> Option<IpAddress> {
    match address {
        IpAddr::V4(address) => Some(address.into()),
        #[cfg(feature = "ipv6")]
        IpAddr::V6(address) => Some(address.into()),
        #[cfg(not(feature = "ipv6"))]
        IpAddr::V6(_) => None,
    }
}
