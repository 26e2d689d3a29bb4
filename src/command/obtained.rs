//! What the network has given, and what has become of it, in sentences.

use std::net::SocketAddr;

use smoltcp::wire::{IpAddress, IpCidr};
use uppercase::Context;
use uppercase::dhcp::{Event, Lease};

use super::args::Server;

/// What servers have said about the addresses of their host.
pub struct Obtained {
    /// The interface.
    name: String,
    /// The protocols that are served, and their port.
    protocols: Vec<&'static str>,
    port: u16,
    addresses: Vec<IpCidr>,
    lease: Option<Lease>,
    is_ready: bool,
}

impl Obtained {
    /// Nothing was said yet.
    pub fn new(name: String, args: &Server) -> Self {
        let protocols = [("TCP", args.serves_tcp()), ("UDP", args.serves_udp())];
        let served = protocols.iter().filter(|(_, is_served)| *is_served);
        Self {
            name,
            protocols: served.map(|(protocol, _)| *protocol).collect(),
            port: args.port,
            addresses: vec![],
            lease: None,
            is_ready: false,
        }
    }

    /// What has changed since this was asked last.
    pub fn news(&mut self, context: &mut Context<'_, '_>) -> Option<String> {
        let event = context.take_dhcp_event();
        if event.is_none() && context.addresses() == self.addresses {
            return None;
        }
        let mut text = event.map(|event| self.sentence(&event)).unwrap_or_default();
        let lease = context.lease().cloned();
        if let Some(lease) = lease
            .as_ref()
            .filter(|lease| self.lease.as_ref() != Some(*lease))
        {
            text += &described(lease);
        }
        self.lease = lease;
        let own = context.addresses();
        for gone in self.addresses.iter().filter(|address| !has(own, address)) {
            if !text.contains(&gone.address().to_string()) {
                text += &format!("{} is not used any more\n", gone.address());
            }
        }
        let new: Vec<_> = own
            .iter()
            .filter(|address| !has(&self.addresses, address))
            .collect();
        if !new.is_empty() && !std::mem::replace(&mut self.is_ready, true) {
            text += "The server is ready to receive\n";
        }
        for protocol in &self.protocols {
            for address in &new {
                let endpoint = SocketAddr::new(address.address().into(), self.port);
                text += &format!("  {protocol} {endpoint}\n");
            }
        }
        self.addresses = own.to_vec();
        Some(text).filter(|text| !text.is_empty())
    }

    /// What has happened, where that is not seen by what is used now.
    fn sentence(&self, event: &Event) -> String {
        let name = &self.name;
        match event {
            Event::Unanswered => format!(
                "No DHCP server has answered yet on {name}; it is asked again. Is {name} in a network with \
                 one? `sudo ip link set {name} master br0` puts it into the bridge br0\n"
            ),
            Event::Lost(..) => format!("{event}\n"),
            Event::Obtained(_) | Event::Renewed(_) => String::new(),
        }
    }
}

/// Whether an address is among these, with any prefix.
fn has(addresses: &[IpCidr], address: &IpCidr) -> bool {
    let mut addresses = addresses.iter();
    addresses.any(|other| other.address() == address.address())
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

/// Whether a client can begin: the network has given an address.
pub fn can_begin(context: &Context<'_, '_>) -> bool {
    let is_link_local = |address: &IpAddress| match address {
        IpAddress::Ipv4(address) => address.is_link_local(),
        IpAddress::Ipv6(address) => address.is_unicast_link_local(),
    };
    let mut addresses = context.addresses().iter();
    addresses.any(|own| !is_link_local(&own.address()))
}
