use smoltcp::iface;
use smoltcp::time::Instant;
use smoltcp::wire::IpAddress;
#[cfg(feature = "client")]
use smoltcp::wire::IpEndpoint;

use super::Sockets;
use super::host::Host;
#[cfg(feature = "client")]
use super::ports::Ports;
#[cfg(feature = "client")]
use super::unreachable::Unreachable;

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

impl Context<'_, '_> {
    /// The largest IP packet that the link carries, in bytes.
    pub fn ip_mtu(&self) -> usize {
        self.host.ip_mtu()
    }

    /// The longest packet that the path to `address` takes, as far as is known, in bytes.
    #[cfg(all(feature = "fragmentation", feature = "ipv6"))]
    pub(crate) fn path_mtu(&self, address: &IpAddress) -> usize {
        self.host.path_mtu(address, self.now)
    }

    /// Whether `address` is one of the stack's own.
    pub fn is_own(&self, address: &IpAddress) -> bool {
        self.host.link.addresses.is_own(address)
    }

    /// The host that a packet to `address` is handed to: the host itself if it is on the link, else
    /// a gateway; `None` if there is no route.
    pub fn next_hop(&self, address: &IpAddress) -> Option<IpAddress> {
        self.host.link.addresses.next_hop(address)
    }

    /// A port of the dynamic range (49152 to 65535, RFC 6335), for a client: never one of the 2000
    /// before it, none of a server or of another UDP socket, and none that can be foreseen
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

    /// A random number, for what another host must not guess.
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

    /// Whether it is known where on the link a packet to `address` has to go; else that is asked for
    /// (ARP, RFC 826; neighbor discovery, RFC 4861), and the stack polls its services when there is
    /// an answer.
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
