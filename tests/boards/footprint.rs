//! What the firmware takes: printed as the rows of the tables in docs/footprint.md, and held to what
//! `budget.txt` allows.
//!
//! Flash and static RAM are what its sections say. The stack is filled with a pattern before
//! `main` (the folder's feature `paint-stack`), and looked at after the server has had work of
//! every kind. Instructions are those that the emulator has executed between two moments, from
//! the first byte of a mebibyte to the end of the connection, waking up and falling asleep and the
//! protocol included; the emulator counts them itself (`-icount`), and the firmware is the same as
//! always.
//!
//! ```text
//! cargo test --test boards footprint                         # all of it
//! cargo test --test boards footprint::unicode_over_ipv4_and  # the rows of these tests
//! FOOTPRINT_BUDGET=file cargo test --test boards footprint   # another budget
//! cargo test --test boards remedies -- --ignored             # what each remedy costs; several minutes
//! ```

use std::sync::{Mutex, PoisonError};
use std::thread;

use libtest_mimic::Trial;

use crate::budget::{Budget, Footprint};
use crate::elf::Elf;
use crate::emulator::{Board, Firmware};
use crate::frames::{PING_LENGTHS, PING_LENGTHS_V6, find, find_v6, ping, ping_v6};
use crate::peer::Peer;
use crate::qmp::Qmp;
use crate::remedies::REMEDIES;
use crate::shared::missing::{self, Failure};
use crate::stock::{self, over_tcp};
use crate::transcript::requests;
use crate::{crowd, text};

const MEBIBYTE: usize = 1 << 20;
/// How many come at once: more than there are slots, so that some have to wait.
pub const CLIENTS: usize = 6;
/// What cortex-m-rt's feature `paint-stack` paints with.
const PAINT: [u8; 4] = 0xcccc_cccc_u32.to_le_bytes();

/// One of the ways to build the firmware.
struct Variant {
    /// As in the table: upper case of what, over what.
    name: &'static str,
    test: &'static str,
    unicode: bool,
    /// Its own addresses: on a cable nothing gives it one.
    cable: Cable,
    options: &'static str,
    /// The same with a painted stack.
    painted: &'static str,
}

/// The addresses that a board has on a cable.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cable {
    Without,
    Ipv4,
    Ipv4AndIpv6,
}

const VARIANTS: [Variant; 6] = [
    Variant {
        name: "ASCII | IPv4",
        test: "ascii_over_ipv4_keeps_to_the_budget",
        unicode: false,
        cable: Cable::Ipv4,
        options: "--no-default-features",
        painted: "--no-default-features --features paint-stack",
    },
    Variant {
        name: "Unicode | IPv4",
        test: "unicode_over_ipv4_keeps_to_the_budget",
        unicode: true,
        cable: Cable::Ipv4,
        options: "",
        painted: "--features paint-stack",
    },
    Variant {
        name: "ASCII | IPv4 and IPv6",
        test: "ascii_over_ipv4_and_ipv6_keeps_to_the_budget",
        unicode: false,
        cable: Cable::Ipv4AndIpv6,
        options: "--no-default-features --features ipv6",
        painted: "--no-default-features --features ipv6,paint-stack",
    },
    Variant {
        name: "Unicode | IPv4 and IPv6",
        test: "unicode_over_ipv4_and_ipv6_keeps_to_the_budget",
        unicode: true,
        cable: Cable::Ipv4AndIpv6,
        options: "--features ipv6",
        painted: "--features ipv6,paint-stack",
    },
    Variant {
        name: "ASCII, with DHCP | IPv4",
        test: "dhcp_keeps_to_the_budget",
        unicode: false,
        cable: Cable::Without,
        options: "--no-default-features --features dhcp",
        painted: "--no-default-features --features dhcp,paint-stack",
    },
    Variant {
        name: "ASCII, with SLAAC | IPv4 and IPv6",
        test: "slaac_keeps_to_the_budget",
        unicode: false,
        cable: Cable::Ipv4,
        options: "--no-default-features --features slaac",
        painted: "--no-default-features --features slaac,paint-stack",
    },
];

/// Another server as the firmware of the same board, built with the same settings.
struct OtherServer {
    /// As in the table: the server, over what.
    name: &'static str,
    test: &'static str,
    options: &'static str,
    /// The same with a painted stack; `None` if only what it is built of is measured.
    painted: Option<&'static str>,
}

/// The folder with them, beside those of the boards.
const PEERS_FOLDER: &str = "../tests/boards/peers";
const PEERS: [OtherServer; 3] = [
    OtherServer {
        name: "plain smoltcp 0.14 | IPv4",
        test: "plain_smoltcp_over_ipv4",
        options: "",
        painted: Some("--features paint-stack"),
    },
    OtherServer {
        name: "plain smoltcp 0.14 | IPv4 and IPv6",
        test: "plain_smoltcp_over_ipv4_and_ipv6",
        options: "--features ipv6",
        painted: None,
    },
    OtherServer {
        name: "embassy-net 0.9 | IPv4",
        test: "embassy_net_over_ipv4",
        options: "--bin embassy-net-peer --features embassy",
        // On a busy machine its emulator does not answer at each start; why is not known.
        painted: None,
    },
];

