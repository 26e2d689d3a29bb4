//! The upper-casing itself: bytes in, bytes out, no sockets.
//!
//! [`Upper`] is for a stream, whose bytes come in pieces of any size; [`datagram`] is for a text
//! that is there as a whole. Both are Unicode's full mapping, the one of [`str::to_uppercase`]:
//! `ß` becomes `SS`. It depends neither on the language nor on the characters around (the Greek
//! final sigma matters for lower case only), so one character is all that is ever held back.
//!
//! Bytes that are not UTF-8 pass unchanged, and the text around them is upper-cased: the output is
//! that of this loop over the whole input.
//!
//! ```
//! fn upper_case(input: &[u8], output: &mut Vec<u8>) {
//!     for chunk in input.utf8_chunks() {
//!         output.extend(chunk.valid().to_uppercase().bytes());
//!         output.extend(chunk.invalid());
//!     }
//! }
//! # let (input, mut whole, mut streamed) = (b"stra\xc3\x9fe \xc3( \xf0\x9f\x98", vec![], [0; 32]);
//! # upper_case(input, &mut whole);
//! # let length = uppercase::transform::datagram(input, &mut streamed).unwrap();
//! # assert_eq!(streamed[..length], whole);
//! ```
//!
//! The mapping comes from the Rust toolchain, and so does its version of Unicode:
//! [`char::UNICODE_VERSION`]. A character that is newer than that passes unchanged.

use core::str;

use heapless::Vec;

/// The most that a text grows, as a factor of its length in bytes.
///
/// `MAX_GROWTH * n` bytes of output are enough for every text of `n` bytes. U+0390 (`ΐ`) and
/// U+03B0 (`ΰ`) need that much: each is 2 bytes long and becomes three characters of 2 bytes.
pub const MAX_GROWTH: usize = 3;

/// The longest upper case of one character, in bytes.
const LONGEST: usize = 6;

/// Upper-cases a text that comes in pieces.
///
/// The output does not depend on where the pieces end nor on the sizes of the output slices; one
/// byte at a time will do. Between calls the value holds at most 3 bytes of input (the beginning of
/// a character) or 5 bytes of output (the end of one), never both.
///
/// ```
/// use uppercase::transform::Upper;
///
/// let mut upper = Upper::new();
/// let mut output = [0; 8];
///
/// // The first byte of "é" is held back until the second one comes.
/// let progress = upper.convert(b"caf\xc3", &mut output);
/// assert_eq!((progress.consumed, progress.produced), (4, 3));
/// let more = upper.convert(b"\xa9", &mut output[3..]);
/// assert_eq!((more.consumed, more.produced), (1, 2));
///
/// assert_eq!(upper.finish(&mut output[5..]), 0);
/// assert!(upper.is_empty());
/// assert_eq!(&output[..5], "CAFÉ".as_bytes());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Upper {
    /// The beginning of a character of which the rest has not come.
    unfinished: Vec<u8, 4, u8>,
    /// The end of an output for which there was no room. All but the first byte, at most.
    pending: Vec<u8, { LONGEST - 1 }, u8>,
}

/// How far one call of [`Upper::convert`] came.
#[must_use = "the input after `consumed` has to be offered again"]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes taken from the beginning of the input.
    pub consumed: usize,
    /// Bytes written to the beginning of the output.
    pub produced: usize,
}

impl Upper {
    /// Ready for the beginning of a text.
    pub const fn new() -> Self {
        Self {
            unfinished: Vec::new(),
            pending: Vec::new(),
        }
    }

    /// Converts until the input is used up or the output is full.
    ///
    /// So `consumed < input.len()` means that `output` was too small: offer the rest of the input
    /// again, with more room. The bytes of `output` after `produced` are left as they were.
    pub fn convert(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        let (offered, capacity) = (input.len(), output.len());
        let (mut input, mut room) = (input, output);
        self.flush(&mut room);
        self.complete(&mut input, &mut room);
        while let [first, ..] = input
            && !room.is_empty()
        {
            if first.is_ascii() {
                convert_ascii(&mut input, &mut room);
                continue;
            }
            let used = if let Some(c) = first_char(input) {
                self.put_upper(c, &mut room);
                c.len_utf8()
            } else if is_unfinished(input) {
                let _ = self.unfinished.extend_from_slice(input);
                input.len()
            } else {
                self.put(&[*first], &mut room);
                1
            };
            input.split_off(..used);
        }
        Progress {
            consumed: offered - input.len(),
            produced: capacity - room.len(),
        }
    }

    /// Ends the text
    pub fn finish(&mut self, output: &mut [u8]) -> usize {
        let capacity = output.len();
        let mut room = output;
        self.flush(&mut room);
        let cut = core::mem::take(&mut self.unfinished);
        self.put(&cut, &mut room);
        capacity - room.len()
    }

