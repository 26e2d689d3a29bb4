//! `docs/conformance.md` names files and tests that exist, and a reason where a rule is not kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The shortest sentence that can be a reason.
const REASON: usize = 15;

/// A row of a table: the rule, where it is kept, and the tests or the reason.
#[derive(Debug, PartialEq, Eq)]
struct Row<'t> {
    rule: &'t str,
    places: &'t str,
    shown: &'t str,
}

/// The rows of all tables, without their heads.
fn rows(text: &str) -> Vec<Row<'_>> {
    let lines = text.lines().filter(|line| line.starts_with("| "));
    let rows = lines.map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [_, _, rule, places, shown] = cells[..] else {
            panic!("a row has five cells: {line}");
        };
        Row {
            rule,
            places,
            shown,
        }
    });
    rows.filter(|row| row.rule != "rule").collect()
}

/// What stands in backquotes.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// What is wrong with a row.
fn faults(
    row: &Row<'_>,
    has_file: &dyn Fn(&str) -> bool,
    has_test: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    let mut faults = Vec::new();
    let is_kept = row.places != "not kept";
    if is_kept && (quoted(row.places).count() == 0 || quoted(row.shown).count() == 0) {
        faults.push(format!("no file or no test: {row:?}"));
    }
    if !is_kept && row.shown.len() < REASON {
        faults.push(format!("no reason: {row:?}"));
    }
    let files = quoted(row.places).filter(|file| !has_file(file));
    faults.extend(files.map(|file| format!("there is no file {file}: {row:?}")));
    // A reason may also name a counter.
    let tests = quoted(row.shown).filter(|name| name.contains("::"));
    let tests = tests.filter(|test| !has_test(test));
    faults.extend(tests.map(|test| format!("there is no test {test}: {row:?}")));
    faults
}

/// The sources of smoltcp, as Cargo has them.
fn smoltcp() -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("Cargo");
    let text = String::from_utf8(output.stdout).expect("text");
    let manifests = text.split("\"manifest_path\":\"").skip(1);
    let mut paths = manifests.filter_map(|rest| rest.split('"').next());
    let manifest = paths.find(|path| path.contains("smoltcp-0.14"));
    let manifest = manifest
        .expect("smoltcp is a dependency")
        .replace("\\\\", "\\");
    Path::new(&manifest).parent().expect("a folder").into()
}

/// Whether the test is in the file that its path says.
fn has_test(path: &str, source: &dyn Fn(&str) -> Option<String>) -> bool {
    let mut names: Vec<_> = path.split("::").collect();
    let Some(test) = names.pop() else {
        return false;
    };
    match names.first_mut() {
        Some(root @ &mut "lib") => *root = "src",
        Some(root) => {
            *root = match *root {
                "memory" => "tests/memory",
                "kernel" => "tests/kernel",
                "parts" => "tests/parts",
                _ => return false,
            }
        }
        None => return false,
    }
    // The tests of a file may be in the file itself.
    let mut text = source(&format!("{}.rs", names.join("/")));
    if text.is_none() && names.last() == Some(&"tests") {
        names.pop();
        text = source(&format!("{}.rs", names.join("/")));
    }
    let Some(text) = text else {
        return false;
    };
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let signature = format!("fn {test}()");
    match names[0] {
        // They are called by name, from a list.
        "tests/kernel" => text.contains(&format!("pub {signature}")),
        _ => lines.iter().enumerate().any(|(number, line)| {
            let before = lines[..number].iter().rev();
            let mut attributes = before.take_while(|line| line.starts_with("#["));
            line.starts_with(&signature) && attributes.any(|line| *line == "#[test]")
        }),
    }
}

fn file(path: &str) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

#[test]
fn every_rule_has_a_place_and_a_test_or_a_reason() {
    let text = file("docs/conformance.md").expect("the document");
    let rows = rows(&text);
    assert!(rows.len() > 80, "{} rows", rows.len());
    let smoltcp = smoltcp();
    let has_file = |path: &str| match path.strip_prefix("smoltcp/") {
        Some(path) => smoltcp.join(path).is_file(),
        None => file(path).is_some(),
    };
    let faults: Vec<_> = rows
        .iter()
        .flat_map(|row| faults(row, &has_file, &|test| has_test(test, &file)))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_does_not_exist_is_found() {
    let table = "| § | | rule | kept in | shown by |\n|---|---|---|---|---|\n";
    let source = |path: &str| match path {
        "tests/memory/here.rs" => Some("#[test]\nfn seen() {\n}\nfn helper() {}".to_owned()),
        "tests/kernel/here.rs" => Some("pub fn seen() {\n}".to_owned()),
        "src/here.rs" => Some("    #[test]\n    #[cfg(x)]\n    fn seen() {\n".to_owned()),
        _ => None,
    };
    for (row, expected) in [
        ("| 1 | MUST | a | `src/here.rs` | `memory::here::seen` |", 0),
        ("| 1 | MUST | a | `src/here.rs` | `kernel::here::seen` |", 0),
        (
            "| 1 | MUST | a | `src/here.rs` | `lib::here::tests::seen` |",
            0,
        ),
        ("| 1 | MUST | a | not kept | No other host does so. |", 0),
        ("| 1 | MUST | a | not kept | |", 1),
        ("| 1 | MUST | a | `src/here.rs` | |", 1),
        ("| 1 | MUST | a | | `memory::here::seen` |", 1),
        (
            "| 1 | MUST | a | `src/there.rs` | `memory::here::seen` |",
            1,
        ),
        (
            "| 1 | MUST | a | `src/here.rs` | `memory::here::helper` |",
            1,
        ),
        (
            "| 1 | MUST | a | `src/here.rs` | `memory::there::seen` |",
            1,
        ),
        (
            "| 1 | MUST | a | not kept | No, see `memory::here::unseen`. |",
            1,
        ),
    ] {
        let text = format!("{table}{row}\n");
        let rows = rows(&text);
        assert_eq!(rows.len(), 1);
        let has_file = |path: &str| source(path).is_some();
        let faults = faults(&rows[0], &has_file, &|test| has_test(test, &source));
        assert_eq!(faults.len(), expected, "{row}: {faults:?}");
    }
}