/// What was measured, to be printed at the end: the rows of the table, and what is said below it.
static MEASURED: Mutex<(Vec<String>, String)> = Mutex::new((Vec::new(), String::new()));

/// One test for each row of the table, and one that measures the remedies if it is asked for.
pub fn trials() -> Vec<Trial> {
    // The others have more memory than they know what to do with.
    let board = Board::named("lm3s6965evb");
    let rows = VARIANTS.iter().enumerate().map(|(row, variant)| {
        Trial::ignorable_test(format!("footprint::{}", variant.test), move || {
            missing::completion(measure(board, row, variant))
        })
    });
    let peers: &Board = Box::leak(Box::new(Board {
        name: "peer",
        folder: PEERS_FOLDER,
        ram: board.ram.clone(),
        reached: None,
        ..*board
    }));
    let peers = PEERS.iter().enumerate().map(move |(row, peer)| {
        Trial::ignorable_test(format!("footprint::{}", peer.test), move || {
            missing::completion(measure_peer(peers, VARIANTS.len() + row, peer))
        })
    });
    let remedies = Trial::ignorable_test("footprint::what_each_of_the_remedies_costs", move || {
        missing::completion(measure_remedies(board))
    });
    let rows = rows.chain(peers);
    rows.chain([remedies.with_ignored_flag(true)]).collect()
}

/// Prints the table.
pub fn print() {
    let mut measured = MEASURED.lock().unwrap_or_else(PoisonError::into_inner);
    let (rows, below) = &mut *measured;
    if !rows.is_empty() {
        println!(
            "| upper case of | network | flash | static RAM | peak stack | instructions per byte, ASCII text | mixed text |"
        );
        println!("|---|---|---|---|---|---|---|");
        rows.sort();
        rows.iter().for_each(|row| println!("{}", &row[1..]));
        println!("\n{below}");
    }
}

/// What a firmware takes, the stack of `painted` included.
fn footprint(
    firmware: &Firmware,
    painted: &Firmware,
    cable: Cable,
    unicode: bool,
    clients: usize,
) -> Result<Footprint, Failure> {
    let elf = Elf::read(firmware.build()?);
    Ok(Footprint {
        quantities: [
            elf.flash().into(),
            elf.ram().into(),
            peak_stack(painted, cable, clients)? as f64,
            instructions_per_byte(firmware, ascii().as_bytes(), unicode),
            instructions_per_byte(firmware, &text::mixed(MEBIBYTE), unicode),
        ],
    })
}

/// A text of nearly a mebibyte.
fn ascii() -> String {
    "the quick brown fox jumps over the lazy dog\n".repeat(MEBIBYTE / 44)
}

/// Measures one row of the table. Fails if it is more than the budget.
fn measure(board: &'static Board, row: usize, variant: &Variant) -> Result<(), Failure> {
    let budget = Budget::read();
    let firmware = Firmware::of(board, variant.options);
    let painted = Firmware::of(board, variant.painted);
    let footprint = footprint(&firmware, &painted, variant.cable, variant.unicode, CLIENTS)?;
    let compiler = Elf::read(firmware.build()?).compiler();
    let verdict = budget.check(board.name, &compiler, variant.name, footprint);
    let mut measured = MEASURED.lock().unwrap_or_else(PoisonError::into_inner);
    measured
        .0
        .push(format!("{row}| {} | {footprint} |", variant.name));
    measured.1 = format!(
        "{}, {compiler}; bytes; two TCP connections of 2 x 1 KiB",
        board.name
    );
    for sentence in verdict.remarks {
        eprintln!("{sentence}");
    }
    match verdict.failures.is_empty() {
        true => Ok(()),
        false => Err(Failure::Failed(verdict.failures.join("\n"))),
    }
}

/// Measures another server. It has no backlog, and a connection that closes takes no client: so one comes after
/// the other.
fn measure_peer(board: &'static Board, row: usize, peer: &OtherServer) -> Result<(), Failure> {
    let firmware = Firmware::of(board, peer.options);
    let measured = match peer.painted {
        Some(painted) => {
            let painted = Firmware::of(board, painted);
            footprint(&firmware, &painted, Cable::Ipv4, false, 1)?.to_string()
        }
        None => {
            let elf = Elf::read(firmware.build()?);
            format!("{} | {} | | |", elf.flash(), elf.ram())
        }
    };
    let mut rows = MEASURED.lock().unwrap_or_else(PoisonError::into_inner);
    rows.0.push(format!("{row}| {} | {measured} |", peer.name));
    Ok(())
}

