//! A benchmark that runs in namespaces of its own.

use std::env;
use std::process::{Command, ExitCode};

/// Runs this program in new namespaces, where it is root. The variable `inside` tells the new process
/// where it is.
pub fn isolated(inside: &str) -> ExitCode {
    let mut unshare = Command::new("unshare");
    unshare.args(["--net", "--mount", "--pid", "--fork", "--kill-child"]);
    if !rustix::process::geteuid().is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    unshare
        .arg(env::current_exe().expect("it has a name"))
        .args(env::args().skip(1));
    let status = unshare.env(inside, "1").status().expect("unshare starts");
    match status.success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
