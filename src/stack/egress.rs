//! What leaves: each packet is looked at here once, with the [`Control`] of its connection at hand.

use smoltcp::time::Instant;
#[cfg(feature = "paths")]
use smoltcp::wire::IpVersion;

use super::control::Control;
#[cfg(feature = "paths")]
use super::control::Length;
use super::error_limit::IS_LIMITED;
use super::host::Host;
use crate::link::EthernetAddress;
#[cfg(feature = "paths")]
use crate::packet::Flags;
use crate::packet::Packet;

/// A packet that is about to leave.
pub(super) struct Leaving<'l> {
    /// The room for the header of its frame.
    pub(super) header: &'l mut [u8],
    pub(super) packet: &'l mut [u8],
    /// How many bytes each segment of it has, if the device cuts it.
    #[cfg(feature = "paths")]
    pub(super) segment_size: Option<usize>,
    /// The control state of its connection.
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
        #[cfg(feature = "paths")]
        segment_size,
        control,
        asker,
        now,
    } = leaving;
    let Some(packet) = Packet::parse(bytes) else {
        return;
    };
    let destination = packet.destination;
    if host.is_loopback.get().is_none() && host.link.addresses.is_own(&destination) {
        host.is_loopback.set(Some(true));
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
    if let Some(control) = control
        && let Some(segment) = segment
    {
        #[cfg(feature = "isn")]
        control.credit.sent(bytes.len());
        let start = bytes.len() - segment.header_len - segment.payload_len;
        #[cfg(feature = "paths")]
        if segment.flags.has(Flags::SYN) {
            let is_again = control.sends_again(&segment);
            control.flight.opens(&segment, is_again, now);
        } else if segment.payload_len > 0 || segment.flags.has(Flags::FIN) {
            let length = Length {
                headers: bytes.len() - segment.payload_len,
                payload: segment_size.unwrap_or(segment.payload_len),
            };
            let sent = control.sent();
            // Every link of IPv6 carries 1280 bytes (RFC 8200, 5).
            let may_be_cut = is_far && destination.version() == IpVersion::Ipv4;
            let flight = &mut control.flight;
            is_fragmentable = flight.transmitted(&segment, length, sent, may_be_cut, now);
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
            match control.again {
                // The same one twice, and nothing from the peer: it may have another card by now.
                Some(first) if first == segment.sequence => {
                    control.hardware = None;
                    host.link.look_again(&destination, now);
                }
                // It has left behind that one, which is no further sign.
                Some(first) if first < segment.sequence => {}
                _ => control.again = Some(segment.sequence),
            }
        }
    }
    if is_fragmentable {
        let identifications = &host.identifications;
        identifications.permit_fragments(bytes, &destination, &host.capabilities.checksum);
    }
}
