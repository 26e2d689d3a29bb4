//! The transform against Python's own upper-casing.

use std::collections::BTreeMap;

use uppercase::transform::{Unicode, datagram};

use crate::namespace::tool;

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

pub fn python_agrees_about_every_character_it_knows() {
    let python = tool("python3").args(["-I", "-c", PYTHON]).output();
    let python = python.expect("python3 starts");
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
        let length = datagram::<Unicode>(c.to_string().as_bytes(), &mut output).unwrap();
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
