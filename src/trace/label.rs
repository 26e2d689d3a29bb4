//! What stands on an arrow: fields, of which the less important ones give way where there is
//! little room.

use core::fmt::Display;
use std::string::{String, ToString};
use std::vec::Vec;

use super::quote::{Charset, char_width, quote, width};

/// The least that is left of a payload, in columns.
const LEAST_PAYLOAD: usize = 4;
/// How much of a payload is shown, in columns.
const MOST_PAYLOAD: usize = 64;
/// How much of a payload is kept, in bytes.
pub(super) const KEPT_PAYLOAD: usize = 4 * MOST_PAYLOAD;

/// A piece of a label that is shown whole or not at all; a payload can be cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is: in JSON, the name of a member.
    pub name: &'static str,
    /// What it says.
    pub value: Value,
    /// As it is shown.
    text: String,
    rank: Rank,
}

/// What a [`Field`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
    /// The beginning of a payload.
    Payload(Vec<u8>),
}

/// How important a field is: the last of these gives way first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Without it the label would say nothing.
    Name,
    /// Which connection it is about.
    Flow,
    /// What is remarkable.
    Note,
    Number,
    Payload,
    /// It is shown where there is room: nothing marks that it is missing.
    Extra,
    More,
}

impl Field {
    pub(super) fn text(name: &'static str, rank: Rank, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            name,
            value: Value::Text(text.clone()),
            text,
            rank,
        }
    }

    /// A value with words before it and behind it.
    pub(super) fn worded(
        name: &'static str,
        rank: Rank,
        (before, value, behind): (&str, impl Display, &str),
    ) -> Self {
        let value = value.to_string();
        Self {
            name,
            text: std::format!("{before}{value}{behind}"),
            value: Value::Text(value),
            rank,
        }
    }

    /// Something remarkable, in brackets.
    pub(super) fn note(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            name: "note",
            text: std::format!("[{text}]"),
            value: Value::Text(text),
            rank: Rank::Note,
        }
    }

    /// A number; `shown` is its short name, with the sign between them: `seq=`.
    pub(super) fn number(name: &'static str, rank: Rank, shown: &str, number: i64) -> Self {
        Self {
            name,
            value: Value::Number(number),
            text: shown.to_string() + &number.to_string(),
            rank,
        }
    }

    /// The same with a mark behind it.
    pub(super) fn marked(mut self, mark: &str) -> Self {
        self.text += mark;
        self
    }

    /// A payload of `length` bytes, of which `bytes` is the beginning at least.
    pub(super) fn payload(bytes: &[u8], length: usize) -> Self {
        let kept = &bytes[..bytes.len().min(KEPT_PAYLOAD)];
        let mut text = quote(kept, MOST_PAYLOAD, Charset::Unicode);
        if kept.len() < length && !text.ends_with("…\"") {
            text.pop();
            text += "…\"";
        }
        Self {
            name: "payload",
            value: Value::Payload(kept.into()),
            text,
            rank: Rank::Payload,
        }
    }

    /// As it is shown where there is room for all of it.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.text
    }

    /// Whether it says that something is remarkable.
    pub(super) fn is_note(&self) -> bool {
        self.name == "note"
    }

    /// As it is shown in `columns`, if it can be.
    fn cut(&self, columns: usize, charset: Charset) -> Option<String> {
        let text = match &self.value {
            Value::Payload(bytes) if charset == Charset::Ascii => {
                quote(bytes, MOST_PAYLOAD, charset)
            }
            _ => charset.encode(&self.text).into_owned(),
        };
        if width(&text) <= columns {
            return Some(text);
        }
        let left = columns.checked_sub(2 + width(charset.mark()))?;
        match &self.value {
            Value::Payload(bytes) if left >= LEAST_PAYLOAD => Some(quote(bytes, left, charset)),
            _ => None,
        }
    }
}

/// A field as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) is_note: bool,
    /// Whether the label would say nothing without it.
    pub(super) is_name: bool,
}

/// The label in `columns`: fields that do not fit are left out, the least important one first, and
/// a mark stands for them.
pub(super) fn fit(fields: &[Field], columns: usize, charset: Charset) -> Vec<Shown> {
    let mut kept: Vec<&Field> = fields.iter().collect();
    let mut is_cut = false;
    loop {
        if let Some(shown) = arrange(&kept, columns, is_cut, charset) {
            return shown;
        }
        let last = kept.iter().enumerate().max_by_key(|(_, field)| field.rank);
        match last {
            Some((index, field)) if kept.len() > 1 => {
                is_cut |= field.rank < Rank::Extra;
                kept.remove(index);
            }
            _ => break,
        }
    }
    let text = kept.first().map_or("", |field| field.shown());
    std::vec![Shown {
        text: cut(&charset.encode(text), columns, charset),
        is_note: false,
        is_name: true,
    }]
}

/// All of the fields, if there is room for them once a payload is cut.
fn arrange(
    fields: &[&Field],
    columns: usize,
    is_cut: bool,
    charset: Charset,
) -> Option<Vec<Shown>> {
    let is_payload = |field: &Field| field.rank == Rank::Payload;
    let mark = charset.mark();
    // A blank in front of each but the first.
    let mut taken = (fields.len() + usize::from(is_cut)).saturating_sub(1);
    if is_cut {
        taken += width(mark);
    }
    let others = fields.iter().filter(|field| !is_payload(field));
    taken += others
        .map(|field| width(&charset.encode(&field.text)))
        .sum::<usize>();
    let left = columns.checked_sub(taken)?;
    let mut shown = Vec::new();
    for field in fields {
        let text = match is_payload(field) {
            true => field.cut(left, charset)?,
            false => charset.encode(&field.text).into_owned(),
        };
        shown.push(Shown {
            text,
            is_note: field.is_note(),
            is_name: field.name == "name",
        });
    }
    if is_cut {
        shown.push(Shown {
            text: mark.into(),
            is_note: false,
            is_name: false,
        });
    }
    Some(shown)
}

/// The beginning of a text, with a mark where it is cut.
pub(super) fn cut(text: &str, columns: usize, charset: Charset) -> String {
    if width(text) <= columns {
        return text.into();
    }
    let mark = charset.mark();
    let Some(mut left) = columns.checked_sub(width(mark)) else {
        return mark.chars().take(columns).collect();
    };
    let mut cut = String::new();
    for character in text.chars() {
        let needed = char_width(character);
        if needed > left {
            break;
        }
        left -= needed;
        cut.push(character);
    }
    cut + mark
}
