//! Tests against the real kernel, each in a network namespace of its own.
//!
//! Each test runs in a new process of the same program, in new network, mount and process
//! namespaces: it is root there, the loopback is up and all its children end with it. As root this
//! always works; another user needs a kernel that permits user namespaces, and the right to open
//! `/dev/net/tun`. Where it does not work the tests count as ignored, and say why; with the
//! environment variable `CI` they fail.

use std::env;
use std::io::{self, Read};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// A test: its name, and the function that panics if it fails.
pub type Test = (&'static str, fn());

/// How long a test may take before it is ended, and has failed.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Tells a new process which test it is.
const TEST: &str = "UPPERCASE_TEST_IN_NAMESPACE";

/// What `unshare` does in any case. With `--kill-child`, nothing outlives a test.
const NAMESPACES: [&str; 5] = ["--net", "--mount", "--pid", "--fork", "--kill-child"];
/// And for a user who is not root.
const USER: [&str; 2] = ["--user", "--map-root-user"];

/// Makes a list of [`Test`]s out of functions.
macro_rules! tests {
    ($($test:ident),* $(,)?) => { &[$((stringify!($test), $test as fn())),*] };
}
pub(crate) use tests;

/// Tests of one module, and what they need that this machine does not have.
pub type Module = (&'static str, &'static [Test], fn() -> Option<String>);

/// Runs the tests, and understands what the standard harness does: a filter, `--list`, ...
pub fn main(modules: &[Module]) -> ExitCode {
    let named = |&(module, tests, missing): &Module| {
        let named = move |(name, test): &Test| (format!("{module}::{name}"), *test, missing);
        tests.iter().map(named)
    };
    let mut tests = modules.iter().flat_map(named);
    if let Ok(wanted) = env::var(TEST) {
        ip("link set lo up");
        let (_, test, _) = tests
            .find(|(name, ..)| *name == wanted)
            .expect("a known test");
        test();
        return ExitCode::SUCCESS;
    }
    let arguments = Arguments::from_args();
    let in_ci = env::var_os("CI").is_some();
    let unshare = isolation();
    let trials = tests.map(|(name, _, missing)| {
        let unshare = unshare.clone();
        Trial::ignorable_test(name.clone(), move || match (unshare, missing()) {
            (_, Some(missing)) if !in_ci => Ok(Completion::ignored_with(missing)),
            // A test that wants what is missing fails.
            (Ok(arguments), _) => run(&name, &arguments).map(|()| Completion::Completed),
            (Err(reason), _) if in_ci => Err(reason.into()),
            (Err(reason), _) => Ok(Completion::ignored_with(reason)),
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// Runs `ip` of iproute2 with these arguments, separated by spaces, and returns what it prints.
/// Panics if it fails.
pub fn ip(arguments: &str) -> String {
    let output = Command::new("ip")
        .args(arguments.split(' '))
        .output()
        .expect("ip starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ip {arguments}: {errors}");
    String::from_utf8(output.stdout).expect("ip prints text")
}

/// The arguments with which `unshare` works for this user, or why there are none.
fn isolation() -> Result<Vec<&'static str>, String> {
    let mut reasons = String::new();
    for arguments in [NAMESPACES.to_vec(), [&NAMESPACES[..], &USER].concat()] {
        let output = Command::new("unshare")
            .args(&arguments)
            .args(["sh", "-c", "ip link set lo up && : <>/dev/net/tun"])
            .output();
        match output {
            Ok(output) if output.status.success() => return Ok(arguments),
            Ok(output) => reasons += &String::from_utf8_lossy(&output.stderr),
            Err(error) => reasons += &format!("unshare: {error}\n"),
        }
    }
    let reasons = reasons.trim_end().replace('\n', ", ");
    Err(format!(
        "no namespace with a /dev/net/tun can be had here: {reasons}"
    ))
}

/// Runs a test in a process of its own, and returns what that printed if it failed.
fn run(name: &str, unshare: &[&str]) -> Result<(), Failed> {
    let (mut reader, writer) = io::pipe()?;
    let mut child = Command::new("unshare")
        .args(unshare)
        .arg(env::current_exe()?)
        .env(TEST, name)
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .spawn()?;
    // The pipe comes to its end when all processes of the test have.
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut output = Vec::new();
        let _ = reader.read_to_end(&mut output);
        let _ = sender.send(String::from_utf8_lossy(&output).into_owned());
    });
    let mut verdict = String::new();
    let output = receiver.recv_timeout(LIMIT).or_else(|_| {
        verdict = format!("not finished after {} seconds; ", LIMIT.as_secs());
        child.kill().ok();
        receiver.recv_timeout(Duration::from_secs(5))
    });
    if output.is_err() {
        child.kill().ok();
    }
    let status = child.wait()?;
    match status.success() && verdict.is_empty() {
        true => Ok(()),
        false => Err(format!("{verdict}{status}\n{}", output.unwrap_or_default()).into()),
    }
}
