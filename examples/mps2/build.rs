//! Chooses the machine by the target that is compiled for: its memory and, as `cfg(machine)`, its
//! row in src/machine.rs. Another choice is another row here, and its runner in .cargo/config.toml.

use std::env;

fn main() {
    println!(r#"cargo::rustc-check-cfg=cfg(machine, values("an385", "an386", "an500", "an505"))"#);
    let target = env::var("TARGET").expect("cargo says it");
    let (machine, memory) = match target.as_str() {
        "thumbv7m-none-eabi" => ("an385", "an385"),
        "thumbv7em-none-eabi" => ("an386", "an385"),
        "thumbv7em-none-eabihf" => ("an500", "an385"),
        "thumbv8m.main-none-eabi" => ("an505", "an505"),
        _ => panic!("{target} is none of the targets in .cargo/config.toml"),
    };
    println!(r#"cargo::rustc-cfg=machine="{machine}""#);
    // Not in this folder itself: the linker would look there first, for all machines.
    let folder = env!("CARGO_MANIFEST_DIR");
    println!("cargo::rustc-link-search={folder}/{memory}");
    println!("cargo::rerun-if-changed={memory}/memory.x");
}
