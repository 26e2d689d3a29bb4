//! IPv6 addresses with the prefixes that routers advertise: stateless address autoconfiguration
//! (RFC 4862; RFC 4861, 6.3), and their name servers (RFC 8106).
//!
//! # SLAAC
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
//!     Ok(Stack::new(device, config, slots, now)?.with_slaac())
//! }
//! ```
//!
//! The stack takes its link-local address, asks for routers, and forms an address with each prefix that
//! they advertise for that. Each address is used once the link was asked whether another host has it.
//! DHCP for IPv4 can run beside it (`Stack::with_dhcp`, with the feature `dhcp`).
//!
//! - **Lifetimes.** When the preferred lifetime of an address has ended, connections go on, and other
//!   hosts can open new ones; what this host begins is sent from another address, if there is one. When
//!   the valid lifetime has ended, the address is removed, and its connections end
//!   ([`End::AddressGone`](crate::stack::End::AddressGone)). A router cannot shorten the time that is left
//!   to less than two hours (RFC 4862, 5.5.3 e).
//! - **Addresses of the program.** An address of [`Config`](crate::stack::Config), or of
//!   `Context::add_address`, remains as it is, also where it is formed with a prefix, too. Where there is no
//!   room for an address, [`Context::take_slaac_event`](crate::Context::take_slaac_event) says so, and the next
//!   advertisement forms it anew.
//! - **Routers.** The first one that is there is the gateway, unless
//!   `Config` gives one; when its lifetime has ended, the next is.
//! - **Link down and up.** When the device has its link again, the program calls
//!   [`Context::link_is_back`](crate::Context::link_is_back), and routers are asked anew. If the answer is
//!   from a router that was not known, this is another network, and what the others gave is removed. If
//!   none answers, or one that was known, everything stays.
//! - **Identifiers.** The last 64 bits of an address follow from the hardware address (RFC 4291,
//!   appendix A), as those of the link-local one do. A server has to be found at the same address after
//!   each start. Opaque identifiers (RFC 7217) need a secret that is the same at each start, and a stack
//!   has none: the seed of [`Config`](crate::stack::Config) is another one each time. So
//!   the address tells the card, in each network.
//!
//! # What is believed
//!
//! An advertisement with the hop limit 255, which no router has forwarded, from a link-local address,
//! with a right checksum and whole options (RFC 4861, 6.1.2). Any host of the link can send one; networks
//! keep that out in their switches (RFC 6105). So much is kept of what is advertised: [`PREFIXES`],
//! [`ROUTERS`] and [`NAME_SERVERS`]. What is beyond is dropped, and drives nothing out.

mod autoconf;
mod lifetime;

pub use autoconf::{NAME_SERVERS, PREFIXES, ROUTERS};

pub(crate) use autoconf::{Autoconf, Task};

use core::fmt;

use smoltcp::config::IFACE_MAX_ADDR_COUNT;
use smoltcp::wire::Ipv6Address;

/// What has happened to an address that was formed with a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// There is no room for the address: smoltcp is built for fewer (its feature `iface-max-addr-count-…`).
    NoRoom(Ipv6Address),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::NoRoom(address) = self;
        write!(
            f,
            "there is no room for {address}, which is formed with the prefix of a router: this host has \
             {IFACE_MAX_ADDR_COUNT} addresses already; remove one of them"
        )
    }
}
