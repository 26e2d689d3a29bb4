//! Segments that a host which sees nothing of the connection may have sent (RFC 5961).
//!
//! Of a connection such a host knows the addresses and ports, or guesses them; it cannot know the
//! sequence numbers. smoltcp 0.14 takes any reset within the window, and any acknowledgement of bytes
//! that are in its buffer, sent or not. Here each of these has to be exact. Where a segment is not,
//! and the peer may have sent it all the same, the peer is asked by a challenge ACK.

use smoltcp::socket::tcp::State;
use smoltcp::wire::TcpSeqNumber;

use super::control::Control;
use super::inject::Header;
use super::window::bare;
use crate::packet::{Flags, Segment};

/// What no window reaches, in bytes: the largest window of TCP (RFC 7323, 2.3) and the longest
/// segment.
const FARTHEST: u32 = (1 << 30) + 65_536;

/// What becomes of a segment for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It is given to the connection.
    Acceptable,
    /// It is dropped, and answered by an acknowledgement: `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`.
    Challenge,
    /// It is dropped.
    Drop,
}

/// Whether the connection of a segment, which is in `state`, may be given it.
pub(super) fn judge(control: &Control, state: State, segment: &Segment) -> Judgement {
    // In SYN-SENT, smoltcp asks for the acknowledgement of the very SYN (RFC 9293, 3.10.7.3).
    let is_synchronized = !matches!(state, State::Closed | State::Listen | State::SynSent);
    let Some(next) = control.next().filter(|_| is_synchronized) else {
        return Judgement::Acceptable;
    };
    let flags = segment.flags;
    let ahead = segment.sequence.0.wrapping_sub(next.0);
    // A SYN-ACK is retransmitted, and is a challenge by itself.
    let is_opening = state == State::SynReceived;
    if flags.has(Flags::RST) {
        // RFC 5961, 3.2: "If the RST bit is set and the sequence number exactly matches the next
        // expected sequence number (RCV.NXT), then TCP MUST reset the connection."
        let is_within = ahead > 0
            && control
                .window_end()
                .is_some_and(|end| segment.sequence < end);
        return match ahead {
            0 => Judgement::Acceptable,
            _ if is_within && !is_opening => Judgement::Challenge,
            _ => Judgement::Drop,
        };
    }
    if is_opening {
        return Judgement::Acceptable;
    }
    // RFC 5961, 4.2: "If the SYN bit is set, irrespective of the sequence number, TCP MUST send an
    // ACK (also referred to as challenge ACK) to the remote peer".
    let is_syn = flags.has(Flags::SYN);
    // RFC 5961, 5.2: "The ACK value is considered acceptable only if it is in the range of
    // ((SND.UNA - MAX.SND.WND) <= SEG.ACK <= SND.NXT)." smoltcp takes none before SND.UNA.
    let beyond = segment.acknowledgement.0.wrapping_sub(control.sent().0);
    let is_impossible = flags.has(Flags::ACK) && (beyond > 0 || beyond.unsigned_abs() > FARTHEST);
    // After a FIN at the very end of its window, smoltcp takes segments that are 2^31 bytes ahead
    // for acceptable, and panics.
    let is_far = ahead.unsigned_abs() > FARTHEST;
    if is_syn || is_impossible || is_far {
        Judgement::Challenge
    } else {
        Judgement::Acceptable
    }
}

/// What elicits a challenge ACK from smoltcp, and changes nothing else: the acknowledgement of what
/// was not sent. Each connection sends one challenge a second at most (RFC 5961, 7); a limit that
/// connections shared would tell a host that has one of them about the others.
pub(super) fn elicit(control: &Control, segment: &Segment) -> Header {
    let sequence = control.next().unwrap_or(segment.sequence);
    let acknowledgement = TcpSeqNumber(control.sent().0.wrapping_add(1 << 30));
    Header {
        acknowledgement,
        flags: Flags::ACK,
        ..bare(segment, sequence, segment.window)
    }
}
