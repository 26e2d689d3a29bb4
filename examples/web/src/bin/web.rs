//! Builds the page: the engine as WebAssembly, compressed, in one HTML file with all that it needs.
//!
//! `cargo run` builds it and says where it is.

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
    let mut cargo = match has_target()? {
        true => Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into())),
        false => debian()?,
    };
    let folder = target.join("page");
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

/// Whether this toolchain has the library for the target.
fn has_target() -> Result<bool, Box<dyn Error>> {
    let rustc = |arguments: &[&str]| -> Result<String, Box<dyn Error>> {
        let output = Command::new("rustc").args(arguments).output()?;
        Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
    };
    let library = rustc(&["--print", "target-libdir", "--target", TARGET])?;
    Ok(Path::new(&library).is_dir())
}

/// Debian's compiler, which builds the standard library from Debian's package of its source.
fn debian() -> Result<Command, Box<dyn Error>> {
    let source = Path::new("/usr/lib/rustlib/src/rust/library");
    if !Path::new("/usr/bin/cargo").exists() || !source.exists() {
        let advice = "`rustup target add wasm32-unknown-unknown`, or on Debian \
                      `apt-get install cargo-web rustc-web rust-web-src lld`";
        return Err(format!("there is no compiler for {TARGET} here: {advice}").into());
    }
    let mut cargo = Command::new("/usr/bin/cargo");
    cargo.env("RUSTC", "/usr/bin/rustc");
    cargo.env("RUSTC_BOOTSTRAP", "1"); // the library is built with what only nightly permits
    cargo.arg("-Zbuild-std=std,panic_abort");
    Ok(cargo)
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
