//! A frame of a drawing.

use std::string::String;
use std::vec::Vec;

use smoltcp::wire::IpEndpoint;

use super::connection::Judgement;
use super::label::{Field, Rank};
use super::message::Message;
use super::record::Fate;
use super::sentence::Sentence;
use super::sides::Side;
use crate::packet::Segment;
use crate::stack::Transmission;

/// A frame, between two times in microseconds since the first frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The side that sent it.
    pub from: Side,
    /// When it was sent; where that was not seen, when it arrived.
    pub sent: i64,
    /// When it arrived, if it did; where that was not seen, when it was sent.
    pub arrived: Option<i64>,
    /// What became of it.
    pub fate: Fate,
    /// Whether it arrived after a frame that was sent later.
    pub is_overtaken: bool,
    /// What it says.
    pub message: Message,
    /// The ports, or the addresses too, where they are other ones than those of the frame before.
    pub flow: Option<String>,
    /// A remark of what recorded it; empty if there is none.
    pub comment: String,
    /// How long it was, in bytes.
    pub length: usize,
    /// The source and the destination, where there are ports.
    pub(super) endpoints: Option<(IpEndpoint, IpEndpoint)>,
    /// The header of the TCP segment in it.
    pub(super) segment: Option<Segment>,
    /// What its record says of it in sentences.
    pub(super) sentences: Vec<Sentence>,
    /// What the segment is to its connection.
    pub(super) judgement: Option<Judgement>,
    /// What the stack has told of it that has sent it.
    pub(super) transmission: Option<Transmission>,
    /// The segment from its first byte on, with as much of the payload as a label can show.
    pub(super) head: Vec<u8>,
}

impl Frame {
    /// The side to which it goes.
    #[must_use]
    pub fn to(&self) -> Side {
        self.from.other()
    }

    /// What stands on its arrow.
    pub(super) fn label(&self) -> Vec<Field> {
        let flow = self.flow.as_ref();
        let mut fields: Vec<_> = flow
            .map(|flow| Field::text("flow", Rank::Flow, flow))
            .into_iter()
            .collect();
        fields.extend_from_slice(&self.message.fields);
        let fate = match self.fate {
            Fate::Delivered => None,
            Fate::Lost => Some("lost"),
            Fate::Duplicate => Some("duplicate"),
            Fate::Corrupted => Some("corrupted"),
            Fate::Unknown => Some("not seen to arrive"),
        };
        fields.extend(fate.map(Field::note));
        let notes = |field: &Field| field.is_note() && field.shown() == "[out of order]";
        if self.is_overtaken && !self.message.fields.iter().any(notes) {
            fields.push(Field::note("out of order"));
        }
        if !self.comment.is_empty() {
            fields.push(Field::note(&self.comment[..]));
        }
        fields
    }

    /// How long it was on its way, in microseconds; `None` if it did not arrive.
    #[must_use]
    pub fn delay(&self) -> Option<i64> {
        Some(self.arrived? - self.sent)
    }
}
