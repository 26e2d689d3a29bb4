//! Characters in bytes (RFC 3629).

/// The character at the beginning of `bytes`, if a whole one is there, and its length.
#[inline]
pub(super) fn decode(bytes: &[u8]) -> Option<(u32, usize)> {
    let lead = |byte: u8, mask: u8| u32::from(byte & mask);
    let tail = |byte: u8| is_tail(byte).then_some(u32::from(byte & 0x3f));
    match *bytes {
        [a @ ..0x80, ..] => Some((u32::from(a), 1)),
        // A number is never in more bytes than it needs.
        [a @ 0xc2..0xe0, b, ..] => Some((lead(a, 0x1f) << 6 | tail(b)?, 2)),
        [a @ 0xe0..0xf0, b, c, ..] => {
            let code = lead(a, 0x0f) << 12 | tail(b)? << 6 | tail(c)?;
            // Halves of UTF-16 pairs are no characters.
            (code >= 0x800 && code & !0x7ff != 0xd800).then_some((code, 3))
        }
        [a @ 0xf0..0xf5, b, c, d, ..] => {
            let code = lead(a, 0x07) << 18 | tail(b)? << 12 | tail(c)? << 6 | tail(d)?;
            (0x1_0000..0x11_0000).contains(&code).then_some((code, 4))
        }
        _ => None,
    }
}

/// Whether more bytes would make a character of `bytes`.
pub(super) fn is_beginning(bytes: &[u8]) -> bool {
    let [lead, tail @ ..] = bytes else {
        return false;
    };
    let missing = match (lead, tail.first()) {
        (0xe0, Some(..0xa0)) | (0xed, Some(0xa0..)) => 0,
        (0xf0, Some(..0x90)) | (0xf4, Some(0x90..)) => 0,
        (0xc2..0xe0, _) => 1,
        (0xe0..0xf0, _) => 2,
        (0xf0..0xf5, _) => 3,
        _ => 0,
    };
    tail.len() < missing && tail.iter().all(|byte| is_tail(*byte))
}

const fn is_tail(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Writes a character to the beginning of `output` and returns its length, 0 if there is no room.
#[inline]
pub(super) fn encode(code: u32, output: &mut [u8]) -> usize {
    let lead = |shift: u32| (code >> shift) as u8;
    let tail = |shift: u32| 0x80 | lead(shift) & 0x3f;
    match (code, output) {
        (..0x80, [a, ..]) => {
            *a = lead(0);
            1
        }
        (0x80..0x800, [a, b, ..]) => {
            [*a, *b] = [0xc0 | lead(6), tail(0)];
            2
        }
        (0x800..0x1_0000, [a, b, c, ..]) => {
            [*a, *b, *c] = [0xe0 | lead(12), tail(6), tail(0)];
            3
        }
        (0x1_0000.., [a, b, c, d, ..]) => {
            [*a, *b, *c, *d] = [0xf0 | lead(18), tail(12), tail(6), tail(0)];
            4
        }
        _ => 0,
    }
}
