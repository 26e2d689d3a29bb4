//! The tests of the server, run once more with this index in place of the other. One of them alone:
//!
//! ```text
//! UPPERCASE_INDEX=hash cargo test --test memory tcp_places::
//! ```

use std::env;
use std::process::Command;

use crate::common::scene::KIND;

/// Runs the tests with this in their names in a process of their own. Fails if one of them does,
/// or if there are none.
#[track_caller]
fn run(tests: &str) {
    let program = env::current_exe().expect("this program has a name");
    let output = Command::new(program).arg(tests).env(KIND, "hash").output();
    let output = output.expect("this program starts once more");
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !printed.contains("running 0 tests"),
        "{KIND}=hash cargo test --test memory {tests}\n{printed}{errors}"
    );
}

macro_rules! promises {
    ($($test:ident: $tests:literal,)*) => {
        $(#[test] fn $test() { run($tests) })*
    };
}

promises! {
    bad_input: "bad_input::",
    off_path: "off_path::",
    sessions: "simulation::sessions::",
    tcp: "tcp::",
    tcp_closing: "tcp_closing::",
    tcp_ends: "tcp_ends::",
    tcp_errors: "tcp_errors::",
    tcp_places: "tcp_places::",
}
