//! After a panic, or when its main loop stands still, a board starts anew and serves again.
//!
//! The fault is planted in a copy of the package: three seconds after the start, at the next poll.

use std::fs::{read_to_string, write};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;

use crate::emulator::{Board, Firmware};
use crate::qmp::Qmp;
use crate::remedies::copy_of_package;
use crate::shared::missing::{self, Failure};
use crate::stock::PATIENCE;

/// Where each turn of the loop of all boards begins.
const LOOP: &str = "src/firmware.rs";
const TURN: &str = "let next = stack.poll(begin, service);";

/// What the emulator does when the board resets itself, in place of ending.
const RESTARTS: [&str; 2] = ["-action", "reboot=reset"];

/// Boards with the loop of the library, and whether they have a watchdog.
const RESTARTED: [(&str, bool); 4] = [
    ("lm3s6965evb", true),
    ("mps2-an385", true),
    ("mps2-an505", true),
    ("riscv32-virt", false),
];

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (name, has_watchdog) in RESTARTED {
        let board = Board::named(name);
        let trial = |scene: &str, fault: &'static str, event: &'static str| {
            Trial::ignorable_test(format!("{name}::{scene}"), move || {
                missing::completion(restarts(board, fault, event))
            })
        };
        trials.push(trial(
            "starts_anew_after_a_panic",
            "panic!(\"planted\")",
            "RESET",
        ));
        if has_watchdog {
            let scene = "starts_anew_when_its_loop_stands_still";
            trials.push(trial(scene, "loop {}", "WATCHDOG"));
        }
    }
    trials
}

/// Fails unless the board with this fault in its loop tells of this event, and answers before and after
/// it.
fn restarts(board: &'static Board, fault: &str, event: &str) -> Result<(), Failure> {
    let kind = event.to_lowercase();
    let copy = copy_of_package(&format!("{kind}-of-{}", board.name));
    let file = copy.join(LOOP);
    let text = read_to_string(&file)?;
    assert!(text.contains(TURN), "{LOOP}: where does a turn begin?");
    let planted = format!("{TURN} if now().secs() >= 3 {{ {fault} }}");
    write(&file, text.replace(TURN, &planted))?;
    let firmware = Firmware::of_copy(board, "", copy);
    firmware.build()?;
    // To boot it is to ask it whether it is there.
    let boot = |line: &[&str]| firmware.boot_with(&[line, &RESTARTS].concat());
    let (emulator, mut qmp) = Qmp::attach(boot);
    let (server, is_over) = (emulator.server, &AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(move || keep_polled(server, is_over));
        let told = qmp.wait_for(event);
        is_over.store(true, Ordering::Relaxed);
        assert!(told, "the emulator tells of no {event}");
    });
    assert!(answers(server), "it does not serve again");
    Ok(())
}

/// Whether the board answers, at any time but the few seconds of each fault.
fn answers(server: SocketAddr) -> bool {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    let limit = socket.set_read_timeout(Some(PATIENCE / 50));
    limit.expect("more than no time");
    let (start, mut answer) = (Instant::now(), [0; 16]);
    while start.elapsed() < 6 * PATIENCE {
        let _ = socket.send_to(b"again?", server);
        if let Ok(length) = socket.recv(&mut answer) {
            return &answer[..length] == b"AGAIN?";
        }
    }
    false
}

/// Sends datagrams, as a board that has nothing to do does not poll its stack. While its loop stands
/// still there are fewer than a controller has room for: QEMU's does not go on after a reset with a
/// full FIFO.
fn keep_polled(server: SocketAddr, is_over: &AtomicBool) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    while !is_over.load(Ordering::Relaxed) {
        let _ = socket.send_to(b"there?", server);
        thread::sleep(Duration::from_millis(200));
    }
}
