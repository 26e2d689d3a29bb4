//! What is said below a drawing.

use std::format;
use std::string::String;
use std::vec::Vec;

use super::ladder::Ladder;

/// What states in parentheses are.
pub(super) const DERIVED: &str = "(STATE): as it follows from the segments";

/// What sentences with a mark are.
pub(super) const DERIVED_SENTENCES: &str = "≈ a sentence: as it follows from the packets";

/// What needs a word in this drawing.
pub(super) fn notes(ladder: &Ladder) -> Vec<String> {
    let mut notes = Vec::new();
    let mut states = ladder
        .rows()
        .iter()
        .flat_map(|row| row.states.iter().flatten());
    if states.any(|state| state.is_derived) {
        notes.push(DERIVED.into());
    }
    let mut rows = ladder.rows().iter().filter(|_| ladder.is_explained());
    if rows.any(|row| {
        ladder
            .explain(row)
            .iter()
            .any(|sentence| sentence.is_derived)
    }) {
        notes.push(DERIVED_SENTENCES.into());
    }
    let mut fields = ladder
        .frames()
        .iter()
        .flat_map(|frame| &frame.message.fields);
    if fields.any(|field| field.name == "window" && field.shown().ends_with('*')) {
        notes.push("win=…*: not scaled, as the handshake was not seen".into());
    }
    if ladder.missing() > 0 {
        notes.push(format!(
            "{} frames in between are missing",
            ladder.missing()
        ));
    }
    notes
}
