//! The glossary has each word that the ladders of all scenarios print.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The values of a member of a JSON text that are texts, or arrays of them.
fn values<'j>(json: &'j str, member: &str) -> Vec<&'j str> {
    let begin = format!("\"{member}\":");
    let mut values = Vec::new();
    for rest in json.split(&begin).skip(1) {
        let text = match rest.strip_prefix('[') {
            Some(array) => array.split(']').next().unwrap_or_default(),
            None => rest.split([',', '}']).next().unwrap_or_default(),
        };
        values.extend(text.split(',').map(|value| value.trim_matches('"')));
    }
    values
}

#[test]
fn each_word_of_a_ladder_is_in_the_glossary() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let glossary = fs::read_to_string(root.join("docs/glossary.md")).expect("the glossary");
    let mut words = BTreeSet::new();
    let snapshots = root.join("tests/memory/ladder/snapshots");
    for entry in fs::read_dir(snapshots).expect("snapshots") {
        let path = entry.expect("a file").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let json = fs::read_to_string(path).expect("text");
        for member in ["note", "state", "option", "more"] {
            words.extend(values(&json, member).into_iter().map(String::from));
        }
        for name in values(&json, "name") {
            // Flags are explained one by one.
            let is_flags = name.split(' ').all(|word| word.len() == 3);
            match is_flags {
                true => words.extend(name.split(' ').map(String::from)),
                false => _ = words.insert(name.trim_start_matches("ICMP ").to_string()),
            }
        }
    }
    assert!(words.len() > 30, "{words:?}");
    let missing: Vec<_> = words
        .iter()
        .filter(|word| !glossary.contains(&***word))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
