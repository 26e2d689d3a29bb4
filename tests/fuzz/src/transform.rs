//! The transform against the loop in its documentation, however the text is cut.
//!
//! The first byte says how many of those that follow say where to cut; the rest is the text.

use uppercase::transform::{Progress, Transform, Unicode, datagram};

use crate::common::text::upper;

/// Texts up to this length are cut at every place.
const SHORT: usize = 40;
/// The longest piece of output, in bytes.
const LARGEST_ROOM: usize = 64;

/// Panics if a promise is broken.
pub fn run(input: &[u8]) {
    let Some((&cuts, rest)) = input.split_first() else {
        return;
    };
    let (cuts, text) = rest.split_at(rest.len().min(cuts.into()));
    let expected = upper(text);
    assert!(expected.len() <= Unicode::MAX_GROWTH * text.len());

    as_datagram(text, &expected);
    assert_eq!(stream(cuts, text), expected, "cut by {cuts:?}");
    if text.len() <= SHORT {
        for at in 0..=text.len() {
            assert_eq!(in_two(text, at), expected, "cut at {at}");
        }
    }
}

/// A datagram is converted where there is room for all of it, and only there.
fn as_datagram(text: &[u8], expected: &[u8]) {
    let mut output = vec![0; expected.len()];
    assert_eq!(datagram::<Unicode>(text, &mut output), Some(expected.len()));
    assert_eq!(output, expected);
    if let [_, less @ ..] = &mut output[..] {
        assert_eq!(datagram::<Unicode>(text, less), None);
    }
}

/// In two pieces, with room for everything.
fn in_two(text: &[u8], at: usize) -> Vec<u8> {
    let (first, second) = text.split_at(at);
    let (mut upper, mut output, mut length) = (Unicode::new(), [0; Unicode::MAX_GROWTH * SHORT], 0);
    for piece in [first, second] {
        let progress = upper.convert(piece, &mut output[length..]);
        assert_eq!(progress.consumed, piece.len());
        length += progress.produced;
    }
    length += upper.finish(&mut output[length..]);
    assert!(upper.is_empty());
    output[..length].to_vec()
}

/// In pieces as the bytes of `cuts` say, of input and of output in turn.
fn stream(cuts: &[u8], text: &[u8]) -> Vec<u8> {
    let mut sizes = cuts.iter().copied().cycle().map(usize::from);
    let mut size = || sizes.next().unwrap_or(LARGEST_ROOM);
    let (mut upper, mut answer, mut rest) = (Unicode::new(), Vec::new(), text);
    let mut buffer = [0; LARGEST_ROOM];
    while !rest.is_empty() {
        let piece = &rest[..rest.len().min(size())];
        // Rooms of 0 are tried as well, but the text must come to its end.
        for room in [size() % LARGEST_ROOM, 1] {
            let Progress { consumed, produced } = upper.convert(piece, &mut buffer[..room]);
            assert!(consumed == piece.len() || produced == room, "stopped early");
            answer.extend_from_slice(&buffer[..produced]);
            rest = &rest[consumed..];
            if consumed > 0 {
                break;
            }
        }
        if piece.is_empty() && !upper.has_pending() {
            // A piece of nothing changes nothing; go on by one byte.
            let (one, behind) = rest.split_at(1);
            let Progress { consumed, produced } = upper.convert(one, &mut buffer);
            assert_eq!(consumed, 1);
            answer.extend_from_slice(&buffer[..produced]);
            rest = behind;
        }
    }
    loop {
        let produced = upper.finish(&mut buffer[..size() % 8 + 1]);
        answer.extend_from_slice(&buffer[..produced]);
        if upper.is_empty() {
            return answer;
        }
        assert!(produced > 0, "stopped early");
    }
}
