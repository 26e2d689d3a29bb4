//! Characters in bytes (RFC 3629). The bytes are those of a word, the first one lowest.

/// The character that a word begins with, and its length.
#[inline]
pub(super) fn decode(word: u32) -> Option<(u32, usize)> {
    let tail = |index: u32| word >> (8 * index) & 0x3f;
    if word & 0xc0e0 == 0x80c0 {
        let code = (word & 0x1f) << 6 | tail(1);
        // A number is never in more bytes than it needs.
        (code >= 0x80).then_some((code, 2))
    } else if word & 0xc0_c0f0 == 0x80_80e0 {
        let code = (word & 0x0f) << 12 | tail(1) << 6 | tail(2);
        // Halves of UTF-16 pairs are no characters.
        (code >= 0x800 && code >> 11 != 0xd800 >> 11).then_some((code, 3))
    } else if word & 0xc0c0_c0f8 == 0x8080_80f0 {
        let code = (word & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3);
        (0x1_0000..0x11_0000).contains(&code).then_some((code, 4))
    } else {
        None
    }
}

/// Whether more bytes would make a character of the first `length` ones, which make none.
pub(super) fn is_beginning(word: u32, length: usize) -> bool {
    // What is missing continues a character; if any such bytes do, then the extremes do.
    let missing = u32::MAX.checked_shl(8 * length as u32).unwrap_or(0);
    [0x8080_8080, 0xbfbf_bfbf]
        .iter()
        .any(|tail| decode(word | tail & missing).is_some())
}

/// The word that a character is, and its length.
#[inline]
pub(super) fn encode(code: u32) -> (u32, usize) {
    let tail = |index: u32, shift: u32| (code >> shift & 0x3f) << (8 * index);
    match code {
        ..0x80 => (code, 1),
        0x80..0x800 => (0x80c0 | code >> 6 | tail(1, 0), 2),
        0x800..0x1_0000 => (0x80_80e0 | code >> 12 | tail(1, 6) | tail(2, 0), 3),
        _ => (
            0x8080_80f0 | code >> 18 | tail(1, 12) | tail(2, 6) | tail(3, 0),
            4,
        ),
    }
}
