//! What the network has given, and what has become of it, in sentences.

use std::fmt;

use smoltcp::time::{Duration, Instant};
#[cfg(all(feature = "tuntap", target_os = "linux"))]
use smoltcp::wire::IpVersion;
use smoltcp::wire::{IpAddress, IpCidr};
use uppercase::Context;
use uppercase::dhcp::{Event, Lease};
use uppercase::trace::json::{Object, array, string};

use super::args::Server;
use super::endpoints::{add_endpoints, endpoints};
use super::reporter::Printed;

/// How long routers may take to answer the second question: 1 s to take an address, 1 s before the first
/// question (RFC 4861, 10: MAX_RTR_SOLICITATION_DELAY), 4 s and a tenth up to the second (RFC 7559, 2),
/// 0.5 s before an answer (MAX_RA_DELAY_TIME), and something to spare. The first may be lost while a
/// switch or the kernel gets an interface ready.
const LONGEST_SILENCE: Duration = Duration::from_secs(8);

/// Between two news, as routers of the link can make one after the other without end.
const INTERVAL: Duration = Duration::from_secs(1);

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
    /// When the network was asked first.
    began: Option<Instant>,
    /// Whether it was said that no router has answered.
    is_router_missed: bool,
    /// Until when nothing more is said.
    quiet_until: Instant,
}

/// What is said about it.
pub struct News {
    text: String,
    object: Object,
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Printed for News {
    fn json(&self) -> Object {
        self.object.clone()
    }
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
            began: None,
            is_router_missed: false,
            quiet_until: Instant::ZERO,
        }
    }

    /// What has changed since this was asked last; once a second at most.
    pub fn news(&mut self, context: &mut Context<'_, '_>) -> Option<News> {
        if context.now < self.quiet_until {
            return None;
        }
        let event = context.take_dhcp_event();
        let of_slaac = context.take_slaac_event();
        let misses_router = self.misses_router(context);
        let own = context.addresses().iter().copied();
        let own = own.filter(|own| !is_link_local(own.address()));
        let is_as_before =
            own.clone().eq(self.addresses.iter().copied()) && context.gateways() == self.routers;
        let is_quiet = event.is_none() && of_slaac.is_none() && !misses_router;
        if is_quiet && is_as_before {
            return None;
        }
        let (own, routers) = (own.collect::<Vec<_>>(), context.gateways().to_vec());
        let mut text = event.map(|event| self.sentence(&event)).unwrap_or_default();
        text.extend(of_slaac.map(|event| format!("{event}\n")));
        if misses_router {
            text += &self.unanswered("No router");
        }
        let lease = context.lease().cloned();
        if let Some(lease) = lease
            .as_ref()
            .filter(|lease| self.lease.as_ref() != Some(*lease))
        {
            text += &described(lease);
        }
        for gone in missing(&self.addresses, &own) {
            // DHCP has said why.
            if !names(&text, gone.address()) {
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
        let object = self.object(&text);
        if text.is_empty() {
            return None;
        }
        self.quiet_until = context.now + INTERVAL;
        Some(News { text, object })
    }

    /// How long it can be waited until this has to be asked for news.
    pub fn limit(&self, now: Instant, delay: Option<Duration>) -> Option<Duration> {
        let is_due = self.args.link.asks_routers() && !self.is_router_missed;
        let due = self
            .began
            .filter(|_| is_due)
            .map(|began| began + LONGEST_SILENCE);
        let dues = due.into_iter().chain([self.quiet_until]);
        let left = dues.filter(|due| *due > now).map(|due| due - now);
        delay.into_iter().chain(left).min()
    }

    /// What is used now, and what was said of it.
    fn object(&self, text: &str) -> Object {
        let mut object = Object::new();
        object.text("report", "addresses");
        add_endpoints(&mut object, self.args, &self.addresses);
        let shown = |shown: &dyn fmt::Display| string(&shown.to_string());
        let addresses = self.addresses.iter().map(|own| shown(own));
        object.raw("addresses", &array(addresses));
        let routers = self.routers.iter().map(|router| shown(router));
        object.raw("routers", &array(routers));
        if let Some(lease) = &self.lease {
            object.raw("lease", &of_lease(lease).end());
        }
        // Endpoints are indented.
        let sentences = text.lines().filter(|line| !line.starts_with(' '));
        object.raw("sentences", &array(sentences.map(string)));
        object
    }

    /// Whether it has to be said that no router answers.
    fn misses_router(&mut self, context: &Context<'_, '_>) -> bool {
        let began = *self.began.get_or_insert(context.now);
        let is_asked = self.args.link.asks_routers();
        let given = &self.args.link.gateway;
        let is_ipv6 = |address: &IpAddress| matches!(address, IpAddress::Ipv6(_));
        // An address can be formed with a prefix though its router is none to other networks.
        let mut own = context.addresses().iter().map(IpCidr::address);
        let mut routers = context.gateways().iter();
        let is_answered = routers.any(|router| is_ipv6(router) && !given.contains(router))
            || own.any(|own| is_ipv6(&own) && !is_link_local(own) && !self.is_fixed(own));
        let is_missed = is_asked && !is_answered && context.now >= began + LONGEST_SILENCE;
        is_missed && !std::mem::replace(&mut self.is_router_missed, true)
    }

    /// Whether the user has given this address.
    fn is_fixed(&self, own: IpAddress) -> bool {
        self.fixed.iter().any(|fixed| fixed.address() == own)
    }

    /// That there is no answer yet, and why that may be.
    fn unanswered(&self, missed: &str) -> String {
        let name = &self.name;
        format!(
            "{missed} has answered yet on {name}; it is asked again. Is {name} in a network with one? `sudo ip \
             link set {name} master br0` puts it into the bridge br0\n"
        )
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
        match event {
            Event::Unanswered => self.unanswered("No DHCP server"),
            Event::Obtained(_) | Event::Renewed(_) => String::new(),
            _ => format!("{event}\n"), // It is lost, or there is no room for it.
        }
    }
}

/// Whether a text has this address, and not one that begins or ends like it.
fn names(text: &str, address: IpAddress) -> bool {
    let address = address.to_string();
    let mut words = text.split([' ', ',', ';', '/', '\n']);
    words.any(|word| word == address)
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

/// The same for programs.
fn of_lease(lease: &Lease) -> Object {
    let mut object = Object::new();
    object.text("address", &lease.address.to_string());
    object.text("server", &lease.server.to_string());
    if let Some(duration) = lease.duration {
        object.number("duration_s", duration.secs());
    }
    if let Some(router) = lease.router {
        object.text("router", &router.to_string());
    }
    let servers = lease.name_servers.iter();
    let servers = servers.map(|server| string(&server.to_string()));
    object.raw("name_servers", &array(servers));
    object
}

/// Whether the network has given an address of this version.
#[cfg(all(feature = "tuntap", target_os = "linux"))]
pub fn has_version(context: &Context<'_, '_>, version: IpVersion) -> bool {
    let mut own = context.addresses().iter().map(IpCidr::address);
    own.any(|own| own.version() == version && !is_link_local(own))
}
