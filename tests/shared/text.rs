//! Texts, and what their upper case is according to the standard library.

/// `length` bytes or a little more of ASCII, characters that grow, and bytes that are not UTF-8.
pub fn mixed(length: usize) -> Vec<u8> {
    let words: [&[u8]; 8] = [
        b"the quick brown fox ",
        "straße ŉ ".as_bytes(),
        "ΐΰ ﬃ ".as_bytes(),
        "привет, мир\n".as_bytes(),
        "日本語 😀 ".as_bytes(),
        b"\xff\xc3( ",
        b"jumps over the lazy dog, again and again and again. ",
        "ῼ ıſ ".as_bytes(),
    ];
    let mut text = Vec::new();
    let mut state = 1_u32;
    while text.len() < length {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.extend_from_slice(words[(state >> 29) as usize]);
    }
    text
}

/// The upper case of a text by the standard library; what is not UTF-8 stays as it is.
pub fn upper(text: &[u8]) -> Vec<u8> {
    let mut upper = Vec::new();
    for chunk in text.utf8_chunks() {
        upper.extend(chunk.valid().to_uppercase().bytes());
        upper.extend(chunk.invalid());
    }
    upper
}
