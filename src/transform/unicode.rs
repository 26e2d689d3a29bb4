//! Unicode's full mapping over UTF-8 that may be cut anywhere, or be broken.

use core::mem;

use heapless::Vec;

use super::case::Place;
use super::{Progress, ascii, utf8};

/// What a text holds between its pieces. At most one of the two holds something.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// The beginning of a character, up to 3 bytes. The fourth is room to complete it in.
    unfinished: Vec<u8, 4, u8>,
    /// Output that found no room. The longest upper case has 6 bytes, and the first one did.
    pending: Vec<u8, 5, u8>,
}

impl Held {
    pub(super) const NOTHING: Self = Self {
        unfinished: Vec::new(),
        pending: Vec::new(),
    };

    pub(super) fn convert(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        let mut place = Place::default();
        let mut progress = Progress {
            consumed: 0,
            produced: self.write_pending(output),
        };
        while let Some(input @ [_, ..]) = input.get(progress.consumed..)
            && let Some(output @ [_, ..]) = output.get_mut(progress.produced..)
        {
            let step = if !self.unfinished.is_empty() {
                self.convert_irregular(input, output, &mut place)
            } else if input[0].is_ascii() {
                let length = ascii::convert(input, output);
                Progress {
                    consumed: length,
                    produced: length,
                }
            } else if let Some((code, consumed)) = utf8::decode(input) {
                let produced = self.write_upper(code, &mut place, output);
                Progress { consumed, produced }
            } else {
                self.convert_irregular(input, output, &mut place)
            };
            progress.consumed += step.consumed;
            progress.produced += step.produced;
        }
        progress
    }

    pub(super) fn finish(&mut self, output: &mut [u8]) -> usize {
        let produced = self.write_pending(output);
        let unfinished = mem::take(&mut self.unfinished);
        produced + self.write(&unfinished, output.get_mut(produced..).unwrap_or_default())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.unfinished.is_empty() && !self.is_pending()
    }

    pub(super) fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Takes a step where `input` does not simply begin with a character: in one that is cut into
    /// pieces, or in bytes that are not UTF-8.
    #[cold]
    fn convert_irregular(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        place: &mut Place,
    ) -> Progress {
        let mut sequence = mem::take(&mut self.unfinished);
        let held = sequence.len();
        for byte in input {
            if sequence.push(*byte).is_err() {
                break;
            }
        }
        if let Some((code, length)) = utf8::decode(&sequence) {
            Progress {
                consumed: length - held,
                produced: self.write_upper(code, place, output),
            }
        } else if utf8::is_beginning(&sequence) {
            let consumed = sequence.len() - held;
            self.unfinished = sequence;
            Progress {
                consumed,
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

    #[inline]
    fn write_upper(&mut self, code: u32, place: &mut Place, output: &mut [u8]) -> usize {
        let (first, suffix) = place.upper(code);
        let mut produced = self.write_char(first, output);
        for code in suffix {
            if code != 0 {
                let output = output.get_mut(produced..).unwrap_or_default();
                produced += self.write_char(code.into(), output);
            }
        }
        produced
    }

    #[inline]
    fn write_char(&mut self, code: u32, output: &mut [u8]) -> usize {
        utf8::encode(code, output).unwrap_or_else(|| {
            let mut bytes = [0; 4];
            let length = utf8::encode(code, &mut bytes).unwrap_or(0);
            self.write(bytes.get(..length).unwrap_or_default(), output)
        })
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
