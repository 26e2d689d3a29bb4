//! TCP segments (RFC 9293).

use std::string::String;

use super::{Message, Unit, name_field};
use crate::packet::{Flags, MAXIMUM_SEGMENT_SIZE, Options, Segment};
use crate::trace::connection::Judgement;
use crate::trace::label::{Field, Rank};

/// The flags, in the order in which they are named; none of the last four has a meaning by itself.
const FLAGS: [(u8, &str); 8] = [
    (Flags::SYN, "SYN"),
    (Flags::FIN, "FIN"),
    (Flags::RST, "RST"),
    (Flags::PSH, "PSH"),
    (Flags::ACK, "ACK"),
    (0x20, "URG"),
    (0x40, "ECE"),
    (0x80, "CWR"),
];

/// What is said of segments in any long transfer.
const PLAIN: [&str; 2] = ["window full", "window update"];

pub(super) fn message(segment: &Segment, bytes: &[u8], judgement: &Judgement) -> Message {
    let payload = bytes.get(segment.header_len..).unwrap_or_default();
    let mut fields = std::vec![
        name_field(flags(segment.flags)),
        Field::number("sequence", Rank::Number, "seq=", judgement.sequence),
    ];
    let acknowledgement = judgement.acknowledgement;
    fields.extend(
        acknowledgement
            .map(|number| Field::number("acknowledgement", Rank::Number, "ack=", number)),
    );
    if !segment.flags.has(Flags::RST) {
        let window = i64::try_from(judgement.window).unwrap_or(i64::MAX);
        let window = Field::number("window", Rank::Extra, "win=", window);
        fields.push(match judgement.is_unscaled {
            true => window.marked("*"),
            false => window,
        });
    }
    if segment.flags.has(Flags::SYN) {
        fields.extend(offers(Options::of(bytes, segment.header_len)));
    }
    for (left, right) in &judgement.selective {
        let block = std::format!("{left}-{right}");
        fields.push(Field::worded(
            "selective",
            Rank::Extra,
            ("SACK ", block, ""),
        ));
    }
    fields.extend(judgement.notes.iter().map(|note| Field::note(*note)));
    let length = segment.payload_len;
    if length > 0 {
        fields.push(Field::number("length", Rank::Number, "len=", length as i64));
        fields.push(Field::payload(payload, length));
    }
    let is_plain = segment.flags.0 & !(Flags::PSH | Flags::ACK) == 0
        && segment.flags.has(Flags::ACK)
        && judgement.notes.iter().all(|note| PLAIN.contains(note));
    Message {
        unit: is_plain.then_some(Unit::Segment),
        payload: length as u64,
        ..Message::new("TCP", fields)
    }
}

fn flags(flags: Flags) -> String {
    let mut text = String::new();
    for (flag, name) in FLAGS {
        if flags.has(flag) {
            if !text.is_empty() {
                text.push(' ');
            }
            text += name;
        }
    }
    match text.is_empty() {
        true => "no flags".into(),
        false => text,
    }
}

/// What a SYN offers in its options.
fn offers(options: Options<'_>) -> impl Iterator<Item = Field> {
    const WINDOW_SCALE: u8 = 3;
    const SELECTIVE: u8 = 4;
    const TIMESTAMPS: u8 = 8;
    options.filter_map(|(kind, value)| match (kind, value) {
        (MAXIMUM_SEGMENT_SIZE, [high, low]) => {
            let size = u16::from_be_bytes([*high, *low]);
            Some(Field::number("mss", Rank::Extra, "mss=", size.into()))
        }
        (WINDOW_SCALE, [shift]) => Some(Field::number(
            "scale",
            Rank::More,
            "scale=",
            (*shift).into(),
        )),
        (SELECTIVE, []) => Some(Field::text("option", Rank::More, "SACK")),
        (TIMESTAMPS, _) => Some(Field::text("option", Rank::More, "timestamps")),
        _ => None,
    })
}
