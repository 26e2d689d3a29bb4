//! What the stack does beside smoltcp, and a copy of the package that does without one thing of it.
//!
//! No feature leaves them out. In the copy the functions of a remedy return at once, and the
//! compiler leaves out what is behind. What the stack would remember for it stays, a few dozen
//! bytes; so does what others need as well. For that reason the costs do not add up.

use std::fs;
use std::path::{Path, PathBuf};

use crate::footprint::CLIENTS;

/// Something that the firmware can do without.
pub struct Remedy {
    pub name: &'static str,
    /// Files and functions in them, and what those return at once.
    functions: &'static [(&'static str, &'static str, &'static str)],
    /// Whether there is no room to wait then.
    has_backlog: bool,
    /// How many clients may come at once then: no more than places where the others are refused.
    pub clients: usize,
}

const CLOSED_WINDOW: &str = "src/stack/closed_window.rs";
const NEIGHBORS: &str = "src/stack/neighbors.rs";
const ADMISSION: &str = "src/stack/admission.rs";
const BACKLOG: &str = "src/stack/backlog.rs";
const SCALED_WINDOW: &str = "src/stack/scaled_window.rs";
const SEGMENTS: &str = "src/stack/segments.rs";
const PASS: &str = "Decision::Pass { again: false }";
/// Where the board lends the room in which clients wait.
const MAIN: &str = "examples/lm3s6965evb/src/main.rs";
const LENT: &str = "stack.with_backlog(&mut BACKLOG.take()[..])";

pub const REMEDIES: [Remedy; 8] = [
    Remedy {
        name: "acknowledgements from beyond a closed window",
        functions: &[
            (CLOSED_WINDOW, "received", "None"),
            (CLOSED_WINDOW, "transmitted", ""),
        ],
        has_backlog: false,
        clients: CLIENTS,
    },
    Remedy {
        name: "a scaled window does not shrink",
        functions: &[(SCALED_WINDOW, "transmitted", "")],
        has_backlog: false,
        clients: CLIENTS,
    },
    Remedy {
        name: "a close behind text that does not fit",
        functions: &[(SEGMENTS, "fits", "None")],
        has_backlog: false,
        clients: CLIENTS,
    },
    Remedy {
        name: "nobody without room is asked for it without a pause after the close",
        functions: &[(SEGMENTS, "with_room", "None")],
        has_backlog: false,
        clients: CLIENTS,
    },
    Remedy {
        name: "answers wait for no neighbor",
        functions: &[
            (NEIGHBORS, "received", ""),
            (NEIGHBORS, "answer", ""),
            (NEIGHBORS, "take_news", "None"),
        ],
        has_backlog: false,
        clients: CLIENTS,
    },
    Remedy {
        name: "a backlog of 2",
        functions: &[(BACKLOG, "put", "false"), (ADMISSION, "give", "false")],
        has_backlog: true,
        clients: CLIENTS,
    },
    Remedy {
        name: "nobody is refused, and copies of requests do no harm; a backlog of 2",
        functions: &[
            (ADMISSION, "decide", PASS),
            (ADMISSION, "busy", "false"),
            (ADMISSION, "admit", ""),
            (ADMISSION, "give", "false"),
        ],
        has_backlog: true,
        clients: 2,
    },
    Remedy {
        name: "all of these",
        functions: &[
            (CLOSED_WINDOW, "received", "None"),
            (CLOSED_WINDOW, "transmitted", ""),
            (SEGMENTS, "fits", "None"),
            (SEGMENTS, "with_room", "None"),
            (SCALED_WINDOW, "transmitted", ""),
            (NEIGHBORS, "received", ""),
            (NEIGHBORS, "answer", ""),
            (NEIGHBORS, "take_news", "None"),
            (ADMISSION, "decide", PASS),
            (ADMISSION, "busy", "false"),
            (ADMISSION, "admit", ""),
            (ADMISSION, "give", "false"),
        ],
        has_backlog: true,
        clients: 2,
    },
];

impl Remedy {
    /// A copy of the package without it.
    pub fn cut(&self) -> PathBuf {
        let copy = copy_of_package("without-a-remedy");
        for (file, function, value) in self.functions {
            edit(&copy.join(file), |text| {
                return_at_once(text, function, value)
            });
        }
        if self.has_backlog {
            edit(&copy.join(MAIN), |text| {
                assert!(text.contains(LENT), "{MAIN}: how is the backlog lent?");
                text.replace(LENT, "stack")
            });
        }
        copy
    }
}

/// A copy of the package in a folder of this name, to be changed.
pub fn copy_of_package(name: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&copy);
    fs::create_dir_all(&copy).expect("a new folder");
    for part in ["Cargo.toml", "src", "examples", "tests", "benches"] {
        copy_all(&package.join(part), &copy.join(part));
    }
    copy
}

fn edit(file: &Path, change: impl FnOnce(&str) -> String) {
    let text = fs::read_to_string(file).expect("a file of the package");
    fs::write(file, change(&text)).expect("a copy of it");
}

/// The same text, in which one function does nothing.
fn return_at_once(text: &str, function: &str, value: &str) -> String {
    let named = |next: char| text.match_indices(&format!("fn {function}{next}")).next();
    let (at, _) = named('(').or_else(|| named('<')).unwrap_or_else(|| {
        panic!("there is no function {function} any more: what is to be cut in its place?")
    });
    let body = at + text[at..].find("{\n").expect("a body") + 1;
    let (before, after) = text.split_at(body);
    format!("{before}\n#[allow(unreachable_code)] return {value};{after}")
}

fn copy_all(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a new folder");
        for entry in fs::read_dir(from).expect("a folder") {
            let name = entry.expect("an entry").file_name();
            if name != "target" {
                copy_all(&from.join(&name), &to.join(&name));
            }
        }
    } else {
        fs::copy(from, to).expect("a copy");
    }
}
