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
/// One module, in this order.
const SCRIPT: &str = concat!(
    include_str!("../../page/engine.js"),
    include_str!("../../page/script.js"),
    include_str!("../../page/ladder.js"),
    include_str!("../../page/hosts.js"),
    include_str!("../../page/frame.js"),
    include_str!("../../page/page.js"),
);

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
        ("style", &short(STYLE)),
        ("script", &short(SCRIPT)),
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

/// A style sheet or a script without what only its reader needs: indentation, and lines with a comment.
fn short(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines
        .filter(|line| !(line.starts_with("/**") && line.ends_with("*/")))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// Bytes as text: as numbers of 13 bits, or of 14 where that is enough for the least of them, each as two
/// digits to the base of 91 (basE91). The digits are ASCII from `#` to `~` but for `<`, which would end a
/// script. It takes less than base64.
fn encoded(bytes: &[u8]) -> String {
    const BASE: u32 = 91;
    let mut text = String::new();
    let mut put = |digit: u32| {
        let skipped = u32::from(digit >= u32::from(b'<' - b'#'));
        text.push(char::from(b'#' + (digit + skipped) as u8));
    };
    let (mut queue, mut bits) = (0, 0);
    for byte in bytes {
        queue |= u32::from(*byte) << bits;
        bits += 8;
        if bits > 13 {
            // 91 × 91 is more than 2 to the power of 13 by 89.
            let taken = if queue & 0x1fff > 88 { 13 } else { 14 };
            let number = queue & ((1 << taken) - 1);
            (queue, bits) = (queue >> taken, bits - taken);
            put(number % BASE);
            put(number / BASE);
        }
    }
    if bits > 0 {
        put(queue % BASE);
        put(queue / BASE);
    }
    text
}
