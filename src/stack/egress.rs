//! What leaves: each packet is looked at here once, with the [`Control`] of its connection at hand.

use smoltcp::time::Instant;

use super::control::Control;
use super::error_limit::IS_LIMITED;
use super::host::Host;
use crate::link::EthernetAddress;
use crate::packet::Packet;

/// A packet that is about to leave.
pub(super) struct Leaving<'l> {
    /// The room for the header of its frame.
    pub(super) header: &'l mut [u8],
    pub(super) packet: &'l mut [u8],
    /// Of its connection.
    pub(super) control: Option<&'l mut Control>,
    /// The card that has sent what it answers.
    pub(super) asker: Option<EthernetAddress>,
    pub(super) now: Instant,
}

/// Takes note of a packet that is about to leave, and completes its frame.
pub(super) fn sent(host: &Host, leaving: Leaving<'_>) {
    let Leaving {
        header,
        packet: bytes,
        control,
        asker,
        now,
    } = leaving;
    let Some(packet) = Packet::parse(bytes) else {
        return;
    };
    let destination = packet.destination;
    if host.link.addresses.is_own(&destination) {
        host.is_loopback.set(true);
    }
    if IS_LIMITED && packet.is_icmp_error() {
        host.errors.count(now);
    }
    let known = match &control {
        Some(control) => control.hardware,
        None => asker,
    };
    host.link.put_header(header, &packet, known, now);
    let segment = packet.segment();
    #[cfg(feature = "trace")]
    if let Some(segment) = segment {
        host.watcher.sends(segment, control.as_deref(), now);
    }
    let is_far = host.is_far(&destination);
    #[cfg(not(feature = "paths"))]
    let is_fragmentable = is_far;
    #[cfg(feature = "paths")]
    let mut is_fragmentable = is_far && segment.is_none();
    #[cfg(feature = "fragmentation")]
    if packet.is_first_fragment() == Some(true) {
        host.is_fragmenting.set(true);
    }
    if let Some(control) = control
        && let Some(segment) = segment
    {
        #[cfg(feature = "isn")]
        control.credit.sent(bytes.len());
        let start = bytes.len() - segment.header_len - segment.payload_len;
        #[cfg(feature = "paths")]
        if segment.payload_len > 1 {
            let (length, sent) = (bytes.len(), control.sent());
            is_fragmentable = control.flight.transmitted(&segment, length, sent, is_far);
        }
        #[cfg(feature = "client")]
        let before = control.retransmitted();
        control.transmitted(
            &segment,
            &mut bytes[start..],
            host.capabilities.checksum.tcp.tx(),
        );
        #[cfg(feature = "client")]
        if control.retransmitted() != before && !segment.flags.has(crate::packet::Flags::SYN) {
            // Twice, and the peer has not been heard: it may have another card by now.
            if core::mem::replace(&mut control.is_silent, true) {
                control.hardware = None;
                host.link.look_again(&destination, now);
            }
        }
    }
    if is_fragmentable {
        let identifications = &host.identifications;
        identifications.permit_fragments(bytes, &destination, &host.capabilities.checksum);
    }
}
