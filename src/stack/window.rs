//! Segments that smoltcp 0.14 treats wrongly because of the window that it has announced.
//!
//! They are those that arrive. The window that leaves is corrected in `control.rs`.

use smoltcp::socket::tcp::State;
use smoltcp::wire::TcpSeqNumber;

use super::control::Control;
use super::inject::Header;
use crate::packet::{Flags, Segment};

/// How far from the edge of a zero window a segment may come, in bytes: a probe is one.
const REACH: i32 = 1;

/// Whether a FIN is behind payload that goes beyond the window. Of such payload smoltcp drops the
/// end, and takes the FIN all the same, so that the end would be lost.
///
/// A zero window takes no FIN either.
pub(super) fn cuts_payload(control: &Control, segment: &Segment) -> bool {
    let is_beyond = |end: TcpSeqNumber| segment.end() > end;
    segment.flags.has(Flags::FIN)
        && segment.payload_len > 0
        && control.shut_at().is_none()
        && control.window_end().is_some_and(is_beyond)
}

/// An old byte: smoltcp always answers which byte it expects, and with which window (RFC 9293,
/// 3.10.7.4).
pub(super) fn old_byte(control: &Control, segment: &Segment) -> Header {
    let next = control.expected().unwrap_or(segment.sequence);
    Header {
        payload: Some(0),
        ..bare(segment, next - (1 << 30), segment.window)
    }
}

/// What smoltcp has ignored: the acknowledgement and the window, without payload and FIN.
pub(super) fn without_payload(segment: &Segment) -> Header {
    bare(segment, segment.sequence, segment.window)
}

/// The part of a segment that smoltcp has to be given once more. `control` is in the state after the
/// segment; `shut_at` is the edge of the zero window at the time when smoltcp was given it.
pub(super) fn given_again(
    control: &Control,
    segment: &Segment,
    shut_at: Option<TcpSeqNumber>,
) -> Option<Header> {
    if !segment.acknowledges() {
        return None;
    }
    from_edge(segment, shut_at).or_else(|| fin_alone(control, segment))
}

/// A FIN behind payload that has been received: its segment ends where the window begins, and is
/// acceptable by its FIN, which counts for the length of a segment (RFC 9293, 3.10.7.4). smoltcp
/// counts only the payload, answers by an acknowledgement and drops the FIN.
fn fin_alone(control: &Control, segment: &Segment) -> Option<Header> {
    let is_dropped = segment.flags.has(Flags::FIN)
        && segment.payload_len > 0
        && control.expected() == Some(segment.end());
    is_dropped.then(|| Header {
        flags: segment.flags.0,
        ..bare(segment, segment.end(), segment.window)
    })
}

/// Where the receive window is zero, no segment is acceptable, but "special allowance should be
/// made to accept valid ACKs" (RFC 9293, 3.10.7.4). smoltcp makes none: it drops the
/// acknowledgement and the window of the segment, too. A peer that counts a zero-window probe as
/// sent, as lwIP does, is one byte ahead from then on. If both buffers of an echo are full, the
/// connection would never move again. So smoltcp is given the acknowledgement and the window as if
/// they came from the edge of the window.
fn from_edge(segment: &Segment, shut_at: Option<TcpSeqNumber>) -> Option<Header> {
    let next = shut_at?;
    // Sequence numbers are compared modulo 2^32, as a difference.
    let ahead = segment.sequence.0.wrapping_sub(next.0);
    // From the edge itself, a zero window accepts a segment without payload.
    let first = i32::from(segment.payload_len == 0);
    (first..=REACH)
        .contains(&ahead)
        .then(|| bare(segment, next, segment.window))
}

/// Whether this segment is the last acknowledgement of a peer with a zero window, by which the
/// connection has come to `state`. smoltcp would go on to probe that window without payload and
/// without a pause. So it is told that there is room.
pub(super) fn needs_room(segment: &Segment, state: State) -> bool {
    segment.acknowledges() && segment.window == 0 && state == State::FinWait2
}

/// The acknowledgement of this segment with a window of one byte. It has the sequence number that is
/// expected, so that smoltcp takes it.
pub(super) fn with_room(control: &Control, segment: &Segment) -> Option<Header> {
    Some(bare(segment, control.next()?, 1))
}

/// A segment's acknowledgement, with another sequence number and another window.
pub(super) fn bare(segment: &Segment, sequence: TcpSeqNumber, window: u16) -> Header {
    Header {
        sequence,
        acknowledgement: segment.acknowledgement,
        flags: segment.flags.0 & !Flags::FIN,
        window,
        maximum_segment_size: None,
        payload: None,
    }
}

#[cfg(test)]
mod tests;
