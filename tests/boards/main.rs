//! The firmware in `examples`, built, booted in an emulator and spoken to from this host.
//!
//! Another board is another row of [`BOARDS`]. Each test boots an emulator of its own, whose
//! network reaches this host's loopback and nothing else. What the firmware takes is measured
//! by [`footprint`]. Where there is no emulator, or no compiler for the board, the tests count as
//! ignored, and say what to install; with the environment variable `CI` they fail. Firmware that
//! does not compile always fails.

mod broken;
mod budget;
mod cable;
mod crowd;
mod dhcp;
mod elf;
mod emulator;
mod footprint;
mod frames;
mod hosts;
mod peer;
mod qmp;
mod remedies;
mod scenes;
#[cfg(feature = "command")]
mod scenes_command;
mod scenes_hostile;
mod scenes_ipv6;
#[path = "../shared/mod.rs"]
mod shared;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use emulator::{BOARDS, Firmware};
use shared::{missing, stock, text, transcript};

/// Makes a list of names and functions out of functions.
macro_rules! scenes {
    ($module:ident: $($scene:ident),* $(,)?) => {
        &[$((stringify!($scene), $module::$scene as fn(&Firmware))),*]
    };
}

/// What a firmware is asked, by the options that it is built with.
type Scenes = (&'static str, &'static [&'static [Scene]]);
type Scene = (&'static str, fn(&Firmware));

const SCENES: [Scenes; 2] = [
    (
        "",
        &[
            scenes![scenes:
                gives_the_answers_of_the_transcript,
                serves_twenty_connections_one_after_the_other,
                serves_two_connections_at_once,
                serves_two_busy_connections_at_once,
                echoes_a_mebibyte,
                survives_garbage_datagrams,
                survives_clients_that_reset,
                answers_ping,
                survives_frames_that_no_card_sends,
            ],
            scenes![scenes_hostile:
                answers_honest_requests_between_forged_ones,
                serves_sixteen_clients_that_come_at_once,
                half_open_connections_leave_their_places,
            ],
            #[cfg(feature = "command")]
            scenes![scenes_command: answers_the_command_in_the_place_of_its_server],
        ],
    ),
    (
        "--features ipv6",
        &[scenes![scenes_ipv6:
            gives_the_answers_of_the_transcript_over_ipv6,
            gives_the_answers_of_the_transcript_over_ipv4_beside_ipv6,
            echoes_a_mebibyte_over_ipv6,
            answers_ping_over_ipv6_and_ipv4,
        ]],
    ),
];

/// Other programs of the folder of one board: what is in assembler, checked; the same with a capture;
/// services of another kind; and the same without an address of its own.
const OTHER_PROGRAMS: [Scenes; 4] = [
    (
        "--bin check-runtime",
        &[scenes![scenes: does_what_the_compiler_wants_of_its_runtime]],
    ),
    (
        "--features capture",
        &[scenes![scenes: sends_a_capture_over_its_serial_line]],
    ),
    (
        "--bin services",
        &[scenes![scenes: reverses_lines_and_tells_the_time]],
    ),
    (
        "--features dhcp",
        &[scenes![dhcp: serves_the_address_that_the_network_gives]],
    ),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for board in BOARDS {
        let others = (board.name == "lm3s6965evb").then_some(&OTHER_PROGRAMS);
        let of_board = SCENES.iter().chain(others.into_iter().flatten());
        for (options, scenes) in of_board {
            // Built once, by the first test that needs it; the others wait for it.
            let firmware: &Firmware = Box::leak(Box::new(Firmware::of(board, options)));
            for (name, scene) in scenes.iter().copied().flatten() {
                let name = format!("{}::{name}", board.name);
                trials.push(Trial::ignorable_test(name, || {
                    missing::completion(firmware.build().map(|_| scene(firmware)))
                }));
            }
        }
    }
    trials.extend(broken::trials());
    trials.extend(footprint::trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    footprint::print();
    missing::print();
    conclusion.exit_code()
}
