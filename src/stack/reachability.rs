//! What the network tells and smoltcp 0.14 keeps to itself: that a neighbor does not answer, and that
//! a packet of this host could not be delivered (ICMP). Clients name their failures by it.

use core::cell::{Cell, RefCell};

use heapless::Vec;
use smoltcp::wire::{IpAddress, IpEndpoint, IpProtocol};

use crate::packet::{Arp, Content, Frame, Icmp, Quote, Reason};

/// Why a router or the host itself sent an error back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreachable {
    /// The host is there, but nothing listens on the port.
    Port,
    /// The host cannot be reached.
    Host,
}

#[derive(Clone, Copy)]
struct Returned {
    quote: Quote,
    reason: Unreachable,
}

/// Which neighbors do not answer, and which packet came back last.
pub(crate) struct Reachability {
    /// Neighbors that were asked for and have not answered, the latest last.
    silent: RefCell<Vec<IpAddress, 4>>,
    returned: Cell<Option<Returned>>,
}

impl Reachability {
    pub(super) const fn new() -> Self {
        Self {
            silent: RefCell::new(Vec::new()),
            returned: Cell::new(None),
        }
    }

    /// Whether `neighbor` was asked for its hardware address and has not answered yet.
    pub(super) fn is_silent(&self, neighbor: &IpAddress) -> bool {
        self.silent.borrow().contains(neighbor)
    }

    /// Whether and why the latest packet from `local_port` to `remote` came back; tells it once.
    pub(super) fn take_unreachable(
        &self,
        protocol: IpProtocol,
        local_port: u16,
        remote: IpEndpoint,
    ) -> Option<Unreachable> {
        let Returned { quote, reason } = self.returned.get()?;
        let found = (quote.protocol, quote.source.port, quote.destination);
        if found != (protocol, local_port, remote) {
            return None;
        }
        self.returned.set(None);
        Some(reason)
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
    pub(super) fn received(&self, frame: &Frame<'_>) {
        match look(frame) {
            Some(Seen::Answered(neighbor)) => self.answered(neighbor),
            Some(Seen::Returned(returned)) => self.returned.set(Some(returned)),
            _ => {}
        }
    }
}

enum Seen {
    Asked(IpAddress),
    Answered(IpAddress),
    Returned(Returned),
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
                Some(Seen::Returned(Returned { quote, reason }))
            }
            #[cfg(feature = "ipv6")]
            Icmp::Solicitation(target) => Some(Seen::Asked(target.into())),
            #[cfg(feature = "ipv6")]
            Icmp::Advertisement(target) => Some(Seen::Answered(target.into())),
        },
        Content::Other => None,
    }
}
