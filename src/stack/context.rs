use smoltcp::iface;
use smoltcp::time::Instant;
use smoltcp::wire::IpAddress;

use super::Sockets;
use super::link::Link;
#[cfg(feature = "client")]
use super::observer::Observer;

/// What a service works with: the time, the sockets, and what the stack knows about its link.
pub struct Context<'c, 'a> {
    /// The time of this poll.
    pub now: Instant,
    /// All sockets of the stack.
    pub sockets: &'c mut Sockets<'a>,
    /// smoltcp's own context, which some calls of its sockets ask for.
    pub interface: &'c mut iface::Context,
    pub(super) link: &'c mut Link<'a>,
}

impl Context<'_, '_> {
    /// The largest IP packet that the link carries, in bytes.
    pub fn ip_mtu(&self) -> usize {
        self.link.ip_mtu
    }

    /// Whether `address` is one of the stack's own.
    pub fn is_own(&self, address: &IpAddress) -> bool {
        self.link.is_own(address)
    }

    /// A port out of those that are nobody's (49152 to 65535, RFC 6335), for a client: never one
    /// of the 2000 before it, and not to be told beforehand (RFC 6056, 3.3.5).
    pub fn ephemeral_port(&mut self) -> u16 {
        self.link.ephemeral_port()
    }

    /// A random number, for what another host must not guess.
    #[cfg(feature = "client")]
    pub(crate) fn random(&mut self) -> u16 {
        (self.link.random() >> 48) as u16
    }

    /// Has everything that can be transmitted transmitted, and the services called again, before
    /// the next frame is received.
    pub fn transmit_first(&mut self) {
        self.link.transmit_first = true;
    }

    /// Says that a service is about to answer `address`, whose frame has just arrived: the answer
    /// goes where the frame came from, and waits for nobody to say where that is.
    ///
    /// Does nothing if the latest frame came from another address.
    pub fn answer(&mut self, address: &IpAddress) {
        if let Some(next_hop) = self.link.next_hop(address) {
            self.link.neighbors.answer(*address, next_hop, self.now);
        }
    }

    /// Says that the server on `port` has no place for another connection at the moment: until the
    /// services are called again, requests are not refused, but wait or are dropped.
    ///
    /// Returns whether a client waits that is known to be there. Who has not confirmed its
    /// connection for a while may make room for it.
    ///
    /// A stack has four servers at most that say this or [`admit`](Self::admit) clients; requests
    /// for a fifth are refused.
    pub fn busy(&mut self, port: u16) -> bool {
        self.link.admission.busy(port, self.now)
    }

    /// Says that a socket listens on `port`: whoever has waited longest is handed over to it, and
    /// the services are called again.
    pub fn admit(&mut self, port: u16) {
        self.link.admission.admit(port, self.now);
    }

    /// Says that nobody serves `port` any more: whoever asks for it from now on is refused, and
    /// those who wait when they ask again.
    pub fn gone(&mut self, port: u16) {
        self.link.admission.gone(port);
    }

    /// Who a packet to `address` is handed to: the host itself if it is on the link, else a
    /// gateway; `None` if there is no way to it.
    pub fn next_hop(&self, address: &IpAddress) -> Option<IpAddress> {
        self.link.next_hop(address)
    }

    /// Whether `address` can be that of one host: it is neither unspecified nor that of a group.
    #[cfg(feature = "client")]
    pub(crate) fn is_one_host(&self, address: &IpAddress) -> bool {
        self.link.is_one_host(address)
    }

    /// The address of ours from which a packet to `address` is sent; `None` if we have none of
    /// its IP version.
    #[cfg(feature = "client")]
    pub(crate) fn source_for(&self, address: &IpAddress) -> Option<IpAddress> {
        self.link.source_for(address)
    }

    /// Whether the host that a packet to `address` is handed to does not answer when it is asked
    /// for its hardware address.
    #[cfg(feature = "client")]
    pub(crate) fn is_silent(&self, address: &IpAddress) -> bool {
        let next_hop = self.next_hop(address);
        next_hop.is_some_and(|next_hop| self.link.observer.is_silent(&next_hop))
    }

    #[cfg(feature = "client")]
    pub(crate) fn observer(&mut self) -> &mut Observer {
        &mut self.link.observer
    }
}
