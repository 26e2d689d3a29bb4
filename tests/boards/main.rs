//! The firmware in `examples`, built, booted in an emulator and spoken to from this host.
//!
//! Another board is another row of [`BOARDS`], or, outside this repository, a file that the environment
//! variable `BOARD` names ([`kit::own`]). Each test boots an emulator of its own, with
//! a network that reaches this host's loopback and nothing else. What the firmware takes is measured
//! by [`footprint`]. Where there is no emulator, or no compiler for the board, the tests count as
//! ignored, and say what to install; with the environment variable `CI` they fail. Firmware that
//! does not compile always fails.

mod board;
mod broken;
mod budget;
mod cable;
mod client;
mod copies;
mod crowd;
mod dhcp;
mod elf;
mod emulator;
mod everything;
mod faults;
mod firmware;
mod footprint;
mod frames;
mod hosts;
mod kit;
mod mistakes;
mod model;
mod peer;
mod qmp;
mod remedies;
mod restart;
mod scenes;
#[cfg(feature = "command")]
mod scenes_command;
mod scenes_hostile;
mod scenes_ipv6;
#[path = "../shared/mod.rs"]
mod shared;
mod slaac;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use emulator::{BOARDS, Board, Firmware};
use kit::own::{self, Own};
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

/// What a firmware's driver is asked, by the same options.
const DRIVER_SCENES: [(&str, &[kit::Scene]); 3] = [
    ("", kit::SCENES),
    ("", kit::LINK_SCENES),
    ("--features ipv6", kit::IPV6_SCENES),
];

/// Other programs of the folder of one board: what is in assembler, checked; the same with a capture;
/// services of another kind; clients; and the same without an address of its own.
const OTHER_PROGRAMS: [Scenes; 7] = [
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
        "--bin client --features client",
        &[scenes![client:
            resolves_the_name_of_its_server_and_is_answered,
            comes_back_to_its_server_after_a_lost_link,
            comes_back_to_a_lost_server_with_longer_pauses,
        ]],
    ),
    (
        "--bin client --features client,ipv6",
        &[scenes![client: resolves_the_name_of_its_server_over_ipv6]],
    ),
    (
        "--features dhcp",
        &[scenes![dhcp: serves_the_address_that_the_network_gives]],
    ),
    (
        "--features slaac",
        &[scenes![slaac: serves_the_address_with_the_prefix_of_a_router]],
    ),
];

/// Boards that the emulator tells whether there is a link.
const WITH_LINK: [&str; 4] = [
    "mps2-an385",
    "riscv32-virt",
    "riscv32-virt-modern",
    "zynq-a9",
];

/// Their firmware without an address of its own.
const ADDRESSED_PROGRAMS: [Scenes; 2] = [
    (
        "--features dhcp",
        &[scenes![dhcp:
            serves_the_address_that_the_network_gives,
            asks_again_for_its_address_when_its_link_is_back,
        ]],
    ),
    (
        "--features slaac",
        &[scenes![slaac:
            serves_the_address_with_the_prefix_of_a_router,
            asks_again_for_routers_when_its_link_is_back,
        ]],
    ),
];

/// Of a board that is not booted for each test, what this host's own sockets can ask.
const REACHED_SCENES: &[Scene] = scenes![scenes:
    gives_the_answers_of_the_transcript,
    serves_twenty_connections_one_after_the_other,
    serves_two_connections_at_once,
    echoes_a_mebibyte,
    survives_garbage_datagrams,
    survives_clients_that_reset,
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let trials = match own::board() {
        Some(Ok(own)) => {
            if own.board.reached.is_some() {
                arguments.test_threads = Some(1); // There is one board for all.
            }
            own_trials(&own)
        }
        Some(Err(mistake)) => {
            eprintln!("{mistake}");
            return ExitCode::FAILURE;
        }
        None => all_trials(),
    };
    let conclusion = libtest_mimic::run(&arguments, trials);
    footprint::print();
    missing::print();
    conclusion.exit_code()
}

/// What this package promises of its boards, and of the tests themselves.
fn all_trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for board in BOARDS {
        let others: &[Scenes] = match board.name {
            "lm3s6965evb" => &OTHER_PROGRAMS,
            name if WITH_LINK.contains(&name) => &ADDRESSED_PROGRAMS,
            _ => &[],
        };
        for (options, scenes) in SCENES.iter().chain(others) {
            let firmware = firmware_of(board, options);
            let scenes = scenes.iter().copied().flatten();
            trials.extend(scenes.map(|scene| trial(firmware, scene)));
            let of_driver = DRIVER_SCENES.iter().filter(|row| row.0 == *options);
            let of_driver = of_driver.flat_map(|row| row.1);
            trials.extend(of_driver.map(|scene| driver_trial(firmware, scene)));
        }
    }
    trials.extend(broken::trials());
    trials.extend(copies::trials());
    trials.extend(everything::trials());
    trials.extend(faults::trials());
    trials.extend(mistakes::trials());
    trials.extend(footprint::trials());
    trials.extend(restart::trials());
    trials
}

/// The same of a board of the user's own, as far as it can be asked.
fn own_trials(own: &Own) -> Vec<Trial> {
    let ordinary = firmware_of(own.board, "");
    let driver_trials = |firmware, scenes: &'static [kit::Scene]| {
        scenes
            .iter()
            .map(move |scene| driver_trial(firmware, scene))
    };
    let mut trials = Vec::from_iter(driver_trials(ordinary, kit::SCENES));
    if own.board.reached.is_some() {
        trials.extend(REACHED_SCENES.iter().map(|scene| trial(ordinary, scene)));
        return trials;
    }
    trials.extend(driver_trials(ordinary, kit::LINK_SCENES));
    let [(_, scenes), (_, ipv6_scenes)] = SCENES;
    trials.extend(
        scenes
            .iter()
            .copied()
            .flatten()
            .map(|scene| trial(ordinary, scene)),
    );
    if let Some(options) = own.ipv6 {
        let with_ipv6 = firmware_of(own.board, options);
        trials.extend(driver_trials(with_ipv6, kit::IPV6_SCENES));
        let scenes = ipv6_scenes.iter().copied().flatten();
        trials.extend(scenes.map(|scene| trial(with_ipv6, scene)));
    }
    trials
}

/// Built once, by the first test that needs it; the others wait for it.
fn firmware_of(board: &'static Board, options: &'static str) -> &'static Firmware {
    Box::leak(Box::new(Firmware::of(board, options)))
}

fn trial(firmware: &'static Firmware, (name, scene): &'static Scene) -> Trial {
    let name = format!("{}::{name}", firmware.board().name);
    Trial::ignorable_test(name, || {
        missing::completion(firmware.build().map(|_| scene(firmware)))
    })
}

fn driver_trial(firmware: &'static Firmware, (name, scene): &'static kit::Scene) -> Trial {
    let name = format!("{}::driver::{name}", firmware.board().name);
    Trial::ignorable_test(name, || {
        missing::completion(firmware.build().and_then(|_| {
            let (mut emulator, mut bench) = firmware.boot_on_bench()?;
            scene(&mut bench)?;
            emulator.check();
            Ok(())
        }))
    })
}
