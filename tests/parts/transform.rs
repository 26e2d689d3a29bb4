//! The transforms against Rust's own upper-casing, at every cut and in every room.

#[cfg(feature = "unicode")]
mod unicode;

use uppercase::transform::{Ascii, Transform, datagram};

/// A transform, and what the standard library makes of a text in its place.
trait Case: Transform + Clone {
    fn upper_case(text: &str) -> String;
}

impl Case for Ascii {
    fn upper_case(text: &str) -> String {
        text.to_ascii_uppercase()
    }
}

#[cfg(feature = "unicode")]
impl Case for uppercase::transform::Unicode {
    fn upper_case(text: &str) -> String {
        text.to_uppercase()
    }
}

/// Makes a test for each transform of each of these functions.
macro_rules! test_each {
    ($($test:ident)*) => {
        mod ascii {
            $(#[test]
            fn $test() {
                super::$test::<uppercase::transform::Ascii>();
            })*
        }
        #[cfg(feature = "unicode")]
        mod all_of_unicode {
            $(#[test]
            fn $test() {
                super::$test::<uppercase::transform::Unicode>();
            })*
        }
    };
}

test_each! {
    every_character_survives_every_split
    every_character_that_changes_survives_every_split_and_any_room
    broken_sequences_pass_unchanged_and_the_text_around_them_does_not
    any_soup_of_bytes_in_any_pieces_and_any_rooms_gives_the_same_text
    ascii_is_the_same_at_each_alignment
    no_room_takes_no_input
    a_datagram_needs_all_of_its_room_and_no_more
}

/// What has to come out: characters in upper case, all other bytes unchanged.
fn reference<T: Case>(input: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    for chunk in input.utf8_chunks() {
        output.extend(T::upper_case(chunk.valid()).bytes());
        output.extend(chunk.invalid());
    }
    output
}

/// Streams `pieces` through `upper` into slices of the sizes that `room` gives, to the end of the
/// text, and checks what each call promises.
fn stream<'a, T: Case>(
    upper: &mut T,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    mut room: impl FnMut() -> usize,
) -> Vec<u8> {
    const UNTOUCHED: u8 = 0xfe;
    let mut text = Vec::new();
    let mut buffer = [UNTOUCHED; 64];
    for mut piece in pieces {
        loop {
            let waiting = upper.has_pending();
            let output = &mut buffer[..room()];
            let progress = upper.convert(piece, output);
            let (written, rest) = output.split_at_mut(progress.produced);
            piece = &piece[progress.consumed..];

            assert!(piece.is_empty() || rest.is_empty(), "stopped early");
            assert!(!upper.has_pending() || rest.is_empty(), "kept output");
            assert!(!waiting || written.len() + rest.len() == 0 || !written.is_empty());
            assert!(rest.iter().all(|byte| *byte == UNTOUCHED));
            text.extend_from_slice(written);
            written.fill(UNTOUCHED);
            if piece.is_empty() {
                break;
            }
        }
        let held = upper.clone().finish(&mut [0; 16]);
        assert!(held <= if upper.has_pending() { 5 } else { 3 });
        assert_eq!(held == 0, upper.is_empty());
    }
    loop {
        let output = &mut buffer[..room()];
        let produced = upper.finish(output);
        text.extend_from_slice(&output[..produced]);
        output.fill(UNTOUCHED);
        if upper.is_empty() {
            return text;
        }
    }
}

fn every_char() -> impl Iterator<Item = char> {
    '\0'..=char::MAX
}

fn every_char_that_changes<T: Case>() -> impl Iterator<Item = char> {
    every_char().filter(|c| T::upper_case(&c.to_string()) != c.to_string())
}

fn every_character_survives_every_split<T: Case>() {
    for width in 1..=4 {
        let input: String = every_char().filter(|c| c.len_utf8() == width).collect();
        let expected: String = T::upper_case(&input);
        let mut output = vec![0; expected.len()];
        // Pieces as long as the characters cut them all at the same place.
        for cut in 0..width {
            let (first, rest) = input.as_bytes().split_at(cut);
            let (mut upper, mut length) = (T::default(), 0);
            for piece in [first].into_iter().chain(rest.chunks(width)) {
                let progress = upper.convert(piece, &mut output[length..]);
                assert_eq!(progress.consumed, piece.len());
                length += progress.produced;
            }
            assert!(upper.is_empty() && length == expected.len());
            assert!(output == expected.as_bytes(), "width {width}, cut {cut}");
        }
    }
}

fn every_character_that_changes_survives_every_split_and_any_room<T: Case>() {
    let mut upper = T::default();
    for c in every_char_that_changes::<T>() {
        let input = format!("a{c}z");
        let expected = T::upper_case(&input);
        for cut in 0..=input.len() {
            let (first, second) = input.as_bytes().split_at(cut);
            for room in 1..=8 {
                let mut rooms = [room, 0].into_iter().cycle();
                let output = stream(&mut upper, [first, second], || rooms.next().unwrap());
                assert_eq!(output, expected.as_bytes(), "{c:?}, {cut}, {room}");
            }
        }
    }
}

