//! What `uppercase --version` says of the build: a part of the build script.
//!
//! The commit is the last one that has changed what is built, so the same sources name the same commit.
//! Only a release has it: to look whether it is another one, Cargo has to run this script after each
//! change of `src` and after each commit, and would build the library again where only the command was
//! changed.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// What the program is built from.
const SOURCES: [&str; 3] = ["src", "Cargo.toml", "Cargo.lock"];
/// What Cargo puts into a package.
const PACKAGED: &str = ".cargo_vcs_info.json";
/// How much of a commit's number is shown.
const DIGITS: usize = 12;

/// Tells the command its commit and its features.
pub fn describe() {
    println!("cargo::rerun-if-changed=src/command/build.rs");
    println!("cargo::rustc-env=UPPERCASE_FEATURES={}", features());
    let commit = match env::var("PROFILE").as_deref() {
        Ok("release") => env::var_os("CARGO_MANIFEST_DIR")
            .and_then(|folder| commit(Path::new(&folder)))
            .map(|commit| format!(" ({commit})")),
        _ => Some(" (debug build)".into()),
    };
    println!(
        "cargo::rustc-env=UPPERCASE_COMMIT={}",
        commit.unwrap_or_default()
    );
}

/// The features that were chosen, or that those of the package enable.
fn features() -> String {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let features = names.filter_map(|name| {
        let feature = name.strip_prefix("CARGO_FEATURE_")?;
        Some(feature.to_lowercase().replace('_', "-"))
    });
    let mut features: Vec<_> = features.filter(|name| name != "default").collect();
    features.sort();
    features.join(" ")
}

/// The commit of the package in this folder; `None` where neither Cargo nor a repository names it.
pub fn commit(folder: &Path) -> Option<String> {
    if let Ok(packaged) = fs::read_to_string(folder.join(PACKAGED)) {
        return packaged_commit(&packaged);
    }
    // A repository around this folder would be that of another project.
    if !folder.join(".git").exists() {
        return None;
    }
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    // A commit changes none of them. Cargo would ask each time for a file that is not there.
    let commits = folder.join(".git/logs/HEAD");
    if commits.exists() {
        println!("cargo::rerun-if-changed={}", commits.display());
    }
    let abbreviation = format!("--abbrev={DIGITS}");
    let commit = git(folder, &["log", "-1", "--format=%h", &abbreviation])?;
    let is_clean = git(folder, &["status", "--porcelain"])?.is_empty();
    Some(named(&commit, is_clean))
}

/// Asks the repository about what is built.
fn git(folder: &Path, question: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    git.arg("--no-optional-locks").arg("-C").arg(folder);
    git.args(question).arg("--").args(SOURCES);
    // They would lead to another one, in a hook for instance.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        git.env_remove(variable);
    }
    let output = git.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().into())
}

/// The commit that a package was made of: `{"git": {"sha1": "0123…", "dirty": true}, …}`.
fn packaged_commit(packaged: &str) -> Option<String> {
    let (_, rest) = packaged.split_once("\"sha1\"")?;
    let commit = rest.split('"').nth(1)?.get(..DIGITS)?;
    Some(named(commit, !packaged.contains("\"dirty\": true")))
}

fn named(commit: &str, is_clean: bool) -> String {
    match is_clean {
        true => commit.into(),
        false => format!("{commit}, modified"),
    }
}
