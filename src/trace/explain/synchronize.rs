//! SYNs, which open a connection.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use super::sent::Sent;
use crate::packet::{Flags, MAXIMUM_SEGMENT_SIZE, Options};
use crate::stack::Cause;
use crate::trace::sentence::Sentence;

pub(super) fn sentences(sent: &Sent<'_>) -> Vec<Sentence> {
    let who = sent.who;
    let facts = &sent.judgement.facts;
    let is_answer = sent.segment.flags.has(Flags::ACK);
    if sent.has_note("retransmission") && (!is_answer || !facts.has_asked) {
        let what = if is_answer { "SYN ACK" } else { "SYN" };
        return std::vec![sent.again(what)];
    }
    let text = match (is_answer, sent.cause()) {
        (true, Some(Cause::Cookie)) => format!(
            "SYN ACK with a SYN cookie: {who} has no room, and remembers nothing; an ACK of this \
             number can open the connection later (RFC 4987, 3.6)"
        ),
        (true, _) if facts.has_asked => format!(
            "SYN ACK: {who} has sent a SYN and receives one: both open at the same time \
             (RFC 9293, 3.5)"
        ),
        (true, _) => {
            format!("SYN ACK: {who} accepts, and asks to open its own direction (RFC 9293, 3.5)")
        }
        (false, _) => format!(
            "SYN: {who} asks to open a connection; its numbers are counted from 0 here \
             (RFC 9293, 3.5)"
        ),
    };
    let mut sentences = std::vec![Sentence::known(text)];
    if sent.has_note("port used again") {
        let text = "the ports are those of an earlier connection (RFC 9293, 3.6.1)";
        sentences.push(Sentence::derived(text));
    }
    sentences.extend(offers(sent));
    sentences
}

/// What the options offer, and where each is defined.
fn offers(sent: &Sent<'_>) -> Option<Sentence> {
    const WINDOW_SCALE: u8 = 3;
    const SELECTIVE: u8 = 4;
    let options = Options::of(&sent.frame.head, sent.segment.header_len);
    let offers = options.filter_map(|(kind, value)| match (kind, value) {
        (MAXIMUM_SEGMENT_SIZE, [high, low]) => {
            let size = u16::from_be_bytes([*high, *low]);
            let offer = format!("it takes at most {size} bytes in a segment");
            Some((offer, "RFC 9293, 3.7.1"))
        }
        // RFC 7323, 2.3: more is taken for 14.
        (WINDOW_SCALE, [shift]) if *shift > 0 => {
            let unit = 1_u32 << (*shift).min(14);
            Some((format!("windows in units of {unit} bytes"), "RFC 7323, 2"))
        }
        (SELECTIVE, []) => Some(("selective acknowledgements".to_string(), "RFC 2018, 2")),
        _ => None,
    });
    let (offers, sources): (Vec<String>, Vec<&str>) = offers.unzip();
    let (who, offers, sources) = (sent.who, offers.join(", "), sources.join("; "));
    (!offers.is_empty()).then(|| Sentence::known(format!("options of {who}: {offers} ({sources})")))
}
