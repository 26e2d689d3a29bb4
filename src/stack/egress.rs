//! What leaves: each frame is looked at here once, with the [`Control`] of its connection at hand.

use super::control::Control;
use super::host::Host;
use crate::packet::Frame;

/// A frame is about to leave.
pub(super) fn sent(host: &Host, bytes: &mut [u8], control: Option<&mut Control>) {
    let frame = Frame::parse(host.addresses.medium, bytes);
    #[cfg(feature = "client")]
    host.reachability.transmitted(&frame);
    let Some(packet) = frame.packet() else {
        return;
    };
    if host.addresses.is_own(&packet.destination) {
        host.is_loopback.set(true);
    }
    if let Some(control) = control
        && let Some(segment) = packet.segment()
    {
        let start = bytes.len() - segment.header_len - segment.payload_len;
        control.transmitted(&segment, &mut bytes[start..], host.checksums.tcp.tx());
    }
}
