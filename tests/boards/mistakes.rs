//! A board of the user's own, outside this repository: it is tested as ours are, and what is wrong in
//! the file that describes it is answered by a sentence.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use libtest_mimic::{Failed, Trial};

use crate::emulator::Board;
use crate::kit::own::VARIABLE;
use crate::remedies::copy_all;
use crate::shared::missing::{self, Failure};

/// A file, and what the sentence about it has to contain.
const MISTAKES: &[(&str, &str)] = &[
    ("name = ", "line 1: "),
    ("emulater = []", "line 1: unknown field `emulater`"),
    ("mtu = 1500\nmtu = 1514\n", "line 2: duplicate key"),
    ("mtu = \"1514\"", "line 1: invalid type: string"),
    ("", "either 'emulator' has to say"),
    ("emulator = [\"qemu\"]\ninterface = \"lo\"", "not both"),
    (
        "mtu = 1518\ninterface = \"lo\"",
        "'mtu' is 1518; it is the longest frame",
    ),
    ("emulator = [\"qemu\"]", "has no Cargo.toml"),
    (
        "emulator = [\"qemu\"]\naddress = \"10.0.0.1/24\"",
        "'address' has no meaning",
    ),
    ("interface = \"nothing-like-it\"", "`ip link` shows"),
    ("interface = \"lo\"", "such as \"192.168.1.50/24\""),
    (
        "interface = \"lo\"\naddress = \"10.0.0.1/24\"",
        "'host' is missing",
    ),
    (
        "interface = \"lo\"\naddress = \"10.0.0.1/24\"\nhost = \"10.0.1.2\"",
        "another address in the network of 10.0.0.1/24",
    ),
    ("interface = \"lo\"\ncard = []", "'card' has no meaning"),
];

pub fn trials() -> Vec<Trial> {
    let trial = |name, test: fn() -> Result<(), Failure>| {
        Trial::ignorable_test(name, move || missing::completion(test()))
    };
    vec![
        Trial::test("own::a_mistake_is_answered_by_a_sentence", answers_mistakes),
        trial(
            "own::a_board_outside_the_repository_is_tested",
            tests_emulated,
        ),
        #[cfg(feature = "command")]
        trial("own::a_board_behind_an_interface_is_tested", tests_reached),
    ]
}

fn answers_mistakes() -> Result<(), Failed> {
    let folder = temporary("mistakes");
    for (number, (text, expected)) in MISTAKES.iter().enumerate() {
        let file = folder.join(format!("{number}.toml"));
        fs::write(&file, text)?;
        let errors = refused(&file)?;
        if !errors.contains(expected) || errors.lines().count() != 1 {
            return Err(format!("{text:?} is answered by {errors:?}").into());
        }
    }
    let errors = refused(&folder.join("not-there.toml"))?;
    match errors.contains("not-there.toml: the file that BOARD names is not read") {
        true => Ok(()),
        false => Err(errors.into()),
    }
}

/// What is said about a file that is refused.
fn refused(file: &Path) -> Result<String, Failed> {
    let output = test(file, "no such scene").output()?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.success() {
        false => Ok(errors),
        true => Err(format!("{} is accepted", file.display()).into()),
    }
}

/// A board of this package in a folder of its own, as a user's is.
fn tests_emulated() -> Result<(), Failure> {
    let board = Board::named("zynq-a9");
    missing::find(&[board.emulator[0]])?;
    let folder = temporary("elsewhere");
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ours = package.join("examples").join(board.folder);
    copy_all(&ours, &folder.join("firmware"));
    let manifest = folder.join("firmware/Cargo.toml");
    let text = fs::read_to_string(&manifest)?;
    let text = text.replace("\"../..\"", &format!("{:?}", package.display().to_string()));
    fs::write(&manifest, text)?;
    let file = folder.join("board.toml");
    fs::write(
        &file,
        "name = \"elsewhere\"\n\
         folder = \"firmware\"\n\
         emulator = [\"qemu-system-arm\", \"-machine\", \"xilinx-zynq-a9\"]\n\
         card = [\"-net\", \"nic,model=cadence_gem,netdev=network\"]\n\
         pads = false # the emulator does not, as the controller does\n\
         options = \"--no-default-features --features unicode\" # it has a fixed address then\n",
    )?;
    let mut test = test(&file, "elsewhere::driver::");
    // It takes what is built of ours already.
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| ours.join("target").into());
    passes(test.env("CARGO_TARGET_DIR", target).output()?, 10)
}

/// `uppercase serve` on a TAP, as a board on a network of this host.
#[cfg(feature = "command")]
fn tests_reached() -> Result<(), Failure> {
    missing::find(&["unshare", "sh", "ip", "socat"])?;
    let folder = temporary("reached");
    let file = folder.join("board.toml");
    fs::write(
        &file,
        "name = \"reached\"\n\
         interface = \"kit0\"\n\
         address = \"192.168.69.1/24\"\n\
         host = \"192.168.69.7\"\n\
         pads = false # a TAP does not\n",
    )?;
    let script = r#"
        ip link set lo up
        "$0" serve --tap kit0 --no-offload & server=$!
        for _ in $(seq 100); do ip link show kit0 up >/dev/null 2>&1 && break; sleep 0.1; done
        "$@"; status=$?
        kill $server; wait
        exit $status
    "#;
    let mut isolated = Command::new("unshare");
    isolated.args([
        "--net",
        "--user",
        "--map-root-user",
        "--pid",
        "--fork",
        "--kill-child",
    ]);
    isolated.args(["sh", "-c", script, env!("CARGO_BIN_EXE_uppercase")]);
    let tested = test(&file, "reached::");
    isolated.arg(tested.get_program()).args(tested.get_args());
    passes(isolated.env(VARIABLE, &file).output()?, 15)
}

/// This program, for a board, with those of its tests that have this in their names.
fn test(file: &Path, filter: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.arg(filter).env(VARIABLE, file);
    command
}

/// Fails unless so many tests have passed, and all.
fn passes(output: Output, count: usize) -> Result<(), Failure> {
    let printed = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && printed.contains(&format!("{count} passed; 0 failed; 0 ignored"))
    {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(Failure::Failed(format!("{printed}{errors}")))
}

/// An empty folder outside the repository.
fn temporary(name: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("uppercase-board-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}
