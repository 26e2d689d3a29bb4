//! The hosts: clients, the server of this package, and one of plain smoltcp.

mod application;
mod client;
mod plain;
mod server;

use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr, IpEndpoint};

pub use client::Client;
pub use plain::Plain;
pub use server::Server;

use crate::forgery;
use crate::sample::Sample;
use crate::script::Deed;

/// Which of the hosts: the server is 1, the clients follow, and some addresses have no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(pub u8);

impl Number {
    /// The server.
    pub const SERVER: Self = Self(1);

    /// The address of its card.
    pub fn hardware(self) -> EthernetAddress {
        EthernetAddress([2, 0, 0, 0, 0, self.0])
    }

    /// Its address.
    pub fn address(self, plan: Plan) -> IpAddress {
        plan.address(self.0, plan.is_routed && !self.is_client())
    }

    /// Its address with the length of its network's prefix.
    pub fn cidr(self, plan: Plan) -> IpCidr {
        plan.cidr(self.address(plan))
    }

    /// Where its server listens.
    pub fn endpoint(self, plan: Plan) -> IpEndpoint {
        IpEndpoint::new(self.address(plan), uppercase::PORT)
    }

    /// The router of its network, if there is one.
    pub fn gateway(self, plan: Plan) -> Option<IpAddress> {
        let is_far = !self.is_client();
        plan.is_routed.then(|| plan.address(ROUTER, is_far))
    }

    fn is_client(self) -> bool {
        self != Self::SERVER && self.0 < forgery::NO_HOST
    }
}

/// The addresses of a router, in each of its networks.
const ROUTER: u8 = 254;

/// Where the hosts are: in one network, or in two with a router between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Whether IPv6 is spoken, not IPv4.
    pub ipv6: bool,
    /// Whether the clients have a network of their own.
    pub is_routed: bool,
}

impl Plan {
    fn address(self, number: u8, is_far: bool) -> IpAddress {
        match self.ipv6 {
            false => IpAddress::v4(192, 168, 69 + u8::from(is_far), number),
            true => IpAddress::v6(0xfdaa, 0, 0, is_far.into(), 0, 0, 0, number.into()),
        }
    }

    fn cidr(self, address: IpAddress) -> IpCidr {
        IpCidr::new(address, if self.ipv6 { 64 } else { 24 })
    }

    /// The addresses of the router: in the network of the clients, and in that of the server.
    pub fn router(self) -> [IpCidr; 2] {
        [false, true].map(|is_far| self.cidr(self.address(ROUTER, is_far)))
    }
}

/// A host on the wire.
pub trait Host {
    /// Lets it work, and returns when it wants to again.
    fn poll(&mut self, now: Instant) -> Option<Instant>;

    /// Does what the script says.
    fn perform(&mut self, deed: &Deed, now: Instant);

    /// What it has to do now.
    fn sample(&mut self, now: Instant, timer: Option<Instant>) -> Sample;

    /// Whether its application waits for something.
    fn is_busy(&self) -> bool;
}
