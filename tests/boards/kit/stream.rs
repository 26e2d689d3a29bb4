//! A megabyte each way over TCP: all that the driver does, many times over.

use super::bench::Bench;
use super::finding::{Cause, Finding};
use crate::peer::Peer;
use crate::text;

/// More than any buffer holds, both ways at once.
pub fn carries_a_mebibyte_each_way(bench: &mut Bench) -> Result<(), Finding> {
    let text = text::mixed(1 << 20);
    let mut peer = Peer::new(bench.cable.another(), false);
    let answer = peer.over_tcp(std::slice::from_ref(&text));
    let expected = text::upper(&text);
    let differs = answer.iter().zip(&expected).position(|(a, b)| a != b);
    let (saw, cause) = match differs {
        None if answer.len() == expected.len() => return Ok(()),
        None => (
            format!("{} of {} bytes come back", answer.len(), expected.len()),
            Cause::Damaged,
        ),
        Some(at) => (
            format!("byte {at} comes back as another one"),
            Cause::Damaged,
        ),
    };
    Err(Finding { saw, cause })
}