/// Prints what each remedy costs: the firmware less the firmware without it.
fn measure_remedies(board: &'static Board) -> Result<(), Failure> {
    let measure = |firmware: &Firmware, painted: &Firmware, clients| {
        let elf = Elf::read(firmware.build()?);
        Ok::<_, Failure>([
            f64::from(elf.flash()),
            f64::from(elf.ram()),
            peak_stack(painted, Cable::Ipv4, clients)? as f64,
            instructions_per_byte(firmware, ascii().as_bytes(), true),
        ])
    };
    let print = |name: &str, more: [f64; 4], less: [f64; 4]| {
        let [flash, ram, stack, instructions] = std::array::from_fn(|i| more[i] - less[i]);
        println!("| {name} | {flash} | {ram} | {stack} | {instructions:.1} |");
    };
    println!(
        "| remedy | flash | static RAM | peak stack | instructions per byte, ASCII text |\n\
        |---|---|---|---|---|"
    );
    let [default, painted] = ["", "--features paint-stack"];
    let firmware = Firmware::of(board, default);
    let all = measure(&firmware, &Firmware::of(board, painted), CLIENTS)?;
    for remedy in &REMEDIES {
        let copy = remedy.cut();
        let [without, painted] =
            [default, painted].map(|options| Firmware::of_copy(board, options, &copy));
        print(
            remedy.name,
            all,
            measure(&without, &painted, remedy.clients)?,
        );
    }
    let cookies = Firmware::of(board, "--features syn-cookies");
    let painted = Firmware::of(board, "--features syn-cookies,paint-stack");
    print(
        "SYN cookies (`syn-cookies`), not in the others",
        measure(&cookies, &painted, CLIENTS)?,
        all,
    );
    print("the firmware", all, [0.0; 4]);
    println!(
        "\n{}, {}; bytes; Unicode over IPv4",
        board.name,
        Elf::read(firmware.build()?).compiler()
    );
    Ok(())
}

/// How many bytes of the stack were ever used, after work of every kind.
fn peak_stack(firmware: &Firmware, cable: Cable, clients: usize) -> Result<usize, Failure> {
    let statics = Elf::read(firmware.build()?).end_within(&firmware.board().ram);
    let used = |mut qmp: Qmp| {
        let stack = qmp.memory(statics..firmware.board().ram.end);
        let untouched = stack.chunks(4).take_while(|word| *word == PAINT).count() * 4;
        assert!(untouched > 0, "nothing is painted, or the stack is full");
        stack.len() - untouched
    };

    // Stock sockets, two connections at once.
    let (emulator, qmp) = Qmp::attach(|line| firmware.boot_with(line));
    for request in requests() {
        stock::ask(emulator.server, &request);
    }
    thread::scope(|scope| {
        for _ in 0..clients.min(2) {
            scope.spawn(|| over_tcp(emulator.server, &[text::mixed(100_000)]));
        }
    });
    let by_sockets = used(qmp);
    drop(emulator);

    // What only a cable carries: ping, noise, and IPv6.
    let mut by_cable = 0;
    let versions: &[bool] = match cable {
        Cable::Without => return Ok(by_sockets),
        Cable::Ipv4 => &[false],
        Cable::Ipv4AndIpv6 => &[false, true],
    };
    for &ipv6 in versions {
        let (boot, qmp) = Qmp::attach(|line| firmware.boot_on_cable_with(line));
        let (_emulator, cable) = boot;
        let board = find(&cable);
        for length in PING_LENGTHS {
            ping(&cable, board, &vec![b'.'; length]).expect("an answer");
        }
        for length in 14..200 {
            cable.send(&[&board.0[..], &vec![length as u8; length]].concat());
        }
        if ipv6 {
            find_v6(&cable);
            for length in PING_LENGTHS_V6 {
                ping_v6(&cable, board, &vec![b'.'; length]).expect("an answer");
            }
        }
        let mut peer = Peer::new(cable, ipv6);
        for request in requests() {
            peer.ask(&request);
        }
        by_cable = by_cable.max(used(qmp));
    }

    if clients == 1 {
        return Ok(by_sockets.max(by_cable)); // A server without a backlog refuses copies of a SYN.
    }
    // All at once.
    let (boot, qmp) = Qmp::attach(|line| firmware.boot_on_cable_with(line));
    let (_emulator, cable) = boot;
    find(&cable);
    crowd::ask(cable, &vec![text::mixed(1000); clients]);
    Ok(by_sockets.max(by_cable).max(used(qmp)))
}

/// The least of five measurements: in the others, something was sent twice.
fn instructions_per_byte(firmware: &Firmware, text: &[u8], unicode: bool) -> f64 {
    let expected = if unicode {
        text::upper(text)
    } else {
        text.to_ascii_uppercase()
    };
    let (emulator, mut qmp) =
        Qmp::attach(|line| firmware.boot_with(&[line, &["-icount", "shift=0"]].concat()));
    let counts = (0..5).map(|_| {
        let before = qmp.instructions();
        let answer = over_tcp(emulator.server, &[text.to_vec()]);
        let count = qmp.instructions() - before;
        assert!(answer == expected, "a wrong answer");
        count
    });
    counts.min().expect("five of them") as f64 / text.len() as f64
}
