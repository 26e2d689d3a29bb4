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
    pub fn address(self, ipv6: bool) -> IpAddress {
        match ipv6 {
            false => IpAddress::v4(192, 168, 69, self.0),
            true => IpAddress::v6(0xfdaa, 0, 0, 0, 0, 0, 0, self.0.into()),
        }
    }

    /// Its address with the length of its network's prefix.
    pub fn cidr(self, ipv6: bool) -> IpCidr {
        IpCidr::new(self.address(ipv6), if ipv6 { 64 } else { 24 })
    }

    /// Where its server listens.
    pub fn endpoint(self, ipv6: bool) -> IpEndpoint {
        IpEndpoint::new(self.address(ipv6), uppercase::PORT)
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
