//! Addresses and gateways change while the stack runs.
//!
//! All that judges a packet asks [`Addresses`](crate::link), so a change counts at once. What goes
//! on by itself is told at the next poll: smoltcp, which has a copy, and the connections and queues
//! of an address that is gone.

use smoltcp::phy::Device;
use smoltcp::socket::tcp::State;
use smoltcp::socket::{Socket, udp};
use smoltcp::wire::{IpAddress, IpCidr, TcpSeqNumber};

use super::config::ConfigError;
use super::context::Context;
use super::control::Connection;
#[cfg(feature = "conflict-detection")]
use super::counters::count;
#[cfg(feature = "conflict-detection")]
use super::host::Host;
use super::inject::{Header, Synthetic};
use super::poll::Poll;
use super::port::{self, Way};
use super::service::Service;
use super::sockets::Sockets;
use super::table::{Slot, Table};
#[cfg(feature = "conflict-detection")]
use crate::link::Conflict;
use crate::link::{Addresses, Room};
use crate::packet::Flags;

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
impl Context<'_, '_> {
    /// The stack's own addresses, each with the length of its network's prefix.
    pub fn addresses(&self) -> &[IpCidr] {
        self.host.link.addresses.own()
    }

    /// The routers to hosts that are not on the link: one for each IP version at most.
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

    /// Whether an address is not used yet, as the link is asked whether another host has it; see
    /// [`Stack::with_conflict_detection`](super::Stack::with_conflict_detection).
    #[cfg(feature = "conflict-detection")]
    pub fn is_probing(&self) -> bool {
        self.host.link.is_probing()
    }

    /// The latest conflict about an address since this was asked last.
    #[cfg(feature = "conflict-detection")]
    pub fn take_conflict(&mut self) -> Option<Conflict> {
        self.host.conflict.take()
    }

    /// Takes this gateway in place of that of its IP version. A connection to a host beyond it goes
    /// on by the router that the peer's last segment came from, until another one brings a segment.
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

impl<'a, D: Device> Poll<'_, 'a, D> {
    /// Tells all that goes on by itself of a change of addresses; returns whether a connection has
    /// ended by it.
    #[inline(never)]
    pub(super) fn follow_addresses(&mut self, service: &mut dyn Service<'a>) -> bool {
        #[cfg(feature = "conflict-detection")]
        self.tend_claims();
        if !core::mem::take(&mut self.host.has_changed) {
            return false;
        }
        self.host.link.follow_addresses();
        port::set_addresses(self.interface, self.host.link.addresses.own());
        if !self.host.link.addresses.take_loss() {
            return false;
        }
        let addresses = &self.host.link.addresses;
        self.judges.accept.forget_gone(addresses);
        let mut room = Room {
            device: &mut *self.device,
            now: self.now,
        };
        let mut way = Way::new(self.interface, self.host, self.now, &mut room);
        let mut has_ended = false;
        for port in self.sockets.served() {
            if let Some(table) = service.table(port) {
                has_ended |= end_gone(table, addresses, &mut way);
            }
        }
        #[cfg(feature = "client")]
        {
            has_ended |= end_gone(&mut self.sockets.clients, addresses, &mut way);
        }
        drop_answers(self.sockets);
        has_ended
    }

    /// Asks for addresses, announces and defends them, as it is due.
    #[cfg(feature = "conflict-detection")]
    fn tend_claims(&mut self) {
        let Host { link, conflict, .. } = &mut *self.host;
        let counters = &mut self.judges.counters;
        let mut room = Room {
            device: &mut *self.device,
            now: self.now,
        };
        self.host.has_changed |= link.tend_claims(self.now, &mut room, &mut |latest| {
            log::warn!("{latest}");
            count(&mut counters.conflicts);
            *conflict = Some(latest);
        });
    }
}

/// Ends the connections of addresses that are gone; returns whether there were any.
fn end_gone<'a>(table: &mut dyn Table<'a>, addresses: &Addresses, way: &mut Way<'_>) -> bool {
    let mut has_ended = false;
    for slot in (0..).map(Slot) {
        let Some(connection) = table.get(slot) else {
            break;
        };
        let is_over = connection.socket().state() == State::Closed;
        let local = connection.control.four_tuple().map(|tuple| tuple.local);
        if is_over || local.is_none_or(|local| addresses.is_own(&local.addr)) {
            continue;
        }
        if let Some(connection) = table.touch(slot) {
            end(connection, way);
            has_ended = true;
        }
    }
    has_ended
}

/// Ends a connection of an address that is gone. smoltcp would do so, too, at the next segment, and
/// tell neither the peer nor the service.
fn end(connection: &mut Connection<'_>, way: &mut Way<'_>) {
    let state = connection.socket().state();
    let is_synchronized = !matches!(
        state,
        State::Listen | State::SynSent | State::Closing | State::LastAck | State::TimeWait
    );
    // "Before abandoning an address due to a conflict, hosts SHOULD actively attempt to reset any
    // existing connections using that address" (RFC 5227, 2.4). So does a host without a conflict:
    // its peer would wait for what does not come.
    if let Some(tuple) = connection.control.four_tuple().filter(|_| is_synchronized) {
        let reset = Synthetic::new(&Header {
            source: tuple.local,
            destination: tuple.remote,
            // RFC 9293, 3.10.5: "Send a reset segment: <SEQ=SND.NXT><CTL=RST>".
            sequence: connection.control.sent(),
            acknowledgement: TcpSeqNumber(0),
            flags: Flags::RST,
            window: 0,
            maximum_segment_size: None,
            payload: None,
        });
        way.asker = connection.control.hardware;
        way.answer(reset.as_bytes());
    }
    connection.forget();
    connection.control.lose_address();
    way.look(&connection.set, Some(&mut connection.control));
}

/// Drops the datagrams that wait for room in the device: they may give an address that is gone as
/// their source. UDP loses datagrams, and its clients ask again.
fn drop_answers(sockets: &mut Sockets<'_>) {
    for (_, socket) in sockets.set.iter_mut() {
        if let Socket::Udp(socket) = socket
            && socket.send_queue() > 0
        {
            reopen(socket);
        }
    }
}

fn reopen(socket: &mut udp::Socket<'_>) {
    let endpoint = socket.endpoint();
    socket.close();
    // Cannot fail: it had this port.
    let _ = socket.bind(endpoint);
}
