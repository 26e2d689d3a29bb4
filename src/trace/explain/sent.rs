//! A TCP segment, and what more than one sentence says of it.

use std::format;
use std::string::String;
use std::vec::Vec;

use crate::packet::Segment;
use crate::stack::{Buffer, Cause};
use crate::trace::connection::{Acknowledged, Judgement};
use crate::trace::frame::Frame;
use crate::trace::sentence::Sentence;
use crate::trace::units;

/// The shortest time of a retransmission timer, in microseconds: that of Linux.
const SHORTEST_TIMEOUT: i64 = 200_000;

/// A segment, and all that is known of it.
pub(super) struct Sent<'f> {
    pub(super) frame: &'f Frame,
    pub(super) segment: &'f Segment,
    pub(super) judgement: &'f Judgement,
    /// Its sender and its receiver.
    pub(super) who: &'static str,
    pub(super) peer: &'static str,
}

impl Sent<'_> {
    /// Why the stack has sent it, if it has said so.
    pub(super) fn cause(&self) -> Option<Cause> {
        let transmission = self.frame.transmission.as_ref()?;
        Some(transmission.cause)
    }

    /// Whether the stack has said why it has sent it.
    pub(super) fn is_confirmed(&self) -> bool {
        self.frame.transmission.is_some()
    }

    /// The receive buffer of the sender, as it is after this segment.
    pub(super) fn receive_buffer(&self) -> Option<Buffer> {
        match self.cause()? {
            Cause::Connection { buffers, .. } => Some(buffers[0]),
            _ => None,
        }
    }

    pub(super) fn has_note(&self, note: &str) -> bool {
        self.judgement.notes.contains(&note)
    }

    /// The payload by its numbers: `bytes 1 to 13`.
    pub(super) fn numbers(&self) -> String {
        let first = self.judgement.sequence;
        match self.segment.payload_len as i64 {
            1 => format!("byte {first}"),
            length => format!("bytes {first} to {}", first + length - 1),
        }
    }

    /// That it also acknowledges something, if it does.
    pub(super) fn acknowledges_too(&self) -> String {
        let peer = self.peer;
        let number = self.judgement.acknowledgement.unwrap_or(0);
        match self.judgement.facts.acknowledges {
            Acknowledged::Nothing => String::new(),
            Acknowledged::Syn if self.judgement.facts.has_opened => {
                format!("; it also acknowledges the SYN of {peer}")
            }
            Acknowledged::Syn | Acknowledged::Payload => {
                format!("; it also acknowledges all of {peer} before {number}")
            }
            Acknowledged::Fin => format!("; it also acknowledges the FIN of {peer}"),
        }
    }

    /// Why a segment is sent again. Its stack does not say whether a timer or an ACK is the reason.
    pub(super) fn again(&self, what: &str) -> Sentence {
        let facts = &self.judgement.facts;
        Sentence::derived(match (facts.duplicates, facts.again) {
            (3.., Some(..SHORTEST_TIMEOUT)) => {
                format!("{what} again: three duplicate ACKs say that it is missing (RFC 5681, 3.2)")
            }
            (_, Some(..SHORTEST_TIMEOUT)) => {
                format!("{what} again: what has come says that it is lost (RFC 6582, 3.2)")
            }
            (_, Some(time)) => format!(
                "{what} again: it was sent {} ago and is not acknowledged (RFC 9293, 3.8.1)",
                units::time(time)
            ),
            (_, None) => format!("{what} again: it is not acknowledged (RFC 9293, 3.8.1)"),
        })
    }

    /// That its sender has no room.
    pub(super) fn zero_window(&self) -> Option<Sentence> {
        if !self.has_note("zero window") {
            return None;
        }
        let (who, peer) = (self.who, self.peer);
        Some(match self.receive_buffer() {
            Some(Buffer { used, size }) if used == size => Sentence::known(format!(
                "window 0: the {size} bytes of the receive buffer are full until the program at \
                 {who} takes some (RFC 9293, 3.8.6)"
            )),
            Some(Buffer { used, size }) => Sentence::known(format!(
                "window 0: {used} of {size} bytes of the receive buffer are taken, and the rest \
                 is too little to announce (RFC 9293, 3.8.6.2.2)"
            )),
            None => Sentence::derived(format!(
                "window 0: {who} has no room, and {peer} has to wait (RFC 9293, 3.8.6)"
            )),
        })
    }

    /// What has come behind a gap.
    pub(super) fn selective(&self) -> Option<Sentence> {
        let blocks = self.judgement.selective.iter();
        let blocks: Vec<_> = blocks
            .map(|(left, right)| format!("{left} to {}", right - 1))
            .collect();
        let (who, blocks) = (self.who, blocks.join(" and "));
        (!blocks.is_empty()).then(|| {
            Sentence::known(format!(
                "SACK: {who} has {blocks} already, behind the gap (RFC 2018, 3)"
            ))
        })
    }
}
