//! The build script: writes the table that `case.rs` reads. Each character is asked for, so the
//! table's Unicode is that of the toolchain that builds, and nothing has to be kept up to date.

#[path = "../command/build.rs"]
mod command;

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=src/transform/build.rs");
    if env::var_os("CARGO_FEATURE_COMMAND").is_some() {
        command::describe();
    }
    if env::var_os("CARGO_FEATURE_UNICODE").is_none() {
        return;
    }
    let (mut pages, mut runs, mut suffixes) = (Vec::new(), Vec::new(), vec![0]);
    let mut code = 0;
    while code <= u32::from(char::MAX) {
        let Some((distance, suffix)) = rule(code) else {
            code += 1;
            continue;
        };
        let page = code >> 8;
        if pages.last().is_none_or(|last| last >> 16 != page) {
            pages.push(page << 16 | runs.len() as u32);
        }
        let (kind, length) = if suffix == 0 {
            let step = if more(code, 2) > more(code, 1) { 2 } else { 1 };
            let more = more(code, step);
            (more << 1 | (step - 1), more * step + 1)
        } else {
            let known = suffixes.iter().position(|known| *known == suffix);
            let index = known.unwrap_or(suffixes.len());
            if known.is_none() {
                suffixes.push(suffix);
            }
            assert!(index < 64, "a run has 6 bits for its suffix");
            let length = if more(code, 1) >= 7 { 8 } else { 1 };
            (0x80 | (index as u32) << 1 | u32::from(length == 8), length)
        };
        runs.push((code & 0xff) << 24 | kind << 16 | u32::from(distance));
        code += length;
    }
    pages.push(0xffff << 16 | runs.len() as u32); // after all
    let tables = format!(
        "const PAGES: &[u32; {}] = &{pages:?};\n\
         const RUNS: &[u32; {}] = &{runs:?};\n\
         const SUFFIXES: &[u32; {}] = &{suffixes:?};\n",
        pages.len(),
        runs.len(),
        suffixes.len(),
    );
    let directory = env::var_os("OUT_DIR").expect("cargo says where");
    fs::write(Path::new(&directory).join("case.rs"), tables).expect("cargo's own directory");
}

/// How a character becomes upper case: the distance to the first character of that, in 16 bits
/// (none leaves its plane); and what follows, in UTF-8 with the first byte lowest, or 0.
fn rule(code: u32) -> Option<(u16, u32)> {
    let c = char::from_u32(code)?;
    let mut upper = c.to_uppercase();
    let first = u32::from(upper.next()?);
    let text: String = upper.collect();
    assert!(
        text.len() <= 4 && first >> 16 == code >> 16,
        "{c:?} needs another table"
    );
    let mut suffix = [0; 4];
    suffix[..text.len()].copy_from_slice(text.as_bytes());
    let rule = (
        (first as u16).wrapping_sub(code as u16),
        u32::from_le_bytes(suffix),
    );
    (rule != (0, 0)).then_some(rule)
}

/// How many characters of the page, up to 63, after this one follow its rule at this step, and those between
/// none at all.
fn more(code: u32, step: u32) -> u32 {
    let follows = |next: &u32| {
        next >> 8 == code >> 8
            && rule(*next) == rule(code)
            && (step == 1 || rule(next - 1).is_none())
    };
    let next = (1..64).map(|count| code + count * step);
    next.take_while(follows).count() as u32
}
