//! What `--version` says: the version, the commit and the features of this program. The build script
//! of this folder finds them out.

use std::sync::LazyLock;

/// The version, and the commit that the program was built from, where that is known.
const SHORT: &str = concat!(env!("CARGO_PKG_VERSION"), env!("UPPERCASE_COMMIT"));
/// The features that it was built with, separated by spaces.
const FEATURES: &str = env!("UPPERCASE_FEATURES");
/// As wide as a terminal.
const WIDTH: usize = 80;

/// Both.
static LONG: LazyLock<String> =
    LazyLock::new(|| format!("{SHORT}\n{}", list("features:", FEATURES)));

/// The command line of this version.
pub fn of(command: clap::Command) -> clap::Command {
    command.version(SHORT).long_version(LONG.as_str())
}

/// Words on lines of a terminal.
fn list(title: &str, words: &str) -> String {
    let (mut text, mut width) = (String::from(title), title.len());
    for word in words.split(' ') {
        width += 1 + word.len();
        if width < WIDTH {
            text.push(' ');
        } else {
            text += "\n  ";
            width = 2 + word.len();
        }
        text += word;
    }
    text
}
