//! What the network tells and smoltcp 0.14 keeps to itself: that a packet of this host could not be
//! delivered (ICMP). Clients name their failures by it.

use core::cell::Cell;

use smoltcp::wire::{IpEndpoint, IpProtocol};

use crate::packet::{self, Packet, Quote, Reason};

/// Why a router or the host itself sent an error back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreachable {
    /// The host is there, but nothing listens on the port.
    Port,
    /// The host cannot be reached.
    Host,
}

/// Which packet came back last, and why.
pub(crate) struct Returned(Cell<Option<(Quote, Unreachable)>>);

impl Returned {
    pub(super) const fn new() -> Self {
        Self(Cell::new(None))
    }

    /// Whether and why the latest packet from `local_port` to `remote` came back; tells it once.
    pub(super) fn take(
        &self,
        protocol: IpProtocol,
        local_port: u16,
        remote: IpEndpoint,
    ) -> Option<Unreachable> {
        let (quote, reason) = self.0.get()?;
        let found = (quote.protocol, quote.source.port, quote.destination);
        if found != (protocol, local_port, remote) {
            return None;
        }
        self.0.set(None);
        Some(reason)
    }

    /// This packet has arrived.
    pub(super) fn received(&self, packet: &Packet<'_>) {
        let Some(packet::Unreachable { reason, quote }) = packet.unreachable() else {
            return;
        };
        let reason = match reason {
            Reason::Port => Unreachable::Port,
            Reason::Host => Unreachable::Host,
            // The host is there.
            Reason::Length => return,
        };
        self.0.set(Some((quote, reason)));
    }
}
