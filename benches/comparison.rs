//! The service over the kernel's own network, beside the kernel's and others:
//! `cargo bench --bench comparison`, and `-- --help` behind it for what can be chosen.
//!
//! It is a package of its own, so that the others are no dependencies of this one. Here it is only
//! built and started.

use std::env;
use std::path::Path;
use std::process::{Command, ExitCode};

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/comparison/Cargo.toml");

fn main() -> ExitCode {
    // `cargo test` gives no such argument, and only wants to know that it compiles.
    if !env::args().any(|argument| argument == "--bench") {
        println!("not measured: this is for cargo bench");
        return ExitCode::SUCCESS;
    }
    if !Path::new(MANIFEST).exists() {
        println!("not compared: {MANIFEST} is no part of the published package");
        return ExitCode::SUCCESS;
    }
    match compare() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn compare() -> std::io::Result<bool> {
    // This program is in the directory `release/deps` of the one that cargo builds in.
    let this = env::current_exe()?;
    let target = this
        .ancestors()
        .nth(3)
        .unwrap_or(Path::new("target"))
        .join("comparison");
    let build = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
        .args([
            "build",
            "--release",
            "--locked",
            "--quiet",
            "--manifest-path",
            MANIFEST,
        ])
        .arg("--target-dir")
        .arg(&target)
        .status()?;
    if !build.success() {
        return Ok(false);
    }
    let compared = Command::new(target.join("release/comparison"))
        .env("UPPERCASE_COMPARISON_OURS", env!("CARGO_BIN_EXE_uppercase"))
        .env("UPPERCASE_COMPARISON_OUTPUT", &target)
        .args(
            env::args_os()
                .skip(1)
                .filter(|argument| argument != "--bench"),
        )
        .status()?;
    Ok(compared.success())
}
