//! What the network tells and smoltcp 0.14 keeps to itself: that a neighbor does not answer, and that
//! a packet of this host could not be delivered (ICMP). Clients name their failures by it.
//!
//! An ICMP error has no proof of its sender but what it quotes. So it counts only if it is for the
//! address of this host that the quoted packet came from, and for a packet that waits for an answer
//! (RFC 5927, 4.1). Of TCP that is a SYN with the very sequence number: a connection that is open is
//! aborted by no error (RFC 5927, 5.2). A datagram has no such number. But a host that does not know
//! the port has to try many, and those that miss are seen.

use core::cell::{Cell, RefCell};

use heapless::Vec;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpEndpoint, IpProtocol};

use super::Sockets;
use super::addresses::Addresses;
use super::table::Table;
use super::unreachable::Unreachable;
use crate::packet::{Arp, Content, FourTuple, Frame, Icmp, Quote, Reason};

/// Errors about datagrams that this host has not sent, after which errors about others do not end a
/// request any more. Each of them finds its port with a probability of 1 to 16 384.
const STRAYS: u8 = 4;
/// How long after the last of them.
const DISTRUST: Duration = Duration::from_secs(60);

/// A datagram that came back.
#[derive(Clone, Copy)]
struct Returned {
    local: IpEndpoint,
    remote: IpEndpoint,
    reason: Unreachable,
    /// Whether a request ends by it, or it only names the failure of one that times out.
    is_trusted: bool,
}

/// Which neighbors do not answer, and which datagram came back last.
pub(crate) struct Reachability {
    /// Neighbors that were asked for and have not answered, the latest last.
    silent: RefCell<Vec<IpAddress, 4>>,
    returned: Cell<Option<Returned>>,
    /// Errors about datagrams that were not sent, and when the last one came.
    strays: Cell<(u8, Instant)>,
}

impl Reachability {
    pub(super) const fn new() -> Self {
        Self {
            silent: RefCell::new(Vec::new()),
            returned: Cell::new(None),
            strays: Cell::new((0, Instant::ZERO)),
        }
    }

    /// Whether `neighbor` was asked for its hardware address and has not answered yet.
    pub(super) fn is_silent(&self, neighbor: &IpAddress) -> bool {
        self.silent.borrow().contains(neighbor)
    }

    /// Whether and why the latest datagram from `local` to `remote` came back. If the time of its
    /// request `is_over`, any error will do.
    pub(super) fn unreachable(
        &self,
        local: IpEndpoint,
        remote: IpEndpoint,
        is_over: bool,
    ) -> Option<Unreachable> {
        let returned = self.returned.get()?;
        let is_same = (returned.local, returned.remote) == (local, remote);
        (is_same && (is_over || returned.is_trusted)).then_some(returned.reason)
    }

    fn asked(&self, neighbor: IpAddress) {
        self.answered(neighbor);
        let mut silent = self.silent.borrow_mut();
        if silent.is_full() {
            silent.remove(0);
        }
        // Cannot fail: room was just made.
        let _ = silent.push(neighbor);
    }

    fn answered(&self, neighbor: IpAddress) {
        self.silent
            .borrow_mut()
            .retain(|silent| *silent != neighbor);
    }

    /// smoltcp transmits this frame.
    pub(super) fn transmitted(&self, frame: &Frame<'_>) {
        if let Some(Seen::Asked(neighbor)) = look(frame) {
            self.asked(neighbor);
        }
    }

    /// This frame has arrived.
    pub(super) fn received(
        &self,
        frame: &Frame<'_>,
        addresses: &Addresses,
        sockets: &mut Sockets<'_>,
        now: Instant,
    ) {
        match look(frame) {
            Some(Seen::Answered(neighbor)) => self.answered(neighbor),
            // RFC 1122, 3.2.2: an error is sent to the source of the packet that it is about.
            Some(Seen::Returned(to, quote, reason))
                if addresses.is_own(&to) && quote.source.addr == to =>
            {
                if quote.protocol == IpProtocol::Tcp {
                    returned_segment(&quote, reason, sockets);
                } else {
                    self.returned_datagram(&quote, reason, sockets, now);
                }
            }
            _ => {}
        }
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
        self.returned.set(Some(Returned {
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

enum Seen {
    Asked(IpAddress),
    Answered(IpAddress),
    /// An error for this address.
    Returned(IpAddress, Quote, Unreachable),
}

fn look(frame: &Frame<'_>) -> Option<Seen> {
    match &frame.content {
        Content::Arp(message) => {
            let message = Arp::parse(message)?;
            Some(match message.is_request {
                true => Seen::Asked(message.target.into()),
                false => Seen::Answered(message.sender.into()),
            })
        }
        Content::Ip(packet) => match packet.icmp()? {
            Icmp::Unreachable(reason, quote) => {
                let reason = match reason {
                    Reason::Port => Unreachable::Port,
                    Reason::Host => Unreachable::Host,
                    // The host is there.
                    Reason::Length => return None,
                };
                Some(Seen::Returned(packet.destination, quote, reason))
            }
            #[cfg(feature = "ipv6")]
            Icmp::Solicitation(target) => Some(Seen::Asked(target.into())),
            #[cfg(feature = "ipv6")]
            Icmp::Advertisement(target) => Some(Seen::Answered(target.into())),
        },
        Content::Other => None,
    }
}
