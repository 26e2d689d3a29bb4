//! The upper-casing itself: bytes in, bytes out, no sockets.
//!
//! [`Upper`] is for a stream, whose bytes come in pieces of any size; [`datagram`] is for a text
//! that is there as a whole. Both do Unicode's full mapping, as `str::to_uppercase` does: `ß`
//! becomes `SS`. The mapping depends neither on a language nor on the characters around (the Greek
//! final sigma matters for lower case only), so no more than one character is ever held back.
//!
//! Bytes that are not UTF-8 pass unchanged, and the text around them is upper-cased. However it is
//! cut into pieces, an input gives the output of this loop:
//!
//! ```
//! fn upper_case(input: &[u8], output: &mut Vec<u8>) {
//!     for chunk in input.utf8_chunks() {
//!         output.extend(chunk.valid().to_uppercase().bytes());
//!         output.extend(chunk.invalid());
//!     }
//! }
//! # let (input, mut whole, mut output) = (b"stra\xc3\x9fe \xc3( \xf0\x9f\x98", vec![], [0; 32]);
//! # upper_case(input, &mut whole);
//! # let length = uppercase::transform::datagram(input, &mut output).unwrap();
//! # assert_eq!(output[..length], whole);
//! ```
//!
//! The mapping, and so the version of Unicode, is that of the Rust toolchain:
//! [`char::UNICODE_VERSION`]. Characters that are newer pass unchanged.

use core::mem;

use heapless::Vec;

/// The most that a text grows: `n` bytes become at most `MAX_GROWTH * n` bytes.
///
/// Only U+0390 (`ΐ`) and U+03B0 (`ΰ`) need that much, 2 bytes that become 6. ASCII does not grow.
pub const MAX_GROWTH: usize = 3;

/// Upper-cases a text that comes in pieces.
///
/// The text that comes out does not depend on how the input is cut, nor on the room for each piece
/// of output: one byte at a time will do. Between calls the value holds up to 3 bytes of input (the
/// beginning of a character) or up to 5 bytes of output (the end of one), never both. No input
/// makes it panic.
///
/// ```
/// use uppercase::transform::Upper;
///
/// let mut upper = Upper::new();
/// let mut output = [0; 8];
///
/// // The last byte is the first half of "é": it is taken, and held until the other half comes.
/// let first = upper.convert(b"caf\xc3", &mut output);
/// assert_eq!((first.consumed, first.produced), (4, 3));
/// let second = upper.convert(b"\xa9", &mut output[3..]);
/// assert_eq!((second.consumed, second.produced), (1, 2));
///
/// assert_eq!(upper.finish(&mut output[5..]), 0);
/// assert!(upper.is_empty());
/// assert_eq!(&output[..5], "CAFÉ".as_bytes());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Upper {
    /// The beginning of a character, up to 3 bytes. The fourth is room to complete it in.
    unfinished: Vec<u8, 4, u8>,
    /// Output that found no room. The longest upper case has 6 bytes, and the first one did.
    pending: Vec<u8, 5, u8>,
}

/// How far a call of [`Upper::convert`] came.
#[must_use = "input after `consumed` has to be offered again"]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes taken from the beginning of the input.
    pub consumed: usize,
    /// Bytes written to the beginning of the output.
    pub produced: usize,
}

impl Upper {
    /// A value that is ready for the beginning of a text.
    pub const fn new() -> Self {
        Self {
            unfinished: Vec::new(),
            pending: Vec::new(),
        }
    }

    /// Converts until all of `input` is taken or `output` is full.
    ///
    /// Input that is left means that the output is full: offer the rest again when there is room.
    /// A full output may also leave something [pending](Self::has_pending). What is in `output`
    /// after the bytes produced stays as it was.
    pub fn convert(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        let mut progress = Progress {
            consumed: 0,
            produced: self.write_pending(output),
        };
        while let Some(input @ [_, ..]) = input.get(progress.consumed..)
            && let Some(output @ [_, ..]) = output.get_mut(progress.produced..)
        {
            let step = match first_char(input).filter(|_| self.unfinished.is_empty()) {
                Some(c) if c.is_ascii() => {
                    let length = convert_ascii(input, output);
                    Progress {
                        consumed: length,
                        produced: length,
                    }
                }
                Some(c) => Progress {
                    consumed: c.len_utf8(),
                    produced: self.write_upper(c, output),
                },
                None => self.convert_irregular(input, output),
            };
            progress.consumed += step.consumed;
            progress.produced += step.produced;
        }
        progress
    }

    /// Ends the text: writes what is held, an unfinished character unchanged, and returns the
    /// number of bytes written.
    ///
    /// 5 bytes of room are always enough. With less, call again until [`is_empty`](Self::is_empty):
    /// then all of the text is out, and the value is as new.
    #[must_use = "that many bytes of `output` belong to the text"]
    pub fn finish(&mut self, output: &mut [u8]) -> usize {
        let produced = self.write_pending(output);
        let unfinished = mem::take(&mut self.unfinished);
        produced + self.write(&unfinished, output.get_mut(produced..).unwrap_or_default())
    }

    /// Whether nothing is held, neither output nor the beginning of a character.
    pub fn is_empty(&self) -> bool {
        self.unfinished.is_empty() && !self.has_pending()
    }

