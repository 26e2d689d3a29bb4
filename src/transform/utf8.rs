//! Characters in bytes (RFC 3629).

/// The character at the beginning of `bytes`, if a whole one is there, and its length.
#[inline]
pub(super) fn decode(bytes: &[u8]) -> Option<(u32, usize)> {
    let tail = |byte: u8| (byte & 0xc0 == 0x80).then_some(u32::from(byte & 0x3f));
    let lead = |byte: u8, mask: u8| u32::from(byte & mask);
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

/// Whether a character may begin with `bytes`, of which [`decode`] knows that they are none.
pub(super) fn is_beginning(bytes: &[u8]) -> bool {
    // If any continuation makes a character, then one of the extremes does.
    [0x80, 0xbf].into_iter().any(|tail| {
        let mut whole = [tail; 4];
        whole.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        decode(&whole).is_some()
    })
}

/// Writes a character to the beginning of `output` and returns its length, if there is room.
#[inline]
pub(super) fn encode(code: u32, output: &mut [u8]) -> Option<usize> {
    let tail = |shift: u32| 0x80 | (code >> shift) as u8 & 0x3f;
    let lead = |shift: u32| (code >> shift) as u8;
    match (code, output) {
        (..0x80, [a, ..]) => {
            *a = lead(0);
            Some(1)
        }
        (0x80..0x800, [a, b, ..]) => {
            [*a, *b] = [0xc0 | lead(6), tail(0)];
            Some(2)
        }
        (0x800..0x1_0000, [a, b, c, ..]) => {
            [*a, *b, *c] = [0xe0 | lead(12), tail(6), tail(0)];
            Some(3)
        }
        (0x1_0000.., [a, b, c, d, ..]) => {
            [*a, *b, *c, *d] = [0xf0 | lead(18), tail(12), tail(6), tail(0)];
            Some(4)
        }
        _ => None,
    }
}
