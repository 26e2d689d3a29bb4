//! ASCII, some words at a time.

/// What goes through at a time where it can: on a 32-bit processor 16 bytes, else 32.
type Words = [[u8; size_of::<usize>()]; 4];

/// Converts the ASCII at the beginning of `input`, as much as fits, and returns its length.
#[inline]
pub(super) fn convert(input: &[u8], output: &mut [u8]) -> usize {
    let mut length = 0;
    let (words, _): (&[Words], _) = input.as_chunks().0.as_chunks();
    let (words_out, _): (&mut [Words], _) = output.as_chunks_mut().0.as_chunks_mut();
    for (from, to) in words.iter().zip(words_out) {
        let [a, b, c, d] = from.map(usize::from_ne_bytes);
        if (a | b | c | d) & repeat(0x80) != 0 {
            break;
        }
        *to = [a, b, c, d].map(|word| to_uppercase(word).to_ne_bytes());
        length += size_of::<Words>();
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
const fn to_uppercase(word: usize) -> usize {
    // The top bit of each byte tells whether it is at least `a`, and whether it is beyond `z`.
    let from_a = word.wrapping_add(repeat(0x80 - b'a'));
    let beyond_z = word.wrapping_add(repeat(0x7f - b'z'));
    let lower = from_a & !beyond_z & repeat(0x80);
    word ^ (lower >> 2) // 0x20 is the distance between the cases.
}

const fn repeat(byte: u8) -> usize {
    usize::from_ne_bytes([byte; size_of::<usize>()])
}

/// What a text holds between its pieces where only ASCII changes: nothing.
#[cfg(not(feature = "unicode"))]
#[derive(Clone, Debug)]
pub(super) struct Held;
