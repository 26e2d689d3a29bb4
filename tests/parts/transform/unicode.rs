//! What is so with all of Unicode only: text that grows, and waits.

use std::collections::BTreeMap;
use std::process::Command;

use uppercase::transform::{MAX_GROWTH, Upper, datagram};

use super::every_char;

#[test]
fn pending_output_comes_without_more_input() {
    let mut upper = Upper::new();
    let mut output = [0; 6];
    let progress = upper.convert("ΐ".as_bytes(), &mut output[..1]);
    assert_eq!((progress.consumed, progress.produced), (2, 1));
    assert!(upper.has_pending());
    let progress = upper.convert(b"", &mut output[1..]);
    assert_eq!((progress.consumed, progress.produced), (0, 5));
    assert!(upper.is_empty());
    assert_eq!(output, *"\u{399}\u{308}\u{301}".as_bytes());
}

#[test]
fn a_text_ends_where_finish_says() {
    let mut upper = Upper::new();
    let mut output = [0; 8];
    assert_eq!(upper.convert(b"\xf0\x9f\x98", &mut output).consumed, 3);
    assert!(!upper.is_empty() && !upper.has_pending());
    // What has not come by the end does not come from the next text.
    assert_eq!(upper.finish(&mut []), 0);
    assert!(upper.has_pending());
    let progress = upper.convert(b"\x80a", &mut output);
    assert_eq!((progress.consumed, progress.produced), (2, 5));
    assert_eq!(output[..5], *b"\xf0\x9f\x98\x80A");
    assert!(upper.is_empty());
}

#[test]
fn a_text_grows_three_times_at_most() {
    let growth = |c: &char| {
        let upper: usize = c.to_uppercase().map(char::len_utf8).sum();
        assert!(upper <= 6);
        upper.div_ceil(c.len_utf8())
    };
    let most: Vec<char> = every_char().filter(|c| growth(c) >= MAX_GROWTH).collect();
    assert_eq!(most, ['ΐ', 'ΰ']);
    assert!(most.iter().all(|c| growth(c) == MAX_GROWTH));
}

/// Prints Python's version of Unicode, then each character it knows with its upper case.
const PYTHON: &str = r"
import unicodedata
known = [c for c in map(chr, range(0x110000)) if unicodedata.category(c) not in ('Cn', 'Cs')]
text = ''.join(known)
assert text.upper() == ''.join(c.upper() for c in known), 'Python looks at the characters around'
print(unicodedata.unidata_version)
for c in known:
    print(c.encode().hex(), c.upper().encode().hex())
";

#[test]
fn python_agrees_about_every_character_it_knows() {
    let python = Command::new("python3")
        .args(["-I", "-c", PYTHON])
        .output()
        .expect("this test needs the program python3");
    let stderr = String::from_utf8_lossy(&python.stderr);
    assert!(python.status.success(), "python3 failed: {stderr}");
    let stdout = String::from_utf8(python.stdout).unwrap();
    let (version, lines) = stdout.split_once('\n').unwrap();
    let known: BTreeMap<char, String> = lines
        .lines()
        .map(|line| {
            let (c, upper) = line.trim_end().split_once(' ').unwrap();
            (text_of(c).parse().unwrap(), text_of(upper))
        })
        .collect();
    assert!(known.len() > 250_000, "only {} characters", known.len());

    let mut output = [0; 16];
    for (c, python) in &known {
        let length = datagram(c.to_string().as_bytes(), &mut output).unwrap();
        let ours = str::from_utf8(&output[..length]).unwrap();
        // An older Python does not know all characters to which ours are mapped.
        assert!(
            ours == python || ours.chars().any(|c| !known.contains_key(&c)),
            "{c:?} is {ours:?} in Unicode {:?} and {python:?} in Python's {version}",
            char::UNICODE_VERSION,
        );
    }
}

fn text_of(hex: &str) -> String {
    let bytes = hex.as_bytes().chunks(2).map(|digits| {
        let digits = str::from_utf8(digits).unwrap();
        u8::from_str_radix(digits, 16).unwrap()
    });
    String::from_utf8(bytes.collect()).unwrap()
}