    /// Whether output waits for room: [`convert`](Self::convert) would write some even if there is
    /// no input.
    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Takes a step where `input` does not simply begin with a character: in one that is cut into
    /// pieces, or in bytes that are not UTF-8.
    #[cold]
    fn convert_irregular(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        let mut sequence = mem::take(&mut self.unfinished);
        let held = sequence.len();
        for byte in input {
            if sequence.push(*byte).is_err() {
                break;
            }
        }
        if let Some(c) = first_char(&sequence) {
            Progress {
                consumed: c.len_utf8() - held,
                produced: self.write_upper(c, output),
            }
        } else if str::from_utf8(&sequence).is_err_and(|error| error.error_len().is_none()) {
            self.unfinished = sequence;
            Progress {
                consumed: input.len(),
                produced: 0,
            }
        } else {
            // No character begins with these bytes. Those held are given up together: the ones
            // after the first continue a character, so none of them begins one.
            sequence.truncate(held.max(1));
            Progress {
                consumed: sequence.len() - held,
                produced: self.write(&sequence, output),
            }
        }
    }

    fn write_upper(&mut self, c: char, output: &mut [u8]) -> usize {
        // There is nearly always just one: to take it out of the loop makes this twice as fast.
        let mut upper = c.to_uppercase();
        let mut produced = upper.next().map_or(0, |c| self.write_char(c, output));
        for c in upper {
            produced += self.write_char(c, output.get_mut(produced..).unwrap_or_default());
        }
        produced
    }

    #[inline]
    fn write_char(&mut self, c: char, output: &mut [u8]) -> usize {
        match output.get_mut(..c.len_utf8()) {
            Some(output) => c.encode_utf8(output).len(),
            None => self.write(c.encode_utf8(&mut [0; 4]).as_bytes(), output),
        }
    }

    /// Writes what fits and keeps the rest.
    #[cold]
    fn write(&mut self, bytes: &[u8], output: &mut [u8]) -> usize {
        let (now, later) = bytes.split_at(bytes.len().min(output.len()));
        for (to, from) in output.iter_mut().zip(now) {
            *to = *from;
        }
        let kept = self.pending.extend_from_slice(later);
        debug_assert!(kept.is_ok(), "an upper case of more than 6 bytes");
        now.len()
    }

    fn write_pending(&mut self, output: &mut [u8]) -> usize {
        if self.pending.is_empty() {
            return 0;
        }
        let pending = mem::take(&mut self.pending);
        self.write(&pending, output)
    }
}

/// Upper-cases a datagram, a text of its own, and returns the length of the output.
///
/// Returns `None` if `output` is too small. [`MAX_GROWTH`] times the length of `input` never is.
///
/// ```
/// use uppercase::transform::datagram;
///
/// let mut output = [0; 6];
/// assert_eq!(datagram("große".as_bytes(), &mut output), Some(6));
/// assert_eq!(&output, b"GROSSE");
/// assert_eq!(datagram(b"grosses", &mut output), None);
/// ```
pub fn datagram(input: &[u8], output: &mut [u8]) -> Option<usize> {
    let mut upper = Upper::new();
    let Progress { consumed, produced } = upper.convert(input, output);
    let rest = upper.finish(output.get_mut(produced..)?);
    (consumed == input.len() && upper.is_empty()).then_some(produced + rest)
}

/// Converts the ASCII at the beginning of `input`, as much as fits, and returns its length.
fn convert_ascii(input: &[u8], output: &mut [u8]) -> usize {
    let mut length = 0;
    // Two words are one vector where there are vectors.
    let pairs = input.as_chunks().0.as_chunks().0;
    let pairs_out = output.as_chunks_mut().0.as_chunks_mut().0;
    for ([a, b], to) in pairs.iter().zip(pairs_out) {
        let (a, b) = (usize::from_ne_bytes(*a), usize::from_ne_bytes(*b));
        if (a | b) & repeat(0x80) != 0 {
            break;
        }
        *to = [
            ascii_word_to_uppercase(a).to_ne_bytes(),
            ascii_word_to_uppercase(b).to_ne_bytes(),
        ];
        length += size_of_val(to);
    }
    for (from, to) in input.iter().zip(output).skip(length) {
        if !from.is_ascii() {
            break;
        }
        *to = from.to_ascii_uppercase();
        length += 1;
    }
    length
}

/// All bytes of a word at once. They are below 0x80, so that no sum carries into the next byte.
const fn ascii_word_to_uppercase(word: usize) -> usize {
    // The top bit of each byte tells whether it is at least `a`, and whether it is beyond `z`.
    let from_a = word.wrapping_add(repeat(0x80 - b'a'));
    let beyond_z = word.wrapping_add(repeat(0x7f - b'z'));
    let lower = from_a & !beyond_z & repeat(0x80);
    word ^ (lower >> 2) // 0x20 is the distance between the cases.
}

const fn repeat(byte: u8) -> usize {
    usize::from_ne_bytes([byte; size_of::<usize>()])
}

/// The character at the beginning of `bytes`, if a whole one is there.
#[inline]
fn first_char(bytes: &[u8]) -> Option<char> {
    let lead = |byte: u8, mask: u8| u32::from(byte & mask);
    let tail = |byte: u8| (byte & 0xc0 == 0x80).then_some(u32::from(byte & 0x3f));
    let (code, least) = match *bytes {
        [a @ ..0x80, ..] => (u32::from(a), 0),
        [a @ 0xc0..0xe0, b, ..] => (lead(a, 0x1f) << 6 | tail(b)?, 0x80),
        [a @ 0xe0..0xf0, b, c, ..] => (lead(a, 0x0f) << 12 | tail(b)? << 6 | tail(c)?, 0x800),
        [a @ 0xf0..0xf8, b, c, d, ..] => (
            lead(a, 0x07) << 18 | tail(b)? << 12 | tail(c)? << 6 | tail(d)?,
            0x1_0000,
        ),
        _ => return None,
    };
    // Neither surrogates nor numbers beyond Unicode, nor a number in more bytes than it needs.
    char::from_u32(code).filter(|_| code >= least)
}
