//! Tests against the real kernel, each in a network namespace of its own.
//!
//! Each test runs in a new process of the same program, in new network, mount and process
//! namespaces: it is root there, the loopback is up and all its children end with it. As root this
//! always works; another user needs a kernel that permits user namespaces, and the right to open
//! `/dev/net/tun`. Where it does not work, or a test needs a program that is not there, the test
//! counts as ignored, and says why; with the environment variable `CI` it fails.

use std::env;
use std::io::{self, Read};
use std::process::{self, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};

use crate::shared::missing::{self, Failure, Missing};

/// A test: its name, and the function that panics if it fails.
pub type Test = (&'static str, fn());

/// How long a test may take before it is ended, and has failed.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Tells a new process which test it is.
pub const TEST: &str = "UPPERCASE_TEST_IN_NAMESPACE";

/// How the process of a test ends that needs a program which is not there, and what it prints
/// before that program's name.
const LACKING: i32 = 77;
const LACKS: &str = "missing: ";

/// What `unshare` does in any case. With `--kill-child`, nothing outlives a test.
const NAMESPACES: [&str; 5] = ["--net", "--mount", "--pid", "--fork", "--kill-child"];
/// And for a user other than root.
const USER: [&str; 2] = ["--user", "--map-root-user"];

/// Fails where a test would. It makes no file where the driver is missing.
const PROBE: &str = "
ip link set lo up || exit
[ -c /dev/net/tun ] || { echo 'there is no /dev/net/tun' >&2; exit 1; }
: <>/dev/net/tun
";

/// Makes a list of [`Test`]s out of functions.
macro_rules! tests {
    ($($test:ident),* $(,)?) => { &[$((stringify!($test), $test as fn())),*] };
}
pub(crate) use tests;

/// Runs the tests of these modules, and understands what the standard harness does: a filter,
/// `--list`, ...
pub fn main(modules: &[(&'static str, &'static [Test])]) -> ExitCode {
    let named = |&(module, tests): &(&'static str, &'static [Test])| {
        let named = move |&(name, test): &Test| (format!("{module}::{name}"), test);
        tests.iter().map(named)
    };
    let mut tests = modules.iter().flat_map(named);
    if let Ok(wanted) = env::var(TEST) {
        ip("link set lo up");
        let (_, test) = tests
            .find(|(name, _)| *name == wanted)
            .expect("a known test");
        test();
        return ExitCode::SUCCESS;
    }
    let arguments = Arguments::from_args();
    let unshare = isolation();
    let trials = tests.map(|(name, _)| {
        let unshare = unshare.clone();
        Trial::ignorable_test(name.clone(), move || {
            let result = unshare.map_err(Failure::from);
            missing::completion(result.and_then(|arguments| run(&name, &arguments)))
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    missing::print();
    conclusion.exit_code()
}

/// A program of others. Where it is missing, the test that asks for it ends here, and is ignored.
pub fn tool(program: &str) -> Command {
    need(program);
    Command::new(program)
}

/// Ends the test if this program is missing.
pub fn need(program: &str) {
    if missing::find(&[program]).is_err() {
        lack(program);
    }
}

/// Ends the test, as this is missing.
pub fn lack(program: &str) -> ! {
    println!("\n{LACKS}{program}");
    process::exit(LACKING)
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
fn isolation() -> Result<Vec<&'static str>, Missing> {
    missing::find(&["unshare", "sh", "ip"])?;
    let mut reasons = String::new();
    for arguments in [NAMESPACES.to_vec(), [&NAMESPACES[..], &USER].concat()] {
        let output = Command::new("unshare")
            .args(&arguments)
            .args(["sh", "-c", PROBE])
            .output();
        match output {
            Ok(output) if output.status.success() => return Ok(arguments),
            Ok(output) => reasons += &String::from_utf8_lossy(&output.stderr),
            Err(error) => reasons += &format!("unshare: {error}\n"),
        }
    }
    Err(Missing {
        what: "a network namespace with /dev/net/tun".into(),
        command: "run them as root where such namespaces are permitted and the driver tun is there",
        arguments: String::new(),
        details: reasons.trim_end().replace('\n', ", "),
    })
}

/// Runs a test in a process of its own, and returns what that printed if it failed.
fn run(name: &str, unshare: &[&str]) -> Result<(), Failure> {
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
    let output = output.unwrap_or_default();
    let mut lines = output.lines().rev();
    let missing = lines.find_map(|line| line.strip_prefix(LACKS));
    match (status.code(), missing) {
        (Some(0), _) if verdict.is_empty() => Ok(()),
        (Some(LACKING), Some(program)) => Err(Missing::programs(&[program]).into()),
        _ => Err(Failure::Failed(format!("{verdict}{status}\n{output}"))),
    }
}
