//! What a segment from beyond the receive window says about *our* text.
//!
//! Where the receive window is closed, no segment is acceptable, but "special allowance should be
//! made to accept valid ACKs" (RFC 9293, 3.10.7.4): the acknowledgement and the window that it
//! carries. smoltcp 0.14 makes none. It answers such a segment with an acknowledgement of its own
//! and drops the rest. Where both buffers of an echo are full, and a probe of the closed window
//! (3.8.6.1) counts as sent, as in lwIP, the peer is one byte ahead from then on, and the connection
//! stands still for ever.
//!
//! So [`ClosedWindow`] remembers the last announcement of a closed window. If a segment of that
//! connection comes from beyond, smoltcp is given it once more as if it came from the edge: without
//! text, nothing but its acknowledgement and window.
//!
//! Nobody is ahead because the window shrank: it does not (`stack/scaled_window.rs`).
//!
//! # Limits
//!
//! - One closed window is remembered, of however many there are. Whatever smoltcp answers brings
//!   its own window back: a segment with text always, one without once a second at most.
//! - Text from beyond the window is lost, as ever, and a close too: their sender repeats them.

use core::cell::Cell;

use smoltcp::wire::{IpEndpoint, TcpPacket, TcpSeqNumber};

use super::bare::Bare;
use super::frame::Packet;

/// How far from the edge of the closed window a segment may come, in bytes: a probe is one.
const REACH: i32 = 1;

/// The receive window of a connection, which is closed.
#[derive(Clone, Copy)]
struct Closed {
    local: IpEndpoint,
    remote: IpEndpoint,
    /// The byte that smoltcp expects.
    next: TcpSeqNumber,
}

/// Knows the window that was closed last.
pub(super) struct ClosedWindow {
    closed: Cell<Option<Closed>>,
}

impl ClosedWindow {
    pub(super) const fn new() -> Self {
        Self {
            closed: Cell::new(None),
        }
    }

    /// Whether there is one.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.get().is_some()
    }

    /// smoltcp transmits this segment.
    pub(super) fn transmitted(&self, packet: &Packet<'_>, segment: &TcpPacket<&[u8]>) {
        if !acknowledges(segment) {
            return;
        }
        let local = IpEndpoint::new(packet.source, segment.src_port());
        let remote = IpEndpoint::new(packet.destination, segment.dst_port());
        if segment.window_len() == 0 {
            let next = segment.ack_number();
            self.closed.set(Some(Closed {
                local,
                remote,
                next,
            }));
        } else if let Some(closed) = self.closed.get()
            && (closed.local, closed.remote) == (local, remote)
        {
            self.closed.set(None);
        }
    }

    /// smoltcp has received this segment, and transmitted its answer if there is one. Returns what
    /// it is to be given of it once more.
    pub(super) fn received(&self, packet: &Packet<'_>, segment: &TcpPacket<&[u8]>) -> Option<Bare> {
        let closed = self.closed.get()?;
        closed
            .shuts_out(packet, segment)
            .then(|| Bare::new(closed.next, segment.window_len()))
    }
}

impl Closed {
    /// Whether smoltcp has used nothing of a segment that was received.
    fn shuts_out(&self, packet: &Packet<'_>, segment: &TcpPacket<&[u8]>) -> bool {
        if !acknowledges(segment)
            || IpEndpoint::new(packet.source, segment.src_port()) != self.remote
            || IpEndpoint::new(packet.destination, segment.dst_port()) != self.local
        {
            return false;
        }
        // Sequence numbers are compared modulo 2^32, as a difference.
        let ahead = segment.seq_number().0.wrapping_sub(self.next.0);
        let has_text = packet.payload.len() > segment.header_len().into();
        // From the edge itself, a closed window accepts a segment without text.
        (i32::from(!has_text)..=REACH).contains(&ahead)
    }
}

/// Whether it has an acknowledgement, and neither opens nor resets.
fn acknowledges(segment: &TcpPacket<&[u8]>) -> bool {
    segment.ack() && !segment.syn() && !segment.rst()
}
