//! What is the same on two boards is in `uppercase::firmware`, and not in the folders of both.
//!
//! ```text
//! cargo test --test boards copies -- --nocapture     # prints the lines of each board that are copies
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use libtest_mimic::Trial;

use crate::firmware::no_source;
use crate::shared::missing::{self, Failure};

/// Lines of a board that stand on another board as well: how the same traits are implemented, how the
/// same functions are called.
const MOST: usize = 60;

/// The different lines of code in a text: not those of comments and attributes, not imports, and not
/// those without a letter.
fn code(text: &str) -> impl Iterator<Item = String> {
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| {
        let passed_over = ["//", "#", "use ", "mod "];
        line.contains(char::is_alphanumeric)
            && !passed_over.iter().any(|first| line.starts_with(first))
    });
    lines.map(str::to_owned)
}

/// Those of all source files in a folder.
fn lines_below(folder: &Path, lines: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a file").path();
        if path.is_dir() {
            lines_below(&path, lines);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            lines.extend(code(&fs::read_to_string(path).expect("a text")));
        }
    }
}

pub fn trials() -> [Trial; 2] {
    [
        Trial::ignorable_test("copies::boards_have_few_lines_that_are_copies", || {
            missing::completion(boards_have_few_lines_that_are_copies())
        }),
        Trial::test("copies::lines_of_code_are_counted_once", || {
            lines_of_code_are_counted_once();
            Ok(())
        }),
    ]
}

fn boards_have_few_lines_that_are_copies() -> Result<(), Failure> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let folders = fs::read_dir(examples).expect("the folder");
    let folders = folders.map(|entry| entry.expect("a folder").path());
    // A board is built for a target of its own.
    let boards = folders.filter(|folder| folder.join(".cargo").exists());
    let boards: Vec<_> = boards
        .map(|folder| {
            let mut lines = BTreeSet::new();
            lines_below(&folder.join("src"), &mut lines);
            (folder, lines)
        })
        .collect();
    if boards.is_empty() {
        return Err(no_source());
    }
    assert!(boards.len() > 4, "{} boards", boards.len());
    for (folder, lines) in &boards {
        let others = boards.iter().filter(|(other, _)| other != folder);
        let copies = others.map(|(other, theirs)| {
            let same: Vec<_> = lines.intersection(theirs).map(String::as_str).collect();
            (same.len(), other, same)
        });
        let (count, other, same) = copies.max().expect("there are others");
        let (name, other) = (folder.display(), other.display());
        let list = same.join("\n    ");
        println!("{count} lines of {name} are those of {other}:\n    {list}\n");
        assert!(
            count <= MOST,
            "move what is the same to src/firmware: {count} lines of {name} are those of {other}:\n    {list}"
        );
    }
    Ok(())
}

fn lines_of_code_are_counted_once() {
    let text = "\
        //! A text.\n\
        use core::fmt;\n\
        mod board;\n\
        #[derive(Debug)]\n\
        struct Light(u32);\n\
        \n\
        fn on() {\n    LED.write(1);\n    LED.write(1);\n}\n";
    let lines: BTreeSet<_> = code(text).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(lines, ["LED.write(1);", "fn on() {", "struct Light(u32);"]);
}
