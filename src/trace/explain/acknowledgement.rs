//! Segments that only acknowledge, announce a window, or ask for that.

use std::format;
use std::vec::Vec;

use super::sent::Sent;
use crate::stack::Buffer;
use crate::trace::connection::Acknowledged;
use crate::trace::sentence::Sentence;
use crate::trace::units;

/// An acknowledgement that has waited for this time was delayed on purpose, in microseconds.
const DELAYED: i64 = 2_000;

pub(super) fn keep_alive(sent: &Sent<'_>) -> Sentence {
    let text = format!(
        "keep-alive: is {} still there? An old number asks for an ACK (RFC 9293, 3.8.4)",
        sent.peer
    );
    Sentence::confirmed(sent.is_confirmed(), text)
}

pub(super) fn probe(sent: &Sent<'_>) -> Sentence {
    let what = match sent.segment.payload_len {
        0 => "An old number",
        _ => "One byte",
    };
    let text = format!(
        "a probe: may {} send again? {what} asks for the window (RFC 9293, 3.8.6.1)",
        sent.who
    );
    Sentence::confirmed(sent.is_confirmed(), text)
}

pub(super) fn sentences(sent: &Sent<'_>) -> Vec<Sentence> {
    let (who, window) = (sent.who, sent.judgement.window);
    if sent.has_note("probe answered") {
        let text = match window {
            0 => "the answer to the probe: there is still no room (RFC 9293, 3.8.6.1)".into(),
            _ => format!(
                "the answer to the probe: there is room for {window} bytes (RFC 9293, 3.8.6.1)"
            ),
        };
        return std::vec![Sentence::confirmed(sent.is_confirmed(), text)];
    }
    if sent.has_note("keep-alive answered") {
        let text = format!("the answer to the keep-alive: {who} is there (RFC 9293, 3.8.4)");
        return std::vec![Sentence::confirmed(sent.is_confirmed(), text)];
    }
    if sent.has_note("window update") {
        return Vec::from_iter(update(sent));
    }
    if sent.has_note("duplicate ACK") {
        return std::vec![duplicate(sent)];
    }
    let mut sentences = std::vec![plain(sent)];
    sentences.extend(delay(sent));
    sentences
}

fn plain(sent: &Sent<'_>) -> Sentence {
    let (who, peer, facts) = (sent.who, sent.peer, &sent.judgement.facts);
    let number = sent.judgement.acknowledgement.unwrap_or(0);
    Sentence::known(match facts.acknowledges {
        Acknowledged::Syn if facts.has_asked => format!(
            "ACK: {who} acknowledges the SYN of {peer}, and the connection is open (RFC 9293, 3.5)"
        ),
        Acknowledged::Fin => {
            format!("ACK: {who} has all bytes of {peer}, and acknowledges its FIN (RFC 9293, 3.6)")
        }
        Acknowledged::Syn | Acknowledged::Payload => format!(
            "ACK: {who} has all bytes before {number}, and expects {number} next (RFC 9293, 3.4)"
        ),
        Acknowledged::Nothing => {
            format!("ACK: nothing new; {who} expects {number} next (RFC 9293, 3.4)")
        }
    })
}

/// That it could have come earlier.
fn delay(sent: &Sent<'_>) -> Option<Sentence> {
    let facts = &sent.judgement.facts;
    let waited = facts.waited.filter(|waited| *waited >= DELAYED)?;
    (facts.acknowledges == Acknowledged::Payload).then(|| {
        Sentence::derived(format!(
            "delayed by {}: it has waited for payload to go with (RFC 9293, 3.8.6.3)",
            units::time(waited)
        ))
    })
}

fn update(sent: &Sent<'_>) -> Option<Sentence> {
    let (who, window) = (sent.who, sent.judgement.window);
    // Another sentence says so.
    if window == 0 {
        return None;
    }
    Some(match sent.receive_buffer() {
        Some(Buffer { used, size }) => Sentence::known(format!(
            "window update: {} of {size} bytes of the receive buffer are free (RFC 9293, 3.8.6)",
            size.saturating_sub(used)
        )),
        None => Sentence::derived(format!(
            "window update: {who} has room for {window} bytes now (RFC 9293, 3.8.6)"
        )),
    })
}

fn duplicate(sent: &Sent<'_>) -> Sentence {
    let facts = &sent.judgement.facts;
    let number = sent.judgement.acknowledgement.unwrap_or(0);
    Sentence::derived(if facts.is_fin_again {
        "ACK again: the FIN has come again (RFC 9293, 3.10.7.4)".into()
    } else if facts.has_gap {
        format!("duplicate ACK: {number} is missing, while later bytes have come (RFC 5681, 4.2)")
    } else {
        format!(
            "duplicate ACK: what has come was received before; {number} is expected next \
             (RFC 9293, 3.10.7.4)"
        )
    })
}
