//! Segments with payload, and FINs.

use std::format;
use std::vec::Vec;

use super::sent::Sent;
use crate::packet::Flags;
use crate::trace::sentence::Sentence;

pub(super) fn sentences(sent: &Sent<'_>) -> Vec<Sentence> {
    let (who, peer) = (sent.who, sent.peer);
    let has_fin = sent.segment.flags.has(Flags::FIN);
    let has_payload = sent.segment.payload_len > 0;
    let numbers = sent.numbers();
    if sent.has_note("retransmission") {
        let what = match (has_payload, has_fin) {
            (true, true) => format!("{numbers} and the FIN"),
            (true, false) => numbers,
            (false, _) => "FIN".into(),
        };
        return std::vec![sent.again(&what)];
    }
    let mut sentences = Vec::new();
    let mut too = sent.acknowledges_too();
    if has_payload {
        let too = core::mem::take(&mut too);
        let text = format!("payload: {who} sends its {numbers}{too} (RFC 9293, 3.4)");
        sentences.push(Sentence::known(text));
    }
    if has_fin {
        let text = match sent.judgement.facts.has_peer_finished {
            true => format!(
                "FIN: {who} has no more to send either, so both directions end{too} \
                 (RFC 9293, 3.6)"
            ),
            false => {
                format!("FIN: {who} has no more to send, but still receives{too} (RFC 9293, 3.6)")
            }
        };
        sentences.push(Sentence::known(text));
    }
    let remarks = [
        (
            "window full",
            format!(
                "window full: {who} may send no more until {peer} makes room (RFC 9293, 3.8.6)"
            ),
        ),
        (
            "out of order",
            "out of order: it was seen after bytes that were sent later".into(),
        ),
        (
            "gap before it",
            "a gap: the bytes before it were not seen".into(),
        ),
    ];
    let remarks = remarks.into_iter().filter(|(note, _)| sent.has_note(note));
    sentences.extend(remarks.map(|(_, text)| Sentence::derived(text)));
    sentences
}
