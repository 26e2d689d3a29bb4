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
    cuts: &'static [Cuts],
    /// Whether there is no room to wait then.
    has_backlog: bool,
    /// How many clients may come at once then: no more than sessions where the others are refused.
    pub clients: usize,
}

const INGRESS: &str = "src/stack/ingress.rs";
const ACCEPT: &str = "src/stack/accept.rs";
const ADMIT: &str = "src/stack/accept/admit.rs";
const BACKLOG: &str = "src/stack/accept/backlog.rs";
const WINDOW: &str = "src/stack/window.rs";
const CONTROL: &str = "src/stack/control.rs";
/// What is left where no SYN waits: a segment is for its connection, a SYN opens one, and
/// everything else is refused.
const CONNECT: &str = "{
        let tuple = arrival.segment.four_tuple();
        let slot = match arrival.segment.flags.kind() {
            Flags::SYN => table.open(&tuple, now),
            _ => table.find(&tuple),
        };
        slot.map_or(Verdict::Refuse, Verdict::Deliver)
    }";
/// Where the room for SYNs that wait is lent.
const STORAGE: &str = "src/firmware/storage.rs";
const LENT: &str = "stack.set_backlog(&mut self.backlog);";

/// Files and functions in them, and what those return at once.
type Cuts = &'static [(&'static str, &'static str, &'static str)];

const CLOSED_WINDOW: Cuts = &[(WINDOW, "from_edge", "None")];
const SCALED_WINDOW: Cuts = &[(CONTROL, "lessen_window", "")];
const FIN: Cuts = &[(WINDOW, "cuts_payload", "false")];
const ZERO_WINDOW: Cuts = &[(WINDOW, "needs_room", "false")];
const STRANGERS: Cuts = &[
    (INGRESS, "check_frame", "Ok(())"),
    (INGRESS, "check_packet", "Ok(())"),
];
const WAITING: Cuts = &[
    (BACKLOG, "put", "false"),
    (ADMIT, "admit", "false"),
    (ADMIT, "is_ready", "false"),
];
const JUDGED: Cuts = &[
    (ACCEPT, "judge", CONNECT),
    (ADMIT, "admit", "false"),
    (ADMIT, "is_ready", "false"),
];
const HISTORY: Cuts = &[(CONTROL, "note", "")];

pub const REMEDIES: [Remedy; 9] = [
    Remedy {
        name: "acknowledgements from beyond a zero window",
        cuts: &[CLOSED_WINDOW],
        has_backlog: false,
        clients: CLIENTS,
    },
    Remedy {
        name: "a scaled window does not shrink",
        cuts: &[SCALED_WINDOW],
        has_backlog: false,
        clients: CLIENTS,
    },
    Remedy {
        name: "a FIN behind payload that does not fit",
        cuts: &[FIN],
        has_backlog: false,
        clients: CLIENTS,
    },
    Remedy {
        name: "no zero-window probes without a pause after the close",
        cuts: &[ZERO_WINDOW],
        has_backlog: false,
        clients: CLIENTS,
    },
    Remedy {
        name: "frames from no host, and for another one, are dropped",
        cuts: &[STRANGERS],
        has_backlog: false,
        clients: CLIENTS,
    },
    Remedy {
        name: "a backlog of 2",
        cuts: &[WAITING],
        has_backlog: true,
        clients: CLIENTS,
    },
    Remedy {
        name: "no SYN is refused, and copies of SYNs do no harm; a backlog of 2",
        cuts: &[JUDGED],
        has_backlog: true,
        clients: 2,
    },
    Remedy {
        name: "how a connection lived is known",
        cuts: &[HISTORY],
        has_backlog: false,
        clients: CLIENTS,
    },
    Remedy {
        name: "all of these",
        cuts: &[
            CLOSED_WINDOW,
            SCALED_WINDOW,
            FIN,
            ZERO_WINDOW,
            STRANGERS,
            JUDGED,
            HISTORY,
        ],
        has_backlog: true,
        clients: 2,
    },
];

impl Remedy {
    /// A copy of the package without it.
    pub fn cut(&self) -> PathBuf {
        let copy = copy_of_package("without-a-remedy");
        for (file, function, value) in self.cuts.iter().copied().flatten() {
            edit(&copy.join(file), |text| {
                return_at_once(text, function, value)
            });
        }
        if self.has_backlog {
            edit(&copy.join(STORAGE), |text| {
                assert!(text.contains(LENT), "{STORAGE}: how is the backlog lent?");
                text.replace(LENT, "")
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

/// Copies a file or a folder, but for what was built.
pub fn copy_all(from: &Path, to: &Path) {
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
