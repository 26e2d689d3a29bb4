//! ASCII, some words at a time, or more where there are vector registers.

use super::sealed::Sealed;
use super::{Progress, Transform};

const WORD: usize = size_of::<usize>();
/// Whether the processor works on 16 bytes at once: every x86-64 and AArch64, no small board.
const HAS_VECTORS: bool = cfg!(any(target_feature = "sse2", target_feature = "neon"));

/// Converts the ASCII at the beginning of `input`, as much as fits, and returns its length.
#[inline]
pub(super) fn convert(input: &[u8], output: &mut [u8]) -> usize {
    let mut length = if HAS_VECTORS {
        convert_blocks(input, output)
    } else {
        0
    };
    let (input_left, output_left) = (&input[length..], &mut output[length..]);
    let quads = input_left.as_chunks::<WORD>().0.as_chunks::<4>().0;
    let quads_out = output_left.as_chunks_mut::<WORD>().0.as_chunks_mut::<4>().0;
    for ([a, b, c, d], to) in quads.iter().zip(quads_out) {
        let [a, b, c, d] = [
            usize::from_ne_bytes(*a),
            usize::from_ne_bytes(*b),
            usize::from_ne_bytes(*c),
            usize::from_ne_bytes(*d),
        ];
        if (a | b | c | d) & repeat(0x80) != 0 {
            break;
        }
        *to = [
            to_uppercase(a).to_ne_bytes(),
            to_uppercase(b).to_ne_bytes(),
            to_uppercase(c).to_ne_bytes(),
            to_uppercase(d).to_ne_bytes(),
        ];
        length += 4 * WORD;
    }
    let rest = input.get(length..).unwrap_or_default();
    let rest_out = output.get_mut(length..).unwrap_or_default();
    for (from, to) in rest.iter().zip(rest_out) {
        if !from.is_ascii() {
            break;
        }
        *to = from.to_ascii_uppercase();
        length += 1;
    }
    length
}

/// Converts blocks that are ASCII throughout. The compiler makes vector instructions of it.
#[cfg_attr(
    feature = "command",
    multiversion::multiversion(targets("x86_64+avx2"))
)]
fn convert_blocks(input: &[u8], output: &mut [u8]) -> usize {
    const BLOCK: usize = 64;
    let mut length = 0;
    let blocks = input.as_chunks::<BLOCK>().0.iter();
    for (from, to) in blocks.zip(output.as_chunks_mut::<BLOCK>().0) {
        if !from.is_ascii() {
            break;
        }
        for (from, to) in from.iter().zip(to) {
            *to = from.to_ascii_uppercase();
        }
        length += BLOCK;
    }
    length
}

/// All bytes of a word at once. They are below 0x80, so that no sum carries into the next byte.
const fn to_uppercase(word: usize) -> usize {
    // The top bit of each byte tells whether it is at least `a`, and whether it is beyond `z`.
    let from_a = word.wrapping_add(repeat(0x80 - b'a'));
    let beyond_z = word.wrapping_add(repeat(0x7f - b'z'));
    let lower = (from_a ^ beyond_z) & repeat(0x80);
    word ^ (lower >> 2) // 0x20 is the distance between the cases.
}

const fn repeat(byte: u8) -> usize {
    usize::from_ne_bytes([byte; WORD])
}

/// Upper case of the letters `a` to `z` alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ascii;

impl Ascii {
    /// A value that is ready for the beginning of a text, as it always is.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Sealed for Ascii {}

impl Transform for Ascii {
    const MAX_GROWTH: usize = 1;

    fn convert(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        let mut length = 0;
        while let Some(from @ [byte, ..]) = input.get(length..)
            && let Some(to @ [_, ..]) = output.get_mut(length..)
        {
            if byte.is_ascii() {
                length += convert(from, to);
            } else {
                to[0] = *byte;
                length += 1;
            }
        }
        Progress {
            consumed: length,
            produced: length,
        }
    }

    fn finish(&mut self, _: &mut [u8]) -> usize {
        0
    }

    fn is_empty(&self) -> bool {
        true
    }

    fn has_pending(&self) -> bool {
        false
    }
}
