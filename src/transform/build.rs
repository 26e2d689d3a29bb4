//! The build script: writes the table that `case.rs` reads. Each character is asked for, so the
//! table's Unicode is that of the toolchain that builds, and nothing has to be kept up to date.

use std::path::Path;
use std::{env, fs};

/// How a character becomes upper case: the distance to the first character of it, in 16 bits (none
/// leaves its plane), and what follows that.
type Rule = (u16, [u16; 2]);

fn main() {
    println!("cargo::rerun-if-changed=src/transform/build.rs");
    if env::var_os("CARGO_FEATURE_UNICODE").is_none() {
        return;
    }
    let (mut pages, mut runs, mut suffixes) = (Vec::new(), Vec::new(), Vec::new());
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
        let (kind, length) = if suffix == [0; 2] {
            let step = if more(code, 2) > more(code, 1) { 2 } else { 1 };
            (
                more(code, step) << 1 | (step - 1),
                more(code, step) * step + 1,
            )
        } else {
            let length = if more(code, 1) >= 7 { 8 } else { 1 };
            let index = suffixes.iter().position(|known| *known == suffix);
            let index = index.unwrap_or_else(|| {
                suffixes.push(suffix);
                suffixes.len() - 1
            });
            assert!(index < 64, "more suffixes than a run has bits for");
            (0x80 | (index as u32) << 1 | u32::from(length == 8), length)
        };
        runs.push((code & 0xff) << 24 | kind << 16 | u32::from(distance));
        code += length;
    }
    let tables = format!(
        "const PAGES: &[u32; {}] = &{pages:?};\n\
         const RUNS: &[u32; {}] = &{runs:?};\n\
         const SUFFIXES: &[[u16; 2]; {}] = &{suffixes:?};\n",
        pages.len(),
        runs.len(),
        suffixes.len(),
    );
    let directory = env::var_os("OUT_DIR").expect("cargo says where");
    fs::write(Path::new(&directory).join("case.rs"), tables).expect("cargo's own directory");
}

fn rule(code: u32) -> Option<Rule> {
    let mut upper = char::from_u32(code)?.to_uppercase().map(u32::from);
    let first = upper
        .next()
        .filter(|first| *first != code || upper.len() > 0)?;
    assert_eq!(first >> 16, code >> 16, "an upper case in another plane");
    let mut next = || u16::try_from(upper.next().unwrap_or(0)).expect("a suffix of 16 bits");
    Some((first.wrapping_sub(code) as u16, [next(), next()]))
}

/// How many characters of the page, up to 63, follow the same rule at this step, and those between
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
