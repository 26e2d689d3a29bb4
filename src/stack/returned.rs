//! What the network tells and smoltcp 0.14 keeps to itself: that a packet of this host could not be
//! delivered (ICMP). Clients name their failures by it.
//!
//! An ICMP error has no proof of its sender but what it quotes. So it counts only if it is for the
//! address of this host that the quoted packet came from, and for a packet that waits for an answer
//! (RFC 5927, 4.1). Of TCP that is a SYN with the very sequence number: a connection that is open is
//! aborted by no error (RFC 5927, 5.2). A datagram has no such number. But a host that does not know
//! the port has to try many, and those that miss are seen.

use core::cell::Cell;

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpEndpoint, IpProtocol};

use super::Sockets;
use super::table::Table;
use super::unreachable::{TooLong, Unreachable};
use crate::link::Addresses;
use crate::packet::{self, FourTuple, Packet, Quote, Reason};

/// Errors about datagrams that this host has not sent, after which errors about others do not end a
/// request any more. Each of them finds its port with a probability of 1 to 16 384.
const STRAYS: u8 = 4;
/// How long after the last of them.
const DISTRUST: Duration = Duration::from_secs(60);

/// A datagram that came back.
#[derive(Clone, Copy)]
struct Datagram {
    local: IpEndpoint,
    remote: IpEndpoint,
    reason: Unreachable,
    /// Whether a request ends by it, or it only names the failure of one that times out.
    is_trusted: bool,
}

/// Which datagram came back last.
pub(crate) struct Returned {
    datagram: Cell<Option<Datagram>>,
    /// Errors about datagrams that were not sent, and when the last one came.
    strays: Cell<(u8, Instant)>,
}

impl Returned {
    pub(super) const fn new() -> Self {
        Self {
            datagram: Cell::new(None),
            strays: Cell::new((0, Instant::ZERO)),
        }
    }

    /// Whether and why the latest datagram from `local` to `remote` came back. If the time of its
    /// request `is_over`, any error will do.
    pub(super) fn unreachable(
        &self,
        local: IpEndpoint,
        remote: IpEndpoint,
        is_over: bool,
    ) -> Option<Unreachable> {
        let returned = self.datagram.get()?;
        let is_same = (returned.local, returned.remote) == (local, remote);
        (is_same && (is_over || returned.is_trusted)).then_some(returned.reason)
    }

    /// This packet has arrived. Returns what it says of a segment that was too long.
    pub(super) fn received(
        &self,
        packet: &Packet<'_>,
        addresses: &Addresses,
        sockets: &mut Sockets<'_>,
        now: Instant,
    ) -> Option<TooLong> {
        let packet::Unreachable { reason, quote } = packet.unreachable()?;
        // RFC 1122, 3.2.2: an error is sent to the source of the packet that it is about.
        let to = packet.destination;
        if !addresses.is_own(&to) || quote.source.addr != to {
            return None;
        }
        let reason = match reason {
            Reason::Port => Unreachable::Port,
            Reason::Host => Unreachable::Host,
            // The host is there.
            Reason::Length(mtu) => {
                return (quote.protocol == IpProtocol::Tcp).then_some(TooLong { quote, mtu });
            }
        };
        if quote.protocol == IpProtocol::Tcp {
            returned_segment(&quote, reason, sockets);
        } else {
            self.returned_datagram(&quote, reason, sockets, now);
        }
        None
    }

    fn returned_datagram(
        &self,
        quote: &Quote,
        reason: Unreachable,
        sockets: &Sockets<'_>,
        now: Instant,
    ) {
        let (mut strays, since) = self.strays.get();
        if now >= since + DISTRUST {
            strays = 0;
        }
        if !sockets.has_udp(quote.source.port) {
            self.strays.set((strays.saturating_add(1), now));
            return;
        }
        self.datagram.set(Some(Datagram {
            local: quote.source,
            remote: quote.destination,
            reason,
            is_trusted: strays < STRAYS,
        }));
    }
}

/// Tells the connection that this was its SYN.
fn returned_segment(quote: &Quote, reason: Unreachable, sockets: &mut Sockets<'_>) {
    let tuple = FourTuple {
        local: quote.source,
        remote: quote.destination,
    };
    let clients = &mut sockets.clients;
    if let Some(connection) = clients.find(&tuple).and_then(|slot| clients.get_mut(slot)) {
        let state = connection.socket().state();
        connection.control.returned(state, quote.sequence, reason);
    }
}