fn broken_sequences_pass_unchanged_and_the_text_around_them_does_not<T: Case>() {
    // The first and the last byte of each kind that the encoding tells apart.
    const KINDS: [u8; 20] = [
        0x61, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed,
        0xef, 0xf0, 0xf3, 0xf4, 0xf5,
    ];
    let check = |input: &[u8]| {
        let expected = reference::<T>(input);
        let mut output = [0; 32];
        let length = datagram::<T>(input, &mut output).unwrap();
        assert_eq!(output[..length], expected, "{input:x?}");
        let output = stream(&mut T::default(), input.chunks(1), || 2);
        assert_eq!(output, expected, "{input:x?} in single bytes");
    };
    for first in 0..=u8::MAX {
        for second in 0..=u8::MAX {
            check(&[first, second]);
            check(&[first, second, b'a']);
        }
    }
    for first in KINDS {
        for second in KINDS {
            for third in KINDS {
                check(&[first, second, third]);
                check(&[0xf0, first, second, third]);
                check(&[0xf4, first, second, third, b'a']);
            }
        }
    }
    // A character that another one interrupts, at every place.
    let greek = "ΐ\u{1fb7}😀".as_bytes();
    for end in 0..=greek.len() {
        for start in 0..=greek.len() {
            check(&[&greek[..end], &greek[start..]].concat());
        }
    }
}

/// Marsaglia's xorshift: the same numbers each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit
    }
}

fn any_soup_of_bytes_in_any_pieces_and_any_rooms_gives_the_same_text<T: Case>() {
    let changing: Vec<char> = every_char_that_changes::<T>().collect();
    for seed in 1..=2000 {
        let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ seed);
        let mut input = Vec::new();
        for _ in 0..random.below(12) {
            match random.below(4) {
                0 => input.extend((0..random.below(6)).map(|_| random.below(256) as u8)),
                1 => input.extend((0..random.below(40)).map(|_| random.below(128) as u8)),
                2 => input.extend(changing[random.below(changing.len())].to_string().bytes()),
                _ => {
                    let c = char::from_u32(random.below(0x11_0000) as u32).unwrap_or('é');
                    let whole = c.to_string();
                    input.extend_from_slice(&whole.as_bytes()[..1 + random.below(whole.len())]);
                }
            }
        }
        let mut pieces = Vec::new();
        let mut rest = &input[..];
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(random.below(rest.len().min(30) + 1));
            pieces.push(piece);
            rest = after;
        }
        let most = 1 + random.below(40);
        let output = stream(&mut T::default(), pieces, || random.below(most + 1));
        assert_eq!(output, reference::<T>(&input), "seed {seed}");
    }
}

fn ascii_is_the_same_at_each_alignment<T: Case>() {
    let input: Vec<u8> = (0..=0x7f).cycle().take(512).collect();
    for from in 0..16 {
        for to in 0..16 {
            for length in (0..40).chain([128, 300]) {
                let mut output = [0; 512];
                let text = &input[from..from + length];
                assert_eq!(datagram::<T>(text, &mut output[to..]), Some(length));
                assert_eq!(output[to..to + length], text.to_ascii_uppercase());
            }
        }
    }
    // ASCII ends at something else, wherever in a word that stands.
    for place in 0..64 {
        for other in ["é".as_bytes(), b"\xff\x80"] {
            let mut input = input.clone();
            input[place..place + 2].copy_from_slice(other);
            let mut output = [0; 512];
            assert_eq!(datagram::<T>(&input, &mut output), Some(512));
            assert_eq!(output[..], reference::<T>(&input));
        }
    }
}

fn no_room_takes_no_input<T: Case>() {
    let mut upper = T::default();
    for input in ["", "a", "ß", "ΐ"] {
        let progress = upper.convert(input.as_bytes(), &mut []);
        assert_eq!((progress.consumed, progress.produced), (0, 0));
    }
    assert!(upper.is_empty());
}

fn a_datagram_needs_all_of_its_room_and_no_more<T: Case>() {
    let mut output = [0; 64];
    for input in ["", "abc", "große", "ΐΐΐ", "ﬃ", "a\u{149}"].map(str::as_bytes) {
        for end in 0..=input.len() {
            let input = &input[..end];
            let expected = reference::<T>(input);
            for room in 0..=expected.len() + 1 {
                let length = datagram::<T>(input, &mut output[..room]);
                assert_eq!(length, (room >= expected.len()).then_some(expected.len()));
            }
            assert_eq!(output[..expected.len()], expected);
        }
    }
}

#[test]
fn only_ascii_letters_change_and_nothing_is_held() {
    let mut upper = Ascii::new();
    let mut output = [0; 2];
    for byte in 0..=u8::MAX {
        let pair = [byte, b'z'];
        let progress = upper.convert(&pair, &mut output);
        assert_eq!((progress.consumed, progress.produced), (2, 2));
        assert_eq!(output, [byte.to_ascii_uppercase(), b'Z']);
        let progress = upper.convert(&pair, &mut output[..1]);
        assert_eq!((progress.consumed, progress.produced), (1, 1));
        assert!(upper.is_empty() && !upper.has_pending());
    }
    assert_eq!(upper.finish(&mut output), 0);
    assert_eq!((Ascii::MAX_GROWTH, size_of::<Ascii>()), (1, 0));
}