    /// Whether nothing is held
    pub fn is_empty(&self) -> bool {
        self.unfinished.is_empty() && self.pending.is_empty()
    }

    /// Whether output waits
    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    fn flush(&mut self, room: &mut &mut [u8]) {
        let n = self.pending.len().min(room.len());
        if let Some(to) = room.split_off_mut(..n) {
            for (to, from) in to.iter_mut().zip(self.pending.drain(..n)) {
                *to = from;
            }
        }
    }

    fn complete(&mut self, input: &mut &[u8], room: &mut &mut [u8]) {
        while !self.unfinished.is_empty()
            && !room.is_empty()
            && let [next, after @ ..] = *input
        {
            let mut sequence = self.unfinished.clone();
            let _ = sequence.push(*next);
            if let Some(c) = first_char(&sequence) {
                self.put_upper(c, room);
                self.unfinished.clear();
                *input = after;
            } else if is_unfinished(&sequence) {
                self.unfinished = sequence;
                *input = after;
            } else {
                let cut = core::mem::take(&mut self.unfinished);
                self.put(&cut, room);
            }
        }
    }

    fn put_upper(&mut self, c: char, room: &mut &mut [u8]) {
        c.to_uppercase()
            .for_each(|c| match room.split_off_mut(..c.len_utf8()) {
                Some(to) => {
                    c.encode_utf8(to);
                }
                None => self.put(c.encode_utf8(&mut [0; 4]).as_bytes(), room),
            });
    }

    fn put(&mut self, bytes: &[u8], room: &mut &mut [u8]) {
        let (now, later) = bytes.split_at(bytes.len().min(room.len()));
        if let Some(to) = room.split_off_mut(..now.len()) {
            to.copy_from_slice(now);
        }
        let kept = self.pending.extend_from_slice(later);
        debug_assert!(kept.is_ok());
    }
}

const WORD: usize = size_of::<usize>();
const WORDS: usize = 4;

fn convert_ascii(input: &mut &[u8], room: &mut &mut [u8]) {
    let (chunks, _) = input.as_chunks::<{ WORD * WORDS }>();
    let (to_chunks, _) = room.as_chunks_mut::<{ WORD * WORDS }>();
    let mut done = 0;
    for (from, to) in chunks.iter().zip(to_chunks) {
        let mut words = [0; WORDS];
        for (word, bytes) in words.iter_mut().zip(from.as_chunks::<WORD>().0) {
            *word = usize::from_ne_bytes(*bytes);
        }
        if words.iter().fold(0, |a, b| a | b) & repeat(0x80) != 0 {
            break;
        }
        for (word, to) in words.iter().zip(to.as_chunks_mut::<WORD>().0) {
            *to = upper_word(*word).to_ne_bytes();
        }
        done += WORD * WORDS;
    }
    input.split_off(..done);
    room.split_off_mut(..done);
    let mut done = 0;
    for (from, to) in input
        .iter()
        .zip(room.iter_mut())
        .take_while(|(b, _)| b.is_ascii())
    {
        *to = from.to_ascii_uppercase();
        done += 1;
    }
    input.split_off(..done);
    room.split_off_mut(..done);
}

const fn repeat(byte: u8) -> usize {
    usize::from_ne_bytes([byte; WORD])
}

const fn upper_word(w: usize) -> usize {
    let from_a = w.wrapping_add(repeat(0x80 - b'a'));
    let past_z = w.wrapping_add(repeat(0x7f - b'z'));
    w ^ ((from_a & !past_z & repeat(0x80)) >> 2)
}

/// x
pub fn datagram(input: &[u8], output: &mut [u8]) -> Option<usize> {
    let mut upper = Upper::new();
    let Progress { consumed, produced } = upper.convert(input, output);
    let rest = upper.finish(output.get_mut(produced..)?);
    (consumed == input.len() && upper.is_empty()).then_some(produced + rest)
}

fn first_char(bytes: &[u8]) -> Option<char> {
    let tail = |byte: u8| (byte & 0xc0 == 0x80).then_some(u32::from(byte & 0x3f));
    let (code, least) = match *bytes {
        [a @ 0xc0..0xe0, b, ..] => (u32::from(a & 0x1f) << 6 | tail(b)?, 0x80),
        [a @ 0xe0..0xf0, b, c, ..] => (u32::from(a & 0x0f) << 12 | tail(b)? << 6 | tail(c)?, 0x800),
        [a @ 0xf0..0xf8, b, c, d, ..] => (
            u32::from(a & 0x07) << 18 | tail(b)? << 12 | tail(c)? << 6 | tail(d)?,
            0x1_0000,
        ),
        _ => return None,
    };
    char::from_u32(code).filter(|_| code >= least)
}

fn is_unfinished(bytes: &[u8]) -> bool {
    bytes.len() < 4 && str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}
