//! Firmware that cannot be built fails; it is not ignored as if there were no compiler for it.

use std::fs::{read_to_string, write};

use libtest_mimic::Trial;

use crate::emulator::{BOARDS, Firmware};
use crate::remedies::copy_of_package;
use crate::shared::missing::{self, Failure};

pub fn trials() -> Vec<Trial> {
    let trial = |name, test: fn() -> Result<(), Failure>| {
        Trial::ignorable_test(name, move || missing::completion(test()))
    };
    vec![
        trial("broken::firmware_that_does_not_compile_fails", || {
            refused("src/main.rs", "not Rust", |text| text + "\nnot Rust\n")
        }),
        trial("broken::firmware_whose_lock_file_is_stale_fails", || {
            refused("Cargo.lock", "--locked", |text| {
                text.replace("name = \"smoltcp\"", "name = \"smoltcq\"")
            })
        }),
    ]
}

/// Fails unless a build says this after such a change of a file in the board's folder.
fn refused(file: &str, sentence: &str, change: fn(String) -> String) -> Result<(), Failure> {
    let board = &BOARDS[0];
    let copy = copy_of_package(&format!("broken-{}", file.replace('/', "-")));
    let file = copy.join("examples").join(board.folder).join(file);
    let text = read_to_string(&file)?;
    write(&file, change(text))?;
    match Firmware::of_copy(board, "", copy).build() {
        Err(Failure::Failed(reason)) if reason.contains(sentence) => Ok(()),
        Ok(_) => Err(Failure::Failed("it was built".into())),
        Err(failure) => Err(failure),
    }
}
