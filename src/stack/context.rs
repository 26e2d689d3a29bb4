use core::fmt;

use smoltcp::iface;
use smoltcp::time::Instant;
use smoltcp::wire::IpAddress;
#[cfg(feature = "addressing")]
use smoltcp::wire::IpCidr;
#[cfg(feature = "client")]
use smoltcp::wire::IpEndpoint;
#[cfg(feature = "mld")]
use smoltcp::wire::Ipv6Address;

use super::Sockets;
#[cfg(feature = "addressing")]
use super::config_error::ConfigError;
#[cfg(any(feature = "dhcp", feature = "slaac"))]
use super::configuration::NameServers;
use super::host::Host;
#[cfg(feature = "client")]
use super::ports::Ports;
#[cfg(feature = "client")]
use super::unreachable::Unreachable;
#[cfg(feature = "dhcp")]
use crate::dhcp::{self, Lease};
#[cfg(feature = "conflict-detection")]
use crate::link::Conflict;
#[cfg(feature = "mld")]
use crate::link::MOST_JOINED;
use crate::packet::UDP_HEADER;
use crate::packet::ip::{IPV4_HEADER, IPV6_HEADER};
#[cfg(feature = "slaac")]
use crate::slaac;

/// What a service works with: the time, the sockets, and what the stack knows about its host.
pub struct Context<'c, 'a> {
    /// The time of this poll, by the [stack's clock](super::Stack::poll).
    pub now: Instant,
    /// The sockets of the stack.
    pub sockets: &'c mut Sockets<'a>,
    /// smoltcp's own context, which some calls of its sockets ask for.
    pub interface: &'c mut iface::Context,
    pub(super) host: &'c mut Host,
    #[cfg(feature = "client")]
    pub(super) ports: &'c mut Ports,
}

impl fmt::Debug for Context<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("now", &self.now)
            .field("addresses", &self.host.link.addresses.own())
            .finish_non_exhaustive()
    }
}

impl Context<'_, '_> {
    /// The largest IP packet that the link carries, in bytes.
    #[must_use]
    pub fn ip_mtu(&self) -> usize {
        self.host.ip_mtu()
    }

    /// The longest payload of a datagram of UDP to `address` that can leave, in fragments or whole, in bytes.
    ///
    /// A service with a socket of its own asks before it queues a datagram. A longer one is dropped, and
    /// counted in `Counters::too_long`; over IPv4 smoltcp 0.14 panics at more than 65 507 bytes, where
    /// overflows are checked, as in a debug build.
    #[must_use]
    pub fn longest_datagram_to(&self, address: &IpAddress) -> usize {
        let header = match address {
            IpAddress::Ipv4(_) => IPV4_HEADER,
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => IPV6_HEADER,
        };
        let longest = self.host.longest_packet_to(address, self.now);
        longest.saturating_sub(header + UDP_HEADER)
    }

    /// Whether `address` is one of the stack's own.
    #[must_use]
    pub fn is_own(&self, address: &IpAddress) -> bool {
        self.host.link.addresses.is_own(address)
    }

    /// The host that a packet to `address` is handed to: the host itself if it is on the link, else
    /// a gateway; `None` if there is no route.
    #[must_use]
    pub fn next_hop(&self, address: &IpAddress) -> Option<IpAddress> {
        self.host.link.addresses.next_hop(address)
    }

    /// A port of the dynamic range (49152 to 65535, RFC 6335), for a client: none of the last 2000,
    /// none that a server or another UDP socket has, and none that can be predicted
    /// (RFC 6056, 3.3.1).
    #[cfg(feature = "client")]
    pub fn ephemeral_port(&mut self) -> u16 {
        // There are more ports than sockets.
        loop {
            let port = self.ports.next();
            if !self.sockets.has(port) {
                return port;
            }
        }
    }

    /// A random number that another host cannot guess.
    #[cfg(feature = "client")]
    pub(crate) fn random(&mut self) -> u16 {
        self.ports.random()
    }

    /// Whether `address` can be that of one host: it is neither unspecified nor that of a group.
    #[cfg(feature = "client")]
    pub(crate) fn is_one_host(&self, address: &IpAddress) -> bool {
        self.host.link.addresses.is_one_host(address)
    }

    /// The address of ours from which a packet to `address` is sent; `None` if we have none of
    /// its IP version.
    #[cfg(feature = "client")]
    pub(crate) fn source_for(&self, address: &IpAddress) -> Option<IpAddress> {
        self.host.link.addresses.source_for(address)
    }

