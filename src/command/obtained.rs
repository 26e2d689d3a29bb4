//! What the network has given, and what has become of it, in sentences.

#[cfg(all(feature = "tuntap", target_os = "linux"))]
use smoltcp::wire::IpVersion;
use smoltcp::wire::{IpAddress, IpCidr};
use uppercase::Context;
use uppercase::dhcp::{Event, Lease};

use super::args::Server;
use super::endpoints::endpoints;

/// What servers have said about the addresses of their host.
pub struct Obtained<'s> {
    /// The interface.
    name: String,
    args: &'s Server,
    /// The addresses that were given by the user.
    fixed: Vec<IpCidr>,
    addresses: Vec<IpCidr>,
    routers: Vec<IpAddress>,
    lease: Option<Lease>,
    is_ready: bool,
}

impl<'s> Obtained<'s> {
    /// Nothing was said yet.
    pub fn new(name: String, args: &'s Server) -> Self {
        Self {
            name,
            args,
            fixed: args.link.addresses(1),
            addresses: vec![],
            routers: vec![],
            lease: None,
            is_ready: false,
        }
    }

    /// What has changed since this was asked last.
    pub fn news(&mut self, context: &mut Context<'_, '_>) -> Option<String> {
        let event = context.take_dhcp_event();
        let of_slaac = context.take_slaac_event();
        let own = context.addresses().iter().copied();
        let own = own.filter(|own| !is_link_local(own.address()));
        let is_as_before =
            own.clone().eq(self.addresses.iter().copied()) && context.gateways() == self.routers;
        if event.is_none() && of_slaac.is_none() && is_as_before {
            return None;
        }
        let (own, routers) = (own.collect::<Vec<_>>(), context.gateways().to_vec());
        let mut text = event.map(|event| self.sentence(&event)).unwrap_or_default();
        text.extend(of_slaac.map(|event| format!("{event}\n")));
        let lease = context.lease().cloned();
        if let Some(lease) = lease
            .as_ref()
            .filter(|lease| self.lease.as_ref() != Some(*lease))
        {
            text += &described(lease);
        }
        for gone in missing(&self.addresses, &own) {
            // DHCP has said why.
            if !text.contains(&gone.address().to_string()) {
                text += &format!("{} is not used any more\n", gone.address());
            }
        }
        let new = missing(&own, &self.addresses);
        let of_routers = new.iter().filter(|new| matches!(new, IpCidr::Ipv6(_)));
        for address in of_routers.filter(|new| !self.fixed.contains(new)) {
            text += &format!("{address} is formed with the prefix of a router\n");
        }
        text += &self.routed(&routers);
        if !new.is_empty() && !std::mem::replace(&mut self.is_ready, true) {
            text += "The server is ready to receive\n";
        }
        text += &endpoints(self.args, &new);
        (self.addresses, self.routers, self.lease) = (own, routers, lease);
        Some(text).filter(|text| !text.is_empty())
    }

    /// Which router of IPv6 has come or gone; that of IPv4 is part of a lease.
    fn routed(&self, routers: &[IpAddress]) -> String {
        let of_ipv6 = |routers: &[IpAddress]| {
            let mut routers = routers.iter();
            routers
                .find(|router| matches!(router, IpAddress::Ipv6(_)))
                .copied()
        };
        match (of_ipv6(&self.routers), of_ipv6(routers)) {
            (before, now) if before == now => String::new(),
            (_, Some(router)) => format!("The router of IPv6 is {router}\n"),
            (Some(router), None) => format!("The router {router} is not used any more\n"),
            (None, None) => String::new(),
        }
    }

    /// What has happened, where that is not seen by what is used now.
    fn sentence(&self, event: &Event) -> String {
        let name = &self.name;
        match event {
            Event::Unanswered => format!(
                "No DHCP server has answered yet on {name}; it is asked again. Is {name} in a network with \
                 one? `sudo ip link set {name} master br0` puts it into the bridge br0\n"
            ),
            Event::NoRoom(_) | Event::Lost(..) => format!("{event}\n"),
            Event::Obtained(_) | Event::Renewed(_) => String::new(),
        }
    }
}

/// The addresses that the others do not have; the length of the prefix does not count.
fn missing(addresses: &[IpCidr], others: &[IpCidr]) -> Vec<IpCidr> {
    let is_there = |address: &IpCidr| {
        let mut others = others.iter();
        others.any(|other| other.address() == address.address())
    };
    let addresses = addresses.iter().copied();
    addresses.filter(|address| !is_there(address)).collect()
}

/// Whether an address is for the link alone, so that a client would have to name the link, too.
fn is_link_local(address: IpAddress) -> bool {
    match address {
        IpAddress::Ipv4(address) => address.is_link_local(),
        IpAddress::Ipv6(address) => address.is_unicast_link_local(),
    }
}

/// What a server has given.
fn described(lease: &Lease) -> String {
    let mut text = format!("{} is from the DHCP server {}", lease.address, lease.server);
    if let Some(duration) = lease.duration {
        text += &format!(", for {} s", duration.secs());
    }
    if let Some(router) = lease.router {
        text += &format!("; the router is {router}");
    }
    if !lease.name_servers.is_empty() {
        let servers: Vec<_> = lease.name_servers.iter().map(ToString::to_string).collect();
        text += &format!("; name servers: {}", servers.join(", "));
    }
    text + "\n"
}

/// Whether the network has given an address of this version.
#[cfg(all(feature = "tuntap", target_os = "linux"))]
pub fn has_version(context: &Context<'_, '_>, version: IpVersion) -> bool {
    let mut own = context.addresses().iter().map(IpCidr::address);
    own.any(|own| own.version() == version && !is_link_local(own))
}
