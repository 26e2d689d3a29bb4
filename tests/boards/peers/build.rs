//! Tells the linker where the memory.x and device.x of the board are.

fn main() {
    let board = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../examples/lm3s6965evb");
    println!("cargo::rustc-link-search={board}");
    println!("cargo::rerun-if-changed={board}/memory.x");
    println!("cargo::rerun-if-changed={board}/device.x");
}