    /// Whether the hardware address for a packet to `address` is known. If not, the stack asks for it
    /// (ARP, RFC 826; neighbor discovery, RFC 4861), and polls its services when there is an answer.
    ///
    /// A service calls it before it sends to a host that has not asked it for anything, at each
    /// poll until it is true: what is sent before is lost. Where there is no route there is nothing
    /// to wait for, and it is true.
    #[cfg(feature = "client")]
    pub fn resolve(&mut self, address: &IpAddress) -> bool {
        self.host.link.resolve(address, self.now)
    }

    /// Whether the host that a packet to `address` is handed to does not answer when it is asked
    /// for its hardware address.
    #[cfg(feature = "client")]
    pub(crate) fn is_silent(&self, address: &IpAddress) -> bool {
        self.host.link.is_silent(address)
    }

    /// Whether and why the latest datagram from `local_port` to `remote` came back. If the time of
    /// its request `is_over`, less proof is asked for.
    #[cfg(feature = "client")]
    pub(crate) fn unreachable(
        &self,
        local_port: u16,
        remote: IpEndpoint,
        is_over: bool,
    ) -> Option<Unreachable> {
        let local = IpEndpoint::new(self.source_for(&remote.addr)?, local_port);
        self.host.returned.unreachable(local, remote, is_over)
    }
}

/// The groups of this host.
#[cfg(feature = "mld")]
impl Context<'_, '_> {
    /// Takes datagrams to an IPv6 group from now on, from any source. With
    /// [`Stack::with_group_reports`](super::Stack::with_group_reports) that is reported. The stack is in
    /// the groups that it needs itself: that of all nodes, and the solicited-node group of each address.
    ///
    /// A service that is asked at the address of a group answers from one of the stack's own; see
    /// [`udp::refusal`](crate::udp::refusal).
    ///
    /// # Errors
    /// If it is not a group, or there is no room for it.
    pub fn join_group(&mut self, group: Ipv6Address) -> Result<(), JoinError> {
        match group.is_multicast() {
            true if self.host.link.join(group) => Ok(()),
            true => Err(JoinError::TooManyGroups),
            false => Err(JoinError::NotAGroup(group)),
        }
    }

    /// Takes no more datagrams to a group; returns whether it was joined.
    pub fn leave_group(&mut self, group: &Ipv6Address) -> bool {
        self.host.link.leave(group)
    }
}

/// Why a group cannot be joined.
#[cfg(feature = "mld")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JoinError {
    /// The address is not that of a group.
    NotAGroup(Ipv6Address),
    /// The stack is in as many groups as there is room for.
    TooManyGroups,
}

#[cfg(feature = "mld")]
impl core::fmt::Display for JoinError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NotAGroup(address) => {
                write!(f, "{address} is not a group; those of IPv6 begin with ff")
            }
            Self::TooManyGroups => write!(
                f,
                "the stack is in {MOST_JOINED} groups, which is all that there is room for; leave one first"
            ),
        }
    }
}

#[cfg(feature = "mld")]
impl core::error::Error for JoinError {}

/// The addresses of this host, and the gateways.
///
/// A service that configures its host, as a client of DHCP does, calls these methods when it is
/// polled; a program calls them by [`Stack::context`](super::Stack::context). A change counts from
/// then on: packets for an address that is gone are dropped, and clients send from one that is
/// there. At the next poll, or at the end of this one, each TCP connection of an address that is
/// gone sends a reset and ends ([`End::AddressGone`](super::End::AddressGone)). All others go on.
///
/// To replace an address, remove it and add the new one. One that is removed and added again before
/// the next poll keeps its connections.
///
/// ```
/// use smoltcp::phy::Device;
/// use smoltcp::time::Instant;
/// use smoltcp::wire::{IpAddress, IpCidr};
/// use uppercase::Stack;
/// use uppercase::stack::ConfigError;
///
/// /// The network has been renumbered.
/// fn move_host<D: Device>(stack: &mut Stack<'_, D>, now: Instant) -> Result<(), ConfigError> {
///     let mut context = stack.context(now);
///     context.remove_address(&IpAddress::v4(192, 168, 69, 1));
///     context.add_address(IpCidr::new(IpAddress::v4(10, 0, 0, 7), 24))?;
///     context.set_gateway(IpAddress::v4(10, 0, 0, 1))
/// }
/// ```
#[cfg(feature = "addressing")]
impl Context<'_, '_> {
    /// The stack's own addresses, each with the length of its network's prefix.
    #[must_use]
    pub fn addresses(&self) -> &[IpCidr] {
        self.host.link.addresses.own()
    }

