//! The firmware in `examples`, built, booted in an emulator and spoken to from this host.
//!
//! Another board is another row of [`BOARDS`]. Each test boots an emulator of its own, whose
//! network reaches this host's loopback and nothing else. Where the firmware cannot be built, or
//! there is no emulator, the tests count as ignored, and say why; with the environment variable
//! `CI` they fail.

#[path = "boards/emulator.rs"]
#[allow(dead_code, reason = "some of it is for the test `footprint`")]
mod emulator;
#[path = "boards/scenes.rs"]
mod scenes;
#[path = "common/text.rs"]
mod text;
#[path = "boards/transcript.rs"]
mod transcript;

use std::env;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Trial};

use emulator::{BOARDS, Firmware};

/// Makes a list of names and functions out of functions.
macro_rules! scenes {
    ($($scene:ident),* $(,)?) => { [$((stringify!($scene), scenes::$scene as fn(&Firmware))),*] };
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let scenes = scenes![
        gives_the_answers_of_the_transcript,
        serves_twenty_connections_one_after_the_other,
        serves_two_connections_at_once,
        serves_two_busy_connections_at_once,
        echoes_a_mebibyte,
        survives_garbage_datagrams,
        survives_clients_that_reset,
        answers_ping,
        survives_frames_that_no_card_sends,
    ];
    let mut trials = Vec::new();
    for board in BOARDS {
        // Built once, by the first test that needs it; the others wait for it.
        let firmware: &Firmware = Box::leak(Box::new(Firmware::of(board, "")));
        for (name, scene) in scenes {
            let name = format!("{}::{name}", board.name);
            trials.push(Trial::ignorable_test(name, move || {
                match firmware.build() {
                    Ok(_) => {
                        scene(firmware);
                        Ok(Completion::Completed)
                    }
                    Err(reason) if env::var_os("CI").is_some() => Err(reason.into()),
                    Err(reason) => Ok(Completion::ignored_with(reason)),
                }
            }));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
