//! What keeps a command from its work, and the command that mends it.

use std::fmt;
use std::path::Path;

use rustix::process::geteuid;

/// What stands in the way.
pub struct Obstacle {
    /// A sentence about it, without the full stop.
    pub what: String,
    /// What to type, or what to do where no command can do it.
    pub mend: String,
}

impl Obstacle {
    pub fn new(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            mend: mend.into(),
        }
    }

    /// Out of a sentence that gives the command in backquotes, or the advice after its last colon.
    pub fn of_sentence(sentence: &str) -> Self {
        let (what, advice) = sentence.rsplit_once(": ").unwrap_or((sentence, sentence));
        let quoted = sentence.split('`').nth(1);
        Self::new(what, quoted.unwrap_or(advice))
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; what mends it: {}", self.what, self.mend)
    }
}

/// A command that takes root, as this user types it.
pub fn as_root(command: &str) -> String {
    match geteuid().is_root() {
        true => command.into(),
        false => format!("sudo {command}"),
    }
}

/// This program as it can be typed, also after `sudo`, which does not look where a user's own programs
/// are.
pub fn program() -> String {
    let typed = std::env::args_os().next().unwrap_or_default();
    let typed = Path::new(&typed);
    // A path has a slash; what has none was looked up.
    let path = match typed.components().count() {
        0 | 1 => std::env::current_exe().unwrap_or_else(|_| typed.into()),
        _ => typed.into(),
    };
    path.display().to_string()
}

/// The number that a setting of the kernel has, if there is this setting.
pub fn setting(name: &str) -> Option<u64> {
    let path = format!("/proc/sys/{}", name.replace('.', "/"));
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}
