//! What the firmware takes: `cargo test --test footprint` prints it as a table.
//!
//! Flash and static RAM are what its sections say. The stack is filled with a pattern before
//! `main` (the folder's feature `paint-stack`), and looked at after the server has had work of
//! every kind. Instructions are those that the emulator has executed between two moments, from
//! the first byte of a mebibyte to the end of the connection, waking up and falling asleep and the
//! protocol included; the emulator counts them itself (`-icount`), and the firmware is the same as
//! always.

#[path = "elf.rs"]
mod elf;
#[path = "emulator.rs"]
#[allow(dead_code, reason = "not all of it is needed to measure")]
mod emulator;
#[path = "qmp.rs"]
mod qmp;
#[path = "../common/text.rs"]
mod text;
#[path = "../common/transcript.rs"]
#[allow(dead_code, reason = "not all of it is needed to measure")]
mod transcript;

use std::env;
use std::process::ExitCode;
use std::thread;

use elf::Elf;
use emulator::{BOARDS, Firmware};
use qmp::Qmp;

const MEBIBYTE: usize = 1 << 20;
/// What cortex-m-rt's feature `paint-stack` paints with.
const PAINT: [u8; 4] = 0xcccc_cccc_u32.to_le_bytes();

fn main() -> ExitCode {
    if env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    println!(
        "| board | flash | static RAM | peak stack | instructions per byte, ASCII | Unicode |"
    );
    println!("|---|---|---|---|---|---|");
    let mut compiler = String::new();
    // The others have more memory than they know what to do with.
    for board in BOARDS.iter().filter(|board| board.name == "lm3s6965evb") {
        for (what, features, painted) in [
            ("IPv4", "", "paint-stack"),
            ("IPv4 and IPv6", "ipv6", "ipv6,paint-stack"),
        ] {
            let firmware = Firmware::of(board, features);
            let file = match firmware.build() {
                Ok(file) => file,
                Err(reason) => {
                    eprintln!("not measured: {reason}");
                    return ExitCode::from(env::var_os("CI").is_some() as u8);
                }
            };
            let elf = Elf::read(file);
            let stack = peak_stack(&Firmware::of(board, painted));
            let ascii = "the quick brown fox jumps over the lazy dog\n".repeat(MEBIBYTE / 44);
            let ascii = instructions_per_byte(&firmware, ascii.as_bytes());
            let unicode = instructions_per_byte(&firmware, &text::mixed(MEBIBYTE));
            println!(
                "| {}, {what} | {} | {} | {stack} | {ascii:.1} | {unicode:.1} |",
                board.folder,
                elf.flash(),
                elf.ram(),
            );
            compiler = elf.compiler();
        }
    }
    println!("\n{compiler}; bytes, two TCP connections of 2 x 1 KiB");
    ExitCode::SUCCESS
}

/// How many bytes of the stack were ever used, after work of every kind.
fn peak_stack(firmware: &Firmware) -> usize {
    let file = firmware.build().expect("what could be built without paint");
    let (emulator, mut qmp) = Qmp::boot(firmware, &[]);
    record(emulator.server);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| over_tcp(emulator.server, &[text::mixed(100_000)]));
        }
    });
    let end_of_statics = Elf::read(file).end_within(&firmware.board().ram);
    let stack = qmp.memory(end_of_statics..firmware.board().ram.end);
    let untouched = stack.chunks(4).take_while(|word| *word == PAINT).count() * 4;
    assert!(untouched > 0, "nothing is painted, or the stack is full");
    stack.len() - untouched
}

/// The least of five measurements: in the others, something was sent twice.
fn instructions_per_byte(firmware: &Firmware, text: &[u8]) -> f64 {
    let (emulator, mut qmp) = Qmp::boot(firmware, &["-icount", "shift=0"]);
    let counts = (0..5).map(|_| {
        let before = qmp.instructions();
        let answer = over_tcp(emulator.server, &[text.to_vec()]);
        let count = qmp.instructions() - before;
        assert!(answer == text::upper(text), "a wrong answer");
        count
    });
    counts.min().expect("five of them") as f64 / text.len() as f64
}
