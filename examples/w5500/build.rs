//! Chooses the chip by the target that is compiled for: its memory and, as `cfg(chip)`, its file in
//! src/board. Another choice is another row here, and its runner in .cargo/config.toml.

use std::env;

fn main() {
    println!(r#"cargo::rustc-check-cfg=cfg(chip, values("rp2040", "nrf52840"))"#);
    let target = env::var("TARGET").expect("cargo says it");
    let chip = match target.as_str() {
        "thumbv6m-none-eabi" => "rp2040",
        "thumbv7em-none-eabihf" => "nrf52840",
        _ => panic!("{target} is none of the targets in .cargo/config.toml"),
    };
    println!(r#"cargo::rustc-cfg=chip="{chip}""#);
    let folder = env!("CARGO_MANIFEST_DIR");
    println!("cargo::rustc-link-search={folder}/{chip}");
    println!("cargo::rerun-if-changed={chip}/memory.x");
}
