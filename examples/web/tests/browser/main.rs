//! The page in a real browser, through its driver (W3C WebDriver). Where there is no browser, the
//! tests count as ignored and say what to install; where the environment variable `CI` is set, they
//! fail.

mod accessibility;
mod driver;
mod figures;
mod files;
mod same;
mod visitor;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::{Arc, LazyLock};
use std::{env, fs};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use driver::Browser;

/// A test, and the programs that it needs with their Debian packages.
type Test = (
    &'static str,
    fn(&Browser),
    &'static [(&'static str, &'static str)],
);

const TESTS: &[Test] = &[
    (
        "a_line_is_typed_and_returned_in_capitals",
        visitor::types,
        &[],
    ),
    ("a_lost_syn_is_sent_again", visitor::loses_a_syn, &[]),
    ("the_keyboard_is_enough", visitor::uses_the_keyboard, &[]),
    ("a_run_is_shown_step_by_step", visitor::steps, &[]),
    ("a_moment_can_be_linked", visitor::links, &[]),
    ("hosts_and_wire_can_be_disturbed", visitor::disturbs, &[]),
    ("a_phone_shows_all_of_it", visitor::has_a_phone, &[]),
    (
        "nothing_is_asked_of_the_network_or_stored",
        visitor::is_alone,
        &[],
    ),
    (
        "the_frames_are_those_of_a_native_run",
        same::hundred_seeds,
        &[],
    ),
    ("the_capture_file_has_the_same_ladder", files::capture, &[]),
    (
        "tshark_reads_the_same_fields",
        files::tshark,
        &[("tshark", "tshark")],
    ),
    ("the_picture_and_the_text_can_be_kept", files::others, &[]),
    (
        "a_checker_of_accessibility_finds_nothing",
        accessibility::axe,
        &[("npm", "npm")],
    ),
    ("memory_is_flat_over_10_000_runs", figures::memory, &[]),
    ("figures", figures::print, &[]),
];

const BROWSER: &[(&str, &str)] = &[
    ("chromedriver", "chromium-driver"),
    ("chromium", "chromium"),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // One browser at a time.
    arguments.test_threads = Some(1);
    let tests = TESTS.iter().map(|(name, test, programs)| {
        Trial::ignorable_test(*name, || {
            if let Some(missing) = missing(BROWSER.iter().chain(*programs)) {
                return absent(missing);
            }
            let browser = Browser::start();
            test(&browser);
            Ok(Completion::Completed)
        })
    });
    libtest_mimic::run(&arguments, tests.collect()).exit_code()
}

/// What a test needs and this machine does not have.
fn missing<'p>(programs: impl Iterator<Item = &'p (&'p str, &'p str)>) -> Option<String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).collect();
    let is_here = |program: &str| folders.iter().any(|folder| folder.join(program).exists());
    let missing = programs.filter(|(program, _)| !is_here(program));
    let packages: Vec<_> = missing.map(|(_, package)| *package).collect();
    (!packages.is_empty()).then(|| format!("apt-get install {}", packages.join(" ")))
}

fn absent(command: String) -> Result<Completion, Failed> {
    let reason = format!("this needs: {command}");
    match env::var_os("CI") {
        Some(_) => Err(reason.into()),
        None => Ok(Completion::ignored_with(reason)),
    }
}

/// The page, built once.
fn page() -> Arc<PathBuf> {
    static PAGE: LazyLock<Arc<PathBuf>> = LazyLock::new(|| {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_web"));
        let status = Command::new(&program).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "the page is not built"
        );
        let page = program
            .ancestors()
            .nth(2)
            .map(|target| target.join("uppercase.html"));
        Arc::new(page.expect("cargo puts programs into a folder of its own"))
    });
    PAGE.clone()
}

/// A folder for what a test writes, empty.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    folder
}
