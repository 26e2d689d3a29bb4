//! What each frame is and why it was sent, in sentences for learners.

mod acknowledgement;
mod fate;
mod payload;
mod reset;
mod sent;
mod synchronize;
mod tcp;

use std::format;
use std::string::String;
use std::vec::Vec;

use smoltcp::socket::tcp as socket;

use super::frame::Frame;
use super::row::{Kind, Part, Row};
use super::sentence::Sentence;
use super::sides::Side;

/// The sentences for a row: those about its frame, and those about states.
pub(super) fn row(row: &Row, frames: &[Frame]) -> Vec<Sentence> {
    let mut sentences = match row.kind {
        Kind::Frame(index, Part::Whole | Part::Departure) => frame(&frames[index]),
        _ => Vec::new(),
    };
    for side in Side::BOTH {
        let states = row.states[side.index()].iter();
        for state in states {
            let text = of_state(state.state, name(side));
            let is_new = |text: &String| sentences.iter().all(|other| other.text != *text);
            let text = text.filter(is_new);
            sentences.extend(text.map(|text| Sentence::confirmed(!state.is_derived, text)));
        }
    }
    sentences
}

/// What there is to say of a frame.
fn frame(frame: &Frame) -> Vec<Sentence> {
    let mut sentences = frame.sentences.clone();
    if sentences.is_empty() && !fate::is_copy(frame) {
        match (&frame.segment, &frame.judgement) {
            (Some(segment), Some(judgement)) => {
                sentences = tcp::sentences(frame, segment, judgement);
            }
            _ if frame.message.meaning.is_empty() => {}
            _ if frame.message.protocol == "UDP" && frame.from == Side::Right => {
                let text = "the server sends a datagram to the port that has asked (RFC 768)";
                sentences.push(Sentence::known(text));
            }
            _ => sentences.push(Sentence::known(format!(
                "{} {}",
                name(frame.from),
                frame.message.meaning
            ))),
        }
    }
    sentences.extend(fate::sentences(frame));
    sentences
}

/// What a state means that no segment explains.
fn of_state(state: socket::State, who: &str) -> Option<String> {
    match state {
        socket::State::TimeWait => Some(format!(
            "TIME-WAIT: {who} waits, to acknowledge the FIN again if its ACK is lost \
             (RFC 9293, 3.6.1)"
        )),
        socket::State::Closing => Some(format!(
            "CLOSING: {who} has sent a FIN, too: both close at the same time (RFC 9293, 3.6)"
        )),
        _ => None,
    }
}

/// What a side is called.
fn name(side: Side) -> &'static str {
    match side {
        Side::Left => "the client",
        Side::Right => "the server",
    }
}
