//! Unicode's full mapping over UTF-8 that may be cut anywhere, or be broken.

use core::mem;

use heapless::Vec;

use super::case::Place;
use super::{Progress, ascii, utf8};

/// The most bytes of a character's upper case.
const LONGEST: usize = 6;

/// What a text holds between its pieces.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// The beginning of a character, or output that found no room.
    bytes: Vec<u8, LONGEST, u8>,
    is_output: bool,
}

impl Held {
    pub(super) const NOTHING: Self = Self {
        bytes: Vec::new(),
        is_output: false,
    };

    pub(super) fn convert(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        let mut place = Place::default();
        let (mut from, mut to) = (input, &mut *output);
        if self.is_output {
            let produced = self.write(to);
            to = to.get_mut(produced..).unwrap_or_default();
        }
        while !to.is_empty()
            && let [first, ..] = *from
        {
            let held = self.bytes.len();
            let (consumed, produced) = if held == 0 && first.is_ascii() {
                let length = ascii::convert(from, to);
                (length, length)
            } else if let Some((code, length)) = utf8::decode(self.sequence(from)) {
                self.bytes.clear();
                (length - held, self.write_upper(place.upper(code), to))
            } else {
                self.take_irregular(held, from, to)
            };
            from = from.get(consumed..).unwrap_or_default();
            to = to.get_mut(produced..).unwrap_or_default();
        }
        let (left, room) = (from.len(), to.len());
        Progress {
            consumed: input.len() - left,
            produced: output.len() - room,
        }
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

    /// Where the next character is: in the input, or with the beginning that is held.
    #[inline]
    fn sequence<'a>(&'a mut self, from: &'a [u8]) -> &'a [u8] {
        if self.bytes.is_empty() {
            return from;
        }
        self.hold(from);
        &self.bytes
    }

    /// Holds as many bytes as a character may have.
    #[cold]
    fn hold(&mut self, from: &[u8]) {
        let missing = from.iter().take(4 - self.bytes.len());
        self.bytes.extend(missing.copied());
    }

    /// Takes a step where there is no whole character, where `held` bytes had been held.
    #[cold]
    fn take_irregular(&mut self, held: usize, from: &[u8], to: &mut [u8]) -> (usize, usize) {
        if held == 0 {
            self.hold(from);
        }
        if utf8::is_beginning(&self.bytes) {
            return (self.bytes.len() - held, 0);
        }
        // Those held are given up together: the ones after the first continue a character, so none
        // of them begins one.
        self.bytes.truncate(held.max(1));
        (self.bytes.len() - held, self.write(to))
    }

    #[inline]
    fn write_upper(&mut self, (first, suffix): (u32, [u16; 2]), to: &mut [u8]) -> usize {
        let mut bytes = [0; LONGEST];
        let fits = to.len() >= LONGEST;
        let target = if fits { &mut *to } else { &mut bytes };
        let mut length = utf8::encode(first, target);
        for code in suffix {
            if code != 0 {
                let target = target.get_mut(length..).unwrap_or_default();
                length += utf8::encode(code.into(), target);
            }
        }
        if fits {
            return length;
        }
        self.bytes.extend(bytes.into_iter().take(length));
        self.write(to)
    }
}