    /// The routers to hosts that are not on the link: one for each IP version at most.
    #[must_use]
    pub fn gateways(&self) -> &[IpAddress] {
        self.host.link.addresses.gateways()
    }

    /// Adds an address, or changes the length of the prefix of one. On Ethernet, the first IPv6
    /// address brings a link-local one (RFC 4291, 2.8).
    ///
    /// # Errors
    /// If it cannot be the address of a host on this link, or there is no room; nothing has changed
    /// then.
    pub fn add_address(&mut self, address: IpCidr) -> Result<(), ConfigError> {
        self.host.has_changed = true;
        let is_new = !self.is_own(&address.address());
        self.host.add_address(address).inspect_err(|_| {
            // There was no room for the link-local one.
            if is_new {
                self.host.link.remove_address(&address.address());
            }
        })
    }

    /// Removes an address, and the gateways that are on no network of this host any more; returns
    /// whether it was one of the stack's own.
    pub fn remove_address(&mut self, address: &IpAddress) -> bool {
        self.host.has_changed = true;
        self.host.link.remove_address(address)
    }

    /// Whether the link is being asked about an address, whether another host has it. A new address is not
    /// used before that is over; after [`link_is_back`](Self::link_is_back), addresses are used meanwhile.
    /// See [`Stack::with_conflict_detection`](super::Stack::with_conflict_detection).
    #[cfg(feature = "conflict-detection")]
    #[must_use]
    pub fn is_probing(&self) -> bool {
        self.host.link.is_probing()
    }

    /// The latest conflict about an address since the last call.
    #[cfg(feature = "conflict-detection")]
    pub fn take_conflict(&mut self) -> Option<Conflict> {
        self.host.conflict.take()
    }

    /// What a DHCP server has given, while it is used; see [`dhcp`](crate::dhcp).
    #[cfg(feature = "dhcp")]
    pub fn lease(&mut self) -> Option<&Lease> {
        self.host.configuration.lease()
    }

    /// The latest event of DHCP since the last call.
    #[cfg(feature = "dhcp")]
    pub fn take_dhcp_event(&mut self) -> Option<dhcp::Event> {
        self.host.configuration.take_dhcp_event()
    }

    /// The latest event of SLAAC since the last call; see [`slaac`](crate::slaac).
    #[cfg(feature = "slaac")]
    pub fn take_slaac_event(&mut self) -> Option<slaac::Event> {
        self.host.configuration.take_slaac_event()
    }

    /// The name servers that the network has named, as long as that counts.
    #[cfg(any(feature = "dhcp", feature = "slaac"))]
    pub fn name_servers(&mut self) -> NameServers {
        self.host.configuration.name_servers()
    }

    /// Replaces the gateway of this IP version. A connection to a host beyond it goes on by the router
    /// that the peer's last segment came from, until a segment comes from another router.
    ///
    /// # Errors
    /// If it cannot be the address of a host, or is on no network of this host, or there is no
    /// room; nothing has changed then.
    pub fn set_gateway(&mut self, gateway: IpAddress) -> Result<(), ConfigError> {
        self.host.has_changed = true;
        self.host.set_gateway(gateway)
    }

    /// Removes a gateway; returns whether it was one.
    pub fn remove_gateway(&mut self, gateway: &IpAddress) -> bool {
        self.host.has_changed = true;
        self.host.link.addresses.remove_gateway(gateway)
    }
}

#[cfg(any(feature = "conflict-detection", feature = "mld"))]
impl Context<'_, '_> {
    /// The device has its link again, which was down: the program says so. As this may be another
    /// network, all is done anew that hosts of a network have to know or to agree to:
    ///
    /// - with the feature `conflict-detection`, the link is asked whether another host has an address
    ///   (RFC 5227, 2.1), also for those of the program that were given up. Addresses that this host has are
    ///   used meanwhile, so connections live on;
    /// - with `dhcp` and `slaac`, what the network has given is verified;
    /// - with `mld`, the groups that this host listens to are reported.
    pub fn link_is_back(&mut self) {
        #[cfg(feature = "conflict-detection")]
        self.host.link.verify_addresses();
        #[cfg(any(feature = "dhcp", feature = "slaac"))]
        self.host.configuration.verify();
        #[cfg(feature = "mld")]
        self.host.link.report_groups_anew(self.now);
    }
}
