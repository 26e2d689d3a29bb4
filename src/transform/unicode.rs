//! Unicode's full mapping over UTF-8 that may be cut anywhere, or be broken.

use core::mem;

use heapless::Vec;

use super::case::Place;
use super::{Progress, ascii, utf8};

/// What a text holds between its pieces.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// The beginning of a character, or output that found no room. An upper case has 6 bytes at
    /// most.
    bytes: Vec<u8, 6, u8>,
    is_output: bool,
}

impl Held {
    pub(super) const NOTHING: Self = Self {
        bytes: Vec::new(),
        is_output: false,
    };

    pub(super) fn convert(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        let mut place = Place::default();
        let mut progress = Progress::default();
        if self.is_output {
            progress.produced = self.write(output);
        }
        while let Some(from @ [_, ..]) = input.get(progress.consumed..)
            && let Some(to @ [_, ..]) = output.get_mut(progress.produced..)
        {
            let held = self.bytes.len();
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
                self.bytes.clear();
                let (first, suffix) = place.upper(code);
                let (word, produced) = if first == code {
                    (word, length)
                } else {
                    utf8::encode(first)
                };
                let produced = match to.first_chunk_mut() {
                    Some(to) if suffix == 0 => put(word, produced, to),
                    _ => self.write_upper([word, suffix], produced, to),
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

    /// Writes what is held, as it is, and keeps what finds no room.
    pub(super) fn write(&mut self, output: &mut [u8]) -> usize {
        let bytes = mem::take(&mut self.bytes);
        let (now, later) = bytes.split_at(bytes.len().min(output.len()));
        for (to, from) in output.iter_mut().zip(now) {
            *to = *from;
        }
        self.bytes.extend(later.iter().copied());
        self.is_output = !later.is_empty();
        now.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn is_output(&self) -> bool {
        self.is_output
    }

    /// The next four bytes: those held, then those of the input, then zeros.
    #[cold]
    fn gather(&self, from: &[u8]) -> u32 {
        let mut word = [0; 4];
        let bytes = self.bytes.iter().chain(from);
        word.iter_mut()
            .zip(bytes)
            .for_each(|(to, from)| *to = *from);
        u32::from_le_bytes(word)
    }

    /// Takes a step where the next bytes are no character. `ahead` of them are in the input.
    #[cold]
    fn take_irregular(&mut self, word: u32, ahead: usize, to: &mut [u8]) -> (usize, usize) {
        let held = self.bytes.len();
        let bytes = word.to_le_bytes();
        self.bytes.extend(bytes.into_iter().skip(held).take(ahead));
        if utf8::is_beginning(&self.bytes) {
            return (self.bytes.len() - held, 0);
        }
        // Those held are given up together: the ones after the first continue a character, so none
        // of them begins one.
        self.bytes.truncate(held.max(1));
        (self.bytes.len() - held, self.write(to))
    }

    /// Writes an upper case that has a suffix, or for which there may be no room.
    #[cold]
    fn write_upper(&mut self, words: [u32; 2], length: usize, to: &mut [u8]) -> usize {
        let [first, suffix] = words.map(u32::to_le_bytes);
        let suffix = suffix.into_iter().take_while(|byte| *byte != 0);
        self.bytes
            .extend(first.into_iter().take(length).chain(suffix));
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
