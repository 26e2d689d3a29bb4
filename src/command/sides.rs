//! Whether this host and the stack on an interface can reach each other, and what to do if not.

use log::warn;
use smoltcp::wire::{IpAddress, IpCidr};
use uppercase::device::tuntap::{Fault, Mode, TunTap, addresses, entrance, owner, route};

use super::args::Link;
use super::failure::Failure;
use super::neighbor::neighbor;

/// What is sent to an address that the kernel itself has never comes to an interface.
pub fn refuse_address_of_the_kernel(own: &IpCidr) -> Result<(), Failure> {
    let owner = owner(own.address()).map_err(unknown())?;
    owner.map_or(Ok(()), |owner| {
        Err(Failure::Error(format!(
            "{} is already an address of this host, on {owner}, so nothing that is sent to it \
             would come here: choose another one with --ip",
            own.address()
        )))
    })
}

/// What there is between this host and our addresses.
pub struct Sides {
    /// Those of our addresses that this host can reach.
    pub reachable: Vec<IpAddress>,
    /// What keeps it from the others, and what to do.
    obstacles: Vec<String>,
}

impl Sides {
    /// Checks the kernel's side of an interface.
    pub fn check(device: &TunTap, link: &Link, ours: &[IpCidr]) -> Result<Self, Failure> {
        let name = &entrance(device.name()).map_err(unknown())?[..];
        let kernel = addresses(name).map_err(unknown())?;
        if device.was_created() {
            refuse_one_address_for_both(name, ours, &kernel)?;
        } else {
            refuse_missing_address(name, link, &kernel)?;
        }
        let mut sides = Self {
            reachable: Vec::new(),
            obstacles: Vec::new(),
        };
        // Which interface a link-local address is on, the kernel cannot tell; and what is sent to an
        // address of several servers may go to another one now.
        let is_told = |own: &&IpCidr| !is_link_local(own.address()) && !is_shared(own, ours);
        for own in ours.iter().filter(is_told) {
            match obstacle(device, name, link, own, &kernel)? {
                Obstacle::None => sides.reachable.push(own.address()),
                Obstacle::Off => {}
                Obstacle::Other(what) => sides.obstacles.push(format!("{name}: {what}")),
            }
        }
        Ok(sides)
    }

    /// What keeps this host from the others, and what to do; not that the interface is switched off.
    pub fn obstacles(&self) -> &[String] {
        &self.obstacles
    }

    /// Warns of each obstacle.
    pub fn warn(&self) {
        for obstacle in &self.obstacles {
            warn!("{obstacle}");
        }
    }
}

fn refuse_one_address_for_both(
    name: &str,
    ours: &[IpCidr],
    kernel: &[IpCidr],
) -> Result<(), Failure> {
    let is_the_kernels = |own: &&IpCidr| kernel.iter().any(|host| host.address() == own.address());
    ours.iter().find(is_the_kernels).map_or(Ok(()), |own| {
        Err(Failure::Error(format!(
            "{} cannot be the address of both sides of {name}: change --ip or --host-ip",
            own.address()
        )))
    })
}

/// An interface that exists is used as it is, and keeps what it is given.
fn refuse_missing_address(name: &str, link: &Link, kernel: &[IpCidr]) -> Result<(), Failure> {
    let missing = link.host_ip.iter().find(|host| !kernel.contains(host));
    missing.map_or(Ok(()), |host| {
        Err(Failure::Error(format!(
            "{name} exists and does not have the address {host}: add it with `{}`, or leave \
             --host-ip out",
            add_address(name, *host)
        )))
    })
}

/// What keeps this host from an address of ours.
enum Obstacle {
    None,
    /// The interface is switched off, of which the device has warned.
    Off,
    /// This, and what to do.
    Other(String),
}

fn obstacle(
    device: &TunTap,
    name: &str,
    link: &Link,
    own: &IpCidr,
    kernel: &[IpCidr],
) -> Result<Obstacle, Failure> {
    let address = own.address();
    let route = route(address).map_err(unknown())?;
    // Our answers go to where the packets come from.
    let can_answer = |source: IpAddress| {
        device.mode() == Mode::Tun
            || own.contains_addr(&source)
            || link
                .gateway
                .iter()
                .any(|gateway| gateway.version() == source.version())
    };
    let is_way = route.as_ref().is_some_and(|route| {
        route.interface == name && route.is_direct && route.source.is_some_and(can_answer)
    });
    if is_way {
        return Ok(Obstacle::None);
    }
    if !kernel.iter().any(|host| own.contains_addr(&host.address())) {
        return Ok(Obstacle::Other(without_address(device, name, link, *own)));
    }
    if device.fault() == Some(Fault::Down) {
        return Ok(Obstacle::Off);
    }
    let elsewhere = match route {
        Some(route) if route.interface != name => {
            format!("sends packets to {address} by {}", route.interface)
        }
        _ => format!("has no route to {address}"),
    };
    let length = if is_ipv4(address) { 32 } else { 128 };
    Ok(Obstacle::Other(format!(
        "this host {elsewhere}: add a route with `sudo ip route add {address}/{length} dev {name}`"
    )))
}

fn without_address(device: &TunTap, name: &str, link: &Link, own: IpCidr) -> String {
    let mend = match proposal(own, &link.host_addresses()) {
        Some(host) if device.was_created() => format!("give it one with --host-ip {host}"),
        Some(host) => format!("add one with `{}`", add_address(name, host)),
        None => "give --ip a shorter prefix".into(),
    };
    format!("this host has no address in the network of {own}: {mend}")
}

/// The command that gives the kernel this address on the interface.
pub fn add_address(name: &str, address: IpCidr) -> String {
    // Without it the kernel asks the link for two seconds whether another host has the address.
    let nodad = if is_ipv4(address.address()) {
        ""
    } else {
        " nodad"
    };
    format!("sudo ip address add {address} dev {name}{nodad}")
}

/// An address for the kernel in the network of ours: one that is wanted, or the first that is free.
fn proposal(own: IpCidr, wanted: &[IpCidr]) -> Option<IpCidr> {
    let fits = |host: &&IpCidr| {
        host.address() != own.address()
            && own.contains_addr(&host.address())
            && host.contains_addr(&own.address())
    };
    wanted.iter().find(fits).copied().or_else(|| neighbor(own))
}

/// Whether it is an address of no network, beside one of a network: the user routes it, to several
/// servers for instance.
fn is_shared(own: &IpCidr, ours: &[IpCidr]) -> bool {
    let is_alone =
        |cidr: &IpCidr| cidr.prefix_len() == if is_ipv4(cidr.address()) { 32 } else { 128 };
    let mut same = ours
        .iter()
        .filter(|other| is_ipv4(other.address()) == is_ipv4(own.address()));
    is_alone(own) && same.any(|other| !is_alone(other))
}

fn is_ipv4(address: IpAddress) -> bool {
    matches!(address, IpAddress::Ipv4(_))
}

fn is_link_local(address: IpAddress) -> bool {
    matches!(address, IpAddress::Ipv6(address) if address.is_unicast_link_local())
}

fn unknown() -> impl FnOnce(std::io::Error) -> Failure {
    Failure::of("the kernel cannot be asked for its addresses and routes")
}
