//! Builds the page: the engine as WebAssembly, compressed, in one HTML file with all that it needs.
//!
//! `cargo run` builds it and says where it is. It needs `rustup target add wasm32-unknown-unknown`;
//! where that cannot be had, Debian's compiler will do (`FIRMWARE_WAY=debian` asks for it).

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use engine::scenarios::SCENARIOS;
use zopfli::Format::Deflate;

const TARGET: &str = "wasm32-unknown-unknown";
const PAGE: &str = include_str!("../../page/index.html");
const STYLE: &str = include_str!("../../page/style.css");
const SCRIPT: &str = include_str!("../../page/page.js");

fn main() -> Result<(), Box<dyn Error>> {
    let target = target_folder()?;
    let engine = fs::read(build(&target)?)?;
    let page = page(&engine)?;
    let path = target.join("uppercase.html");
    fs::write(&path, &page)?;
    println!(
        "{} ({} bytes) is the page: open it in a browser",
        path.display(),
        page.len()
    );
    Ok(())
}

/// Where cargo has put this program, and puts everything else.
fn target_folder() -> Result<PathBuf, Box<dyn Error>> {
    let program = env::current_exe()?;
    let folder = program.ancestors().nth(2);
    Ok(folder
        .ok_or("this program is to be run by cargo")?
        .to_owned())
}

/// Builds the engine; returns where it is.
fn build(target: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let is_ordinary = match env::var("FIRMWARE_WAY").as_deref() {
        Ok("debian") => false,
        Ok("ordinary") => true,
        _ => has_target()?,
    };
    let mut cargo = match is_ordinary {
        true => Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into())),
        false => debian()?,
    };
    let folder = target.join(if is_ordinary { "page" } else { "page/debian" });
    cargo.args([
        "build",
        "--locked",
        "--release",
        "--lib",
        "--target",
        TARGET,
    ]);
    cargo.arg("--target-dir").arg(&folder);
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    match cargo.status()?.success() {
        true => Ok(folder.join(TARGET).join("release/engine.wasm")),
        false => Err("the engine could not be built".into()),
    }
}

/// Whether this toolchain has the library for the target. Where the environment variable `CI` is
/// set, it is installed.
fn has_target() -> Result<bool, Box<dyn Error>> {
    let library = rustc(&["--print", "target-libdir", "--target", TARGET])?;
    if Path::new(&library).is_dir() {
        return Ok(true);
    }
    let mut rustup = Command::new("rustup");
    let mut is_added = || rustup.args(["target", "add", TARGET]).status();
    Ok(env::var_os("CI").is_some() && is_added().is_ok_and(|status| status.success()))
}

/// Debian's compiler, which builds the standard library from Debian's package of its source; the
/// toolchain of this program only links. It is the other way of `.ci/firmware`.
fn debian() -> Result<Command, Box<dyn Error>> {
    let source = Path::new("/usr/lib/rustlib/src/rust/library");
    if !Path::new("/usr/bin/cargo").exists() || !source.exists() {
        let advice = "`rustup target add wasm32-unknown-unknown`, or on Debian \
                      `apt-get install cargo-web rustc-web rust-web-src`";
        return Err(format!("there is no compiler for {TARGET} here: {advice}").into());
    }
    let host = rustc(&["--print", "host-tuple"])?;
    let linker = format!(
        "{}/lib/rustlib/{host}/bin/rust-lld",
        rustc(&["--print", "sysroot"])?
    );
    let mut cargo = Command::new("/usr/bin/cargo");
    cargo.env("RUSTC", "/usr/bin/rustc");
    cargo.env("RUSTC_BOOTSTRAP", "1"); // the library is built with what only nightly permits
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    cargo.arg("-Zbuild-std=std,panic_abort");
    Ok(cargo)
}

/// What the compiler of this toolchain says.
fn rustc(arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = Command::new("rustc").args(arguments).output()?;
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}

/// The page with everything in it.
fn page(engine: &[u8]) -> Result<String, Box<dyn Error>> {
    let mut compressed = Vec::new();
    zopfli::compress(zopfli::Options::default(), Deflate, engine, &mut compressed)?;
    let length = compressed.len().to_string();
    let engine = encoded(&compressed);
    let scenarios: String = SCENARIOS.iter().map(|scenario| scenario.link()).collect();
    let parts = [
        ("style", STYLE),
        ("script", SCRIPT),
        ("scenarios", &scenarios),
        ("length", &length),
        ("engine", &engine),
    ];
    let mut page = PAGE.to_owned();
    for (name, part) in parts {
        page = page.replacen(&format!("{{{{{name}}}}}"), part, 1);
    }
    Ok(page)
}

/// Bytes as text: of each four of them, as a big-endian number, the five digits to the base of 85,
/// from `#` to `x` in ASCII but for `<`, which would end a script. It takes less than base64.
fn encoded(bytes: &[u8]) -> String {
    let mut text = String::new();
    for four in bytes.chunks(4) {
        let mut padded = [0; 4];
        padded[..four.len()].copy_from_slice(four);
        let number = u32::from_be_bytes(padded);
        for power in [52_200_625, 614_125, 7225, 85, 1] {
            let digit = (number / power % 85) as u8;
            text.push(char::from(if digit < b'<' - b'#' {
                b'#' + digit
            } else {
                b'$' + digit
            }));
        }
    }
    text
}
