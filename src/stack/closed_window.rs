//! What a segment from beyond the receive window says about *our* text.
//!
//! Where the receive window is closed, no segment is acceptable, but "special allowance should be
//! made to accept valid ACKs" (RFC 9293, 3.10.7.4): the acknowledgement and the window that it
//! carries. smoltcp 0.14 makes none. It answers such a segment with an acknowledgement of its own
//! and drops the rest, so where both buffers of an echo are full and every segment of the peer
//! comes from beyond the window, the connection stands still for ever. They do
//!
//! - where a probe of the closed window (RFC 9293, 3.8.6.1) counts as sent, as in lwIP: from then
//!   on the peer is one byte ahead;
//! - where the window is scaled (RFC 7323, 2.4), hence rounded down, which shrinks it: bytes that
//!   were allowed when they left are beyond it when they arrive.
//!
//! So [`ClosedWindow`] remembers the last announcement of a closed window. If a segment of that
//! connection comes from beyond, smoltcp is given it once more as if it came from the edge: without
//! text, nothing but its acknowledgement and window.
//!
//! # Limits
//!
//! - One closed window is remembered, of however many there are. Whatever smoltcp answers brings
//!   its own window back: a segment with text always, one without once a second at most.
//! - Text from beyond the window is lost, as ever, and a close too: their sender repeats them.

use core::cell::Cell;

use smoltcp::phy::{ChecksumCapabilities, DeviceCapabilities, Medium};
#[cfg(feature = "ipv6")]
use smoltcp::wire::Ipv6Packet;
use smoltcp::wire::{IpEndpoint, IpProtocol, IpVersion, Ipv4Packet, TcpPacket, TcpSeqNumber};

use super::frame::{Frame, Packet};
use super::made_up::MadeUp;

/// How far from the edge of the closed window a segment may come, in bytes.
///
/// Rounding takes less than 2^14 bytes from a window, the unit of the largest there is (RFC 7323,
/// 2.3), and a probe is one byte more. A blind attacker (RFC 5961, 5) has to hit this range, the
/// ports, and an acknowledgement that smoltcp accepts: no less than where a window is open.
const REACH: i32 = 1 << 14;

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
    /// What is to be verified of a frame that was received.
    checksums: ChecksumCapabilities,
    closed: Cell<Option<Closed>>,
}

impl ClosedWindow {
    pub(super) fn new(capabilities: &DeviceCapabilities) -> Self {
        Self {
            checksums: capabilities.checksum.clone(),
            closed: Cell::new(None),
        }
    }

    /// smoltcp transmits this packet.
    pub(super) fn transmitted(&self, packet: &Packet<'_>) {
        let Some(segment) = acknowledging_segment(packet) else {
            return;
        };
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

    /// smoltcp has received this frame, and transmitted its answer if there is one. Gives it what
    /// it did not use.
    pub(super) fn received(&self, medium: Medium, frame: &[u8], give: impl FnOnce(&[u8])) {
        if let Some(closed) = self.closed.get()
            && let Some(frame) = Frame::read(medium, frame)
            && let Some(packet) = frame.packet()
            && let Some(segment) = acknowledging_segment(packet)
            && closed.shuts_out(packet, &segment)
            && self.is_intact(packet, &segment)
        {
            give_headers(closed.next, packet, segment.header_len().into(), give);
        }
    }

    fn is_intact(&self, packet: &Packet<'_>, segment: &TcpPacket<&[u8]>) -> bool {
        !self.checksums.tcp.rx() || segment.verify_checksum(&packet.source, &packet.destination)
    }
}

impl Closed {
    /// Whether smoltcp has used nothing of a segment that was received.
    fn shuts_out(&self, packet: &Packet<'_>, segment: &TcpPacket<&[u8]>) -> bool {
        if IpEndpoint::new(packet.source, segment.src_port()) != self.remote
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

/// The segment in a packet, if it has an acknowledgement, and neither opens nor resets.
fn acknowledging_segment<'f>(packet: &Packet<'f>) -> Option<TcpPacket<&'f [u8]>> {
    if packet.protocol != IpProtocol::Tcp {
        return None;
    }
    let segment = TcpPacket::new_checked(packet.payload).ok()?;
    (segment.ack() && !segment.syn() && !segment.rst()).then_some(segment)
}

/// Gives the headers of a segment, which is without text and comes from the edge of the window.
#[inline(never)] // The room for them is needed for as long as this takes only.
fn give_headers(next: TcpSeqNumber, packet: &Packet<'_>, tcp: usize, give: impl FnOnce(&[u8])) {
    let length = packet.payload_start + tcp;
    let (Some(mut made_up), Some(received)) = (MadeUp::zeros(length), packet.frame.get(..length))
    else {
        return;
    };
    let headers = made_up.as_bytes_mut();
    headers.copy_from_slice(received);
    let (before, segment) = headers.split_at_mut(packet.payload_start);
    if set_payload_len(&mut before[packet.start..], tcp).is_none() {
        return;
    }
    let mut segment = TcpPacket::new_unchecked(segment);
    segment.set_seq_number(next);
    segment.set_fin(false);
    segment.fill_checksum(&packet.source, &packet.destination);
    give(made_up.as_bytes());
}

/// Says in an intact IP header how long what follows it is, in bytes.
fn set_payload_len(header: &mut [u8], length: usize) -> Option<()> {
    match IpVersion::of_packet(header).ok()? {
        IpVersion::Ipv4 => {
            let total = header.len() + length;
            let mut header = Ipv4Packet::new_unchecked(header);
            header.verify_checksum().then_some(())?;
            header.set_total_len(total as u16);
            header.fill_checksum();
        }
        #[cfg(feature = "ipv6")]
        IpVersion::Ipv6 => Ipv6Packet::new_unchecked(header).set_payload_len(length as u16),
        #[allow(unreachable_patterns)] // without IPv6 there is no other version
        _ => return None,
    }
    Some(())
}
