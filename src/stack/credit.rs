//! How much is sent to a peer that has acknowledged nothing: an attacker may have forged its address,
//! and what is sent then goes to a victim.
//!
//! smoltcp 0.14 retransmits a SYN-ACK until the time for the handshake is over. Here the limit is that
//! of QUIC (RFC 9000, 8): "after receiving packets from an address that is not yet validated, an
//! endpoint MUST limit the amount of data it sends to the unvalidated address to three times the
//! amount of data received from that address." That is two SYN-ACKs for a SYN without options, and
//! three for one with them.
//!
//! If all of them, or their acknowledgements, are lost, the client sends its SYN again, or payload.
//! One that waits for the server to speak asks by a keep-alive: `delivery.rs`.

/// Bytes that may be sent for each that was received.
const FACTOR: u16 = 3;

/// What may still be sent to a peer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Credit(Option<Limit>);

#[derive(Clone, Copy, Debug, Default)]
struct Limit {
    /// In bytes.
    left: u16,
    /// How long the last packet was; the next is as long.
    last: u16,
}

impl Credit {
    /// Limits what is sent to a peer, beginning with nothing.
    pub(super) fn limit(&mut self) {
        self.0 = Some(Limit::default());
    }

    /// The peer has acknowledged something: there is no limit any more.
    pub(super) fn lift(&mut self) {
        self.0 = None;
    }

    /// A packet of the peer has arrived.
    pub(super) fn received(&mut self, bytes: usize) {
        if let Some(limit) = &mut self.0 {
            let bytes = u16::try_from(bytes).unwrap_or(u16::MAX);
            limit.left = limit.left.saturating_add(bytes.saturating_mul(FACTOR));
        }
    }

    /// A packet leaves for the peer.
    pub(super) fn sent(&mut self, bytes: usize) {
        if let Some(limit) = &mut self.0 {
            limit.last = u16::try_from(bytes).unwrap_or(u16::MAX);
            limit.left = limit.left.saturating_sub(limit.last);
        }
    }

    /// Whether nothing may be sent for now.
    pub(super) fn is_spent(&self) -> bool {
        self.0.is_some_and(|limit| limit.left < limit.last)
    }
}
