//! TCP segments (RFC 9293): one sentence for what each is, and others for what is remarkable.

use std::vec::Vec;

use super::sent::Sent;
use super::{acknowledgement, name, payload, reset, synchronize};
use crate::packet::{Flags, Segment};
use crate::trace::connection::Judgement;
use crate::trace::frame::Frame;
use crate::trace::sentence::Sentence;

pub(super) fn sentences(frame: &Frame, segment: &Segment, judgement: &Judgement) -> Vec<Sentence> {
    let sent = Sent {
        frame,
        segment,
        judgement,
        who: name(frame.from),
        peer: name(frame.to()),
    };
    let flags = segment.flags;
    let mut sentences = if flags.has(Flags::RST) {
        std::vec![reset::sentence(&sent)]
    } else if flags.has(Flags::SYN) {
        synchronize::sentences(&sent)
    } else if sent.has_note("keep-alive") {
        std::vec![acknowledgement::keep_alive(&sent)]
    } else if sent.has_note("zero-window probe") {
        std::vec![acknowledgement::probe(&sent)]
    } else if segment.payload_len > 0 || flags.has(Flags::FIN) {
        payload::sentences(&sent)
    } else if flags.has(Flags::ACK) {
        acknowledgement::sentences(&sent)
    } else {
        std::vec![Sentence::known(
            "no flag says what it is: it is dropped (RFC 9293, 3.10.7)"
        )]
    };
    sentences.extend(sent.zero_window());
    sentences.extend(sent.selective());
    sentences
}
