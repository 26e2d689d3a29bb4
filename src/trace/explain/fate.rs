//! What the network has done to a frame.

use std::format;
use std::vec::Vec;

use super::name;
use crate::trace::frame::Frame;
use crate::trace::record::Fate;
use crate::trace::sentence::Sentence;

/// Whether no host has sent it.
pub(super) fn is_copy(frame: &Frame) -> bool {
    frame.fate == Fate::Duplicate
}

pub(super) fn sentences(frame: &Frame) -> Vec<Sentence> {
    let peer = name(frame.to());
    let mut sentences = Vec::new();
    sentences.extend(match frame.fate {
        Fate::Lost => Some(format!("lost on the way: {peer} does not receive it")),
        Fate::Duplicate => Some("a copy that the network has made: no host has sent it".into()),
        Fate::Corrupted => Some(format!(
            "altered on the way: {peer} drops it where a checksum covers the change (RFC 1071)"
        )),
        Fate::Delivered | Fate::Unknown => None,
    });
    if frame.is_overtaken {
        sentences.push("it arrives after a frame that was sent later".into());
    }
    sentences.into_iter().map(Sentence::known).collect()
}
