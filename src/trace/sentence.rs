//! A sentence about a packet, and as a comment in a capture file.

use core::fmt;
use std::string::{String, ToString};
use std::vec::Vec;

use super::quote::plain;

/// A sentence about a frame, or about a state.
///
/// It names the hosts `client`, which is the left side, and `server`. The sections of RFCs that it is
/// taken from stand in parentheses at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The sentence, on one line and without a full stop.
    pub text: String,
    /// Whether it follows from the packets; else it is what the packet itself says, or what the stack
    /// knows that has sent it.
    pub is_derived: bool,
}

impl Sentence {
    /// What the packet itself says, or what its stack knows.
    pub(super) fn known(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_derived: false,
        }
    }

    /// What follows from other packets.
    pub(super) fn derived(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_derived: true,
        }
    }

    /// What follows from other packets, unless the stack has said it, too.
    pub(super) fn confirmed(is_confirmed: bool, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_derived: !is_confirmed,
        }
    }
}

/// What a comment begins with that has sentences.
const COMMENT: &str = "uppercase: ";

/// The sentences as the comment on a frame in a capture file; `None` if there are none.
/// [`file`](crate::trace::file) reads them back.
pub fn comment(sentences: &[Sentence]) -> Option<String> {
    let lines: Vec<_> = sentences.iter().map(ToString::to_string).collect();
    (!lines.is_empty()).then(|| COMMENT.to_string() + &lines.join("\n"))
}

/// The sentences in a comment; `None` if it is another one.
pub(super) fn of_comment(comment: &str) -> Option<Vec<Sentence>> {
    let lines = comment.strip_prefix(COMMENT)?.lines();
    let sentences = lines.map(|line| match line.strip_prefix(DERIVED) {
        Some(text) => Sentence::derived(plain(text.trim_start())),
        None => Sentence::known(plain(line)),
    });
    Some(sentences.collect())
}

/// What marks a derived sentence.
const DERIVED: char = '≈';

/// As it is shown: a derived one is marked with `≈`.
impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_derived {
            write!(f, "{DERIVED} ")?;
        }
        f.write_str(&self.text)
    }
}
