//! An IPv4 address from a server of the network: a client of DHCP (RFC 2131, RFC 2132).
//!
//! # DHCP
//!
//! ```
//! use smoltcp::iface::SocketStorage;
//! use smoltcp::phy::Device;
//! use smoltcp::time::Instant;
//! use uppercase::Stack;
//! use uppercase::stack::{Config, ConfigError};
//!
//! fn stack<'a, D: Device>(
//!     device: D,
//!     config: Config, // needs no addresses and no gateways
//!     slots: &'a mut [SocketStorage<'a>],
//!     now: Instant,
//! ) -> Result<Stack<'a, D>, ConfigError> {
//!     Ok(Stack::new(device, config, slots, now)?.with_dhcp())
//! }
//! ```
//!
//! That is all: the stack asks for an address when it is polled, uses it, renews its lease, and gives
//! it up when the lease has ended. Servers need not be told: they serve each address that the stack
//! has. [`Context::lease`](crate::Context::lease) says what was obtained, and
//! [`Context::take_dhcp_event`](crate::Context::take_dhcp_event) what has happened. Name servers are in
//! [`Context::name_servers`](crate::Context::name_servers).
//!
//! - Before an address is used, the link is asked whether another host has it (RFC 5227). This takes
//!   0.4 to 0.7 seconds here instead of 4 to 7, as the server has looked, too (RFC 2131, 2.2). If another
//!   host has it, the server is told (DHCPDECLINE), and asked for another one ten seconds later.
//! - Half-way through its time the lease is renewed with the server that gave it, later with any server.
//!   Connections live on. If none answers in time, or the server refuses, the address is removed:
//!   connections from it end ([`End::AddressGone`](crate::stack::End::AddressGone)), and the stack asks
//!   for a new one.
//! - When the device has lost its link and has it again, the program calls
//!   [`Context::link_is_back`](crate::Context::link_is_back): the server is asked whether the address
//!   is still right for this network (INIT-REBOOT).
//! - An address of [`Config`](crate::stack::Config), or of `Context::add_address`, remains as it is, also
//!   where a server gives the same one: it is not removed with the lease.
//! - A gateway of `Config` is left as it is; without one, the first router that
//!   the server names is taken.
//!
//! # What is believed
//!
//! A message counts only if it has the transaction's number, which is random, and the hardware
//! address of this host; then only if it comes from the server that was chosen, where one was, and is
//! about the address that was asked for. A host of the same link can see the number, and so can give any
//! address: DHCP has no other protection.

mod client;
mod lease;

pub use crate::packet::NAME_SERVERS;
pub use lease::Lease;

pub(crate) use client::{Client, Task};

use core::fmt;

use smoltcp::config::IFACE_MAX_ADDR_COUNT;
use smoltcp::wire::Ipv4Address;

/// What has happened to the address from a DHCP server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// No server has answered yet. It goes on to ask.
    Unanswered,
    /// This host uses the address.
    Obtained(Ipv4Address),
    /// A server has given the address, and there is no room for it: smoltcp is built for fewer addresses
    /// (its feature `iface-max-addr-count-…`). It is asked for anew ten seconds later.
    NoRoom(Ipv4Address),
    /// The lease goes on, and what came with it may have changed.
    Renewed(Ipv4Address),
    /// This host does not use the address any more, unless the program has chosen the same one.
    Lost(Ipv4Address, Loss),
}

/// Why an address is not used any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// The lease has ended, and no server has renewed it.
    Expired,
    /// A server has refused it (DHCPNAK): this host may have been moved to another network.
    Refused,
    /// Another host uses it; the server was told (DHCPDECLINE).
    Conflict,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unanswered => {
                write!(f, "no DHCP server has answered yet; it is asked again")
            }
            Self::Obtained(address) => write!(f, "{address} is from a DHCP server"),
            Self::NoRoom(address) => write!(
                f,
                "there is no room for {address}, which a DHCP server has given: this host has \
                 {IFACE_MAX_ADDR_COUNT} addresses already; remove one of them"
            ),
            Self::Renewed(address) => write!(f, "the lease of {address} is renewed"),
            Self::Lost(address, loss) => write!(f, "{address} is not used any more: {loss}"),
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "its lease has ended, and no DHCP server has renewed it",
            Self::Refused => "a DHCP server has refused it; another one is asked for",
            Self::Conflict => "another host has it; the DHCP server is asked for another one",
        })
    }
}
