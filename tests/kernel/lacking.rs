//! A test that needs a program which is not there counts as ignored, and says what to install.

use std::env;
use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use crate::command::own_directory;
use crate::namespace::{TEST, Test, tests};

pub const TESTS: &[Test] = tests![
    test_without_its_program_is_ignored_and_says_what_to_install,
    test_without_its_program_fails_in_ci,
    test_on_a_machine_without_any_program_is_ignored,
];

/// Runs this program as `cargo test` does, on a machine that has these programs and no others.
fn run(programs: &[&str], tests: &str, in_ci: bool) -> Output {
    let directory = own_directory();
    let path = env::var_os("PATH").expect("directories");
    for program in programs {
        let mut files = env::split_paths(&path).map(|directory| directory.join(program));
        let file = files.find(|file| file.is_file()).expect("it is here");
        symlink(file, directory.join(program)).expect("a new name");
    }
    let mut this = Command::new(env::current_exe().expect("it has a name"));
    this.arg(tests).env("PATH", directory);
    this.env_remove(TEST).env_remove("CI");
    if in_ci {
        this.env("CI", "true");
    }
    this.output().expect("it starts once more")
}

/// The last line of what was printed.
fn last_line(output: &Output) -> String {
    let printed = String::from_utf8_lossy(&output.stdout);
    printed.trim_end().lines().last().unwrap_or_default().into()
}

const PING: &str = "ping_is_answered_at_every_length";

fn test_without_its_program_is_ignored_and_says_what_to_install() {
    let output = run(&["unshare", "sh", "ip"], PING, false);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        last_line(&output),
        "ignored: 1 test needs ping: apt-get install iputils-ping"
    );
}

fn test_without_its_program_fails_in_ci() {
    let output = run(&["unshare", "sh", "ip"], PING, true);
    assert!(!output.status.success(), "{output:?}");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("ping is missing: apt-get install iputils-ping"));
}

fn test_on_a_machine_without_any_program_is_ignored() {
    let output = run(&[], PING, false);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        last_line(&output),
        "ignored: 1 test needs unshare, sh and ip: apt-get install util-linux dash iproute2"
    );
}
