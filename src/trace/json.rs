//! A ladder as JSON (RFC 8259), one row of it on each line.
//!
//! ```text
//! {"left":["client","192.168.69.2:53196"],"right":["server","192.168.69.1:12000"],"rows":[
//! {"row":"frame","left_us":0,"right_us":5000,"frame":0,"from":"left", ... },
//! ...
//! ]}
//! ```
//!
//! Times are in microseconds since the first frame. Members that have nothing to say are left out.
//!
//! | member of a row | what it is |
//! |---|---|
//! | `row` | `frame`, or `departure` and `arrival` of one on two rows, `fold` or `states` |
//! | `left_us`, `right_us` | when it happens at each side |
//! | `states` | `left` and `right`: the states into which connections come; each has a `state`, whether it is `derived` from the segments, and the `port` of the client where the row has no other sign of the connection |
//! | `frame` | the number of the frame, from 0 in the order in which they were recorded |
//! | `from` | the side that sent the frame: `left` or `right` |
//! | `sent_us`, `arrived_us` | when the frame was sent, and when it arrived |
//! | `fate` | `delivered`, `lost`, `duplicate`, `corrupted` or `unknown` |
//! | `out_of_order` | whether it arrived after one that was sent later |
//! | `bytes` | the length of the frame |
//! | `flow` | the ports, where they are other ones than before |
//! | `protocol` | `TCP`, `UDP`, `ARP`, `NDP`, `DNS`, `ICMP`, `ICMPv6`, `IPv4`, `IPv6` or `Ethernet` |
//! | `label` | what stands on its arrow, where there is room for all of it |
//! | `fields` | the same in pieces. `note`, `answer`, `option` and `selective` are arrays; numbers are numbers; `payload` is the beginning of the payload as text |
//! | `comment` | what the record says of it |
//! | `explanation` | of a ladder that is [explained](Ladder::explained): an array of sentences, each with its `text`, and whether it is `derived` from the packets |
//! | `frames`, `segments`, `acknowledgements`, `datagrams`, `fragments`, `payload_bytes`, `duration_us` | of a fold: how many it has of each, and how long they took |

mod writer;

use std::string::String;
use std::vec::Vec;

use super::frame::Frame;
use super::label::{Field, Value};
use super::ladder::Ladder;
use super::record::Fate;
use super::row::{Kind, Part, Row, State};
use super::sentence::Sentence;
use super::sides::Side;
pub use writer::{Object, array, string};

/// Fields of which a label can have several.
const SEVERAL: [&str; 4] = ["note", "answer", "option", "selective"];

/// The ladder as JSON.
#[must_use]
pub fn draw(ladder: &Ladder) -> String {
    let title = |side| array(ladder.title(side).iter().map(|line| string(line)));
    let mut text = std::format!(
        "{{\"left\":{},\"right\":{},\"rows\":[\n",
        title(Side::Left),
        title(Side::Right)
    );
    for (index, row) in ladder.rows().iter().enumerate() {
        if index > 0 {
            text += ",\n";
        }
        text += &object(ladder, row);
    }
    text + "\n]}\n"
}

/// One row.
fn object(ladder: &Ladder, row: &Row) -> String {
    let mut object = Object::new();
    object.text(
        "row",
        match row.kind {
            Kind::Frame(_, Part::Whole) => "frame",
            Kind::Frame(_, Part::Departure) => "departure",
            Kind::Frame(_, Part::Arrival) => "arrival",
            Kind::Fold(_) => "fold",
            Kind::States => "states",
        },
    );
    for (name, time) in ["left_us", "right_us"].iter().zip(row.times) {
        if let Some(time) = time {
            object.number(name, time);
        }
    }
    if row.states.iter().any(|states| !states.is_empty()) {
        object.raw("states", &states(&row.states));
    }
    match &row.kind {
        Kind::Frame(index, _) => {
            object.number("frame", *index as i64);
            frame(&mut object, &ladder.frames()[*index]);
        }
        Kind::Fold(fold) => {
            object.number("frames", fold.frames.len() as i64);
            let counted = [
                ("segments", fold.segments),
                ("acknowledgements", fold.acknowledgements),
                ("datagrams", fold.datagrams),
                ("fragments", fold.fragments),
                ("payload_bytes", fold.bytes),
            ];
            for (name, count) in counted.iter().filter(|(_, count)| *count > 0) {
                object.number(name, *count);
            }
            object.number("duration_us", fold.duration);
        }
        Kind::States => {}
    }
    let sentences = match ladder.is_explained() {
        true => ladder.explain(row),
        false => Vec::new(),
    };
    if !sentences.is_empty() {
        object.raw("explanation", &array(sentences.iter().map(sentence)));
    }
    object.end()
}

fn sentence(sentence: &Sentence) -> String {
    let mut object = Object::new();
    object.text("text", &sentence.text);
    object.flag("derived", sentence.is_derived);
    object.end()
}

fn states(states: &[Vec<State>; 2]) -> String {
    let mut object = Object::new();
    for (name, states) in ["left", "right"].iter().zip(states) {
        let states = states.iter().map(|state| {
            let mut object = Object::new();
            object.text("state", &std::format!("{}", state.state));
            object.flag("derived", state.is_derived);
            if let Some(port) = state.port {
                object.number("port", port);
            }
            object.end()
        });
        object.raw(name, &array(states));
    }
    object.end()
}

fn frame(object: &mut Object, frame: &Frame) {
    object.text(
        "from",
        match frame.from {
            Side::Left => "left",
            Side::Right => "right",
        },
    );
    object.number("sent_us", frame.sent);
    if let Some(time) = frame.arrived {
        object.number("arrived_us", time);
    }
    object.text(
        "fate",
        match frame.fate {
            Fate::Delivered => "delivered",
            Fate::Lost => "lost",
            Fate::Duplicate => "duplicate",
            Fate::Corrupted => "corrupted",
            Fate::Unknown => "unknown",
        },
    );
    if frame.is_overtaken {
        object.flag("out_of_order", true);
    }
    object.number("bytes", frame.length as i64);
    if let Some(flow) = &frame.flow {
        object.text("flow", flow);
    }
    object.text("protocol", frame.message.protocol);
    let label: Vec<_> = frame
        .label()
        .iter()
        .map(|field| String::from(field.shown()))
        .collect();
    object.text("label", &label.join(" "));
    object.raw("fields", &fields(&frame.message.fields));
    if !frame.comment.is_empty() {
        object.text("comment", &frame.comment);
    }
}

fn fields(fields: &[Field]) -> String {
    let mut object = Object::new();
    for field in fields.iter().filter(|field| !SEVERAL.contains(&field.name)) {
        object.raw(field.name, &value(field));
    }
    for name in SEVERAL {
        let same: Vec<_> = fields.iter().filter(|field| field.name == name).collect();
        if !same.is_empty() {
            object.raw(name, &array(same.into_iter().map(value)));
        }
    }
    object.end()
}

fn value(field: &Field) -> String {
    match &field.value {
        Value::Number(number) => std::format!("{number}"),
        Value::Text(text) => string(text),
        Value::Payload(bytes) => string(&String::from_utf8_lossy(bytes)),
    }
}
