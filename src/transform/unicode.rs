//! Unicode's full mapping over UTF-8 that may be cut anywhere, or be broken.

use super::case::Place;
use super::sealed::Sealed;
use super::{Progress, Transform, ascii, utf8};

/// Upper case of all of Unicode.
///
/// What it holds between the pieces of a text is the beginning of a character, or output that found no
/// room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unicode {
    /// The first byte lowest, zeros after the last one. The longest upper case has 6.
    bytes: u64,
    length: usize,
    is_output: bool,
}

impl Unicode {
    /// A value that is ready for the beginning of a text.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: 0,
            length: 0,
            is_output: false,
        }
    }
}

impl Sealed for Unicode {}

impl Transform for Unicode {
    const MAX_GROWTH: usize = 3;

    fn convert(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        let mut place = Place::default();
        let mut progress = Progress::default();
        if self.is_output {
            progress.produced = self.write(output);
        }
        while let Some(from @ [_, ..]) = input.get(progress.consumed..)
            && let Some(to @ [_, ..]) = output.get_mut(progress.produced..)
        {
            let held = self.length;
            let word = match from.first_chunk() {
                Some(bytes) if held == 0 => u32::from_le_bytes(*bytes),
                _ => self.gather(from),
            };
            let (consumed, produced) = if word & 0x8080_8080 == 0 {
                let length = ascii::convert(from, to);
                (length, length)
            } else if word & 0x80 == 0 {
                to[0] = (word as u8).to_ascii_uppercase();
                (1, 1)
            } else if let Some((code, length)) = utf8::decode(word) {
                (self.bytes, self.length) = (0, 0);
                let (first, suffix) = place.upper(code);
                let (word, produced) = if first == code {
                    (word, length)
                } else {
                    utf8::encode(first)
                };
                let produced = match to.first_chunk_mut() {
                    Some(to) if suffix == 0 => put(word, produced, to),
                    _ => self.write_upper(word, produced, suffix, to),
                };
                (length - held, produced)
            } else {
                self.take_irregular(word, from.len(), to)
            };
            progress.consumed += consumed;
            progress.produced += produced;
        }
        progress
    }

    fn finish(&mut self, output: &mut [u8]) -> usize {
        self.write(output)
    }

    fn is_empty(&self) -> bool {
        self.length == 0
    }

    fn has_pending(&self) -> bool {
        self.is_output
    }
}

impl Unicode {
    /// Writes what is held, as it is, and keeps what finds no room.
    fn write(&mut self, output: &mut [u8]) -> usize {
        let length = self.length.min(output.len());
        for to in output.iter_mut().take(length) {
            *to = self.bytes as u8;
            self.bytes >>= 8;
        }
        self.length -= length;
        self.is_output = self.length > 0;
        length
    }

    /// The next four bytes: those held, then those of the input, then zeros.
    #[cold]
    fn gather(&self, from: &[u8]) -> u32 {
        let mut word = self.bytes as u32;
        for (index, byte) in (self.length..4).zip(from) {
            word |= u32::from(*byte) << (8 * index);
        }
        word
    }

    /// Takes a step where the next bytes are no character. `ahead` of them are in the input.
    #[cold]
    fn take_irregular(&mut self, word: u32, ahead: usize, to: &mut [u8]) -> (usize, usize) {
        let held = self.length;
        let whole = (held + ahead).min(4);
        if utf8::is_beginning(word, whole) {
            (self.bytes, self.length) = (word.into(), whole);
            return (whole - held, 0);
        }
        if held == 0 {
            (self.bytes, self.length) = ((word & 0xff).into(), 1);
        }
        // Those held are given up together: the ones after the first continue a character, so none
        // of them begins one.
        (self.length - held, self.write(to))
    }

    /// Writes an upper case that has a suffix, or for which there may be no room.
    #[cold]
    fn write_upper(&mut self, word: u32, length: usize, suffix: u32, to: &mut [u8]) -> usize {
        let first = u64::from(word) & !(u64::MAX << (8 * length));
        self.bytes = first | u64::from(suffix) << (8 * length);
        self.length = 8 - self.bytes.leading_zeros() as usize / 8;
        self.write(to)
    }
}

/// Writes the first bytes of a word.
#[inline]
fn put(word: u32, length: usize, to: &mut [u8; 4]) -> usize {
    let [a, b, c, d] = word.to_le_bytes();
    match length {
        1 => to[0] = a,
        2 => [to[0], to[1]] = [a, b],
        3 => [to[0], to[1], to[2]] = [a, b, c],
        _ => *to = [a, b, c, d],
    }
    length
}
