//! The board in the place of `uppercase serve`, on a cable (`device::cable`), asked by the command.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::emulator::{BOARD, Emulator, Firmware, HOST};
use crate::stock::PATIENCE;
use crate::text;

/// Runs a client at the other end of the cable, and returns what it prints.
fn ask(protocol: &str, port: u16, input: &[u8]) -> Output {
    let mut client = Command::new(env!("CARGO_BIN_EXE_uppercase"))
        .args([protocol, &BOARD.to_string()])
        .args(["--cable", &port.to_string(), "--ip", &format!("{HOST}/24")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = client.stdin.take().expect("a pipe");
    thread::scope(|scope| {
        // It may end before it has read everything.
        scope.spawn(move || stdin.write_all(input).ok());
        client.wait_with_output().expect("its own process")
    })
}

/// The answer to this text.
#[track_caller]
fn answer(protocol: &str, port: u16, text: &[u8]) -> Vec<u8> {
    let output = ask(protocol, port, text);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{protocol}: {errors}");
    output.stdout
}

/// An emulator that has just been started has no end of the cable yet, and the client says so.
#[track_caller]
fn wait_until_plugged_in(emulator: &mut Emulator, port: u16) {
    let start = Instant::now();
    loop {
        emulator.check();
        let output = ask("tcp", port, b"");
        if output.status.success() {
            return;
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        let expected = format!("uppercase: no server on cable {port}: ");
        assert!(errors.starts_with(&expected), "{errors}");
        assert!(start.elapsed() < PATIENCE, "it is not plugged in");
        thread::sleep(Duration::from_millis(10));
    }
}

pub fn answers_the_command_in_the_place_of_its_server(firmware: &Firmware) {
    let (mut emulator, port) = firmware.boot_at_first_end();
    wait_until_plugged_in(&mut emulator, port);
    let text = text::mixed(50_000);
    assert!(answer("tcp", port, &text) == text::upper(&text));
    let lines = "hello, board\nzwei straßen\n\n";
    let upper = lines.to_uppercase();
    assert_eq!(answer("udp", port, lines.as_bytes()), upper.as_bytes());
    emulator.check();
}
