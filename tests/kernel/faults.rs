//! Faults on purpose: the text is exact all the same, and a run can be had again.

use std::process::Command;

use crate::command::{UPPERCASE, own_directory, run, start, uppercase, words};
use crate::text::{mixed, upper};

/// The same run again, as a shell would.
fn replay(stderr: &str) -> &str {
    let mark = "uppercase: the same run again, with the same text: ";
    let (_, command) = stderr.rsplit_once(mark).expect("a command");
    command.trim_end()
}

pub fn text_is_exact_though_frames_are_lost_and_changed() {
    let text = mixed(20_000);
    for seed in 0..10 {
        let faults = "--delay 5ms --loss 10% --duplicate --reorder --corrupt=5%";
        let arguments = format!("tcp --timeout 9999 --seed {seed} {faults}");
        let outcome = uppercase(&arguments, &text);
        assert_eq!(outcome.code, Some(0), "seed {seed}: {}", outcome.stderr);
        assert!(outcome.stdout == upper(&text), "seed {seed}");
        let arguments = format!("udp --timeout 9999 --seed {seed} {faults}");
        let outcome = uppercase(&arguments, "one\ntwo\nthree\n");
        assert_eq!(outcome.stdout, b"ONE\nTWO\nTHREE\n", "seed {seed}");
    }
}

pub fn bandwidth_and_size_of_packets_change_no_byte() {
    let text = mixed(20_000);
    for faults in [
        "--bandwidth 56kbit",
        "--mtu 576",
        "--mtu 576 --bandwidth 9600 --delay 1s",
    ] {
        let outcome = uppercase(&format!("tcp --timeout 9999 --seed 1 {faults}"), &text);
        assert_eq!(outcome.code, Some(0), "{faults}: {}", outcome.stderr);
        assert!(outcome.stdout == upper(&text), "{faults}");
    }
}

pub fn same_seed_gives_the_same_run() {
    let json = own_directory().join("a.json").display().to_string();
    let drawn = |seed: u32| {
        let arguments = format!("--seed {seed} --delay 3ms --loss 30% --ladder-json {json}");
        uppercase(&arguments, "hello, world\n");
        std::fs::read_to_string(&json).expect("a file")
    };
    let first = drawn(7);
    assert_eq!(drawn(7), first);
    assert_ne!(drawn(8), first);
}

pub fn strange_run_says_the_command_that_repeats_it() {
    // Without a seed, one is chosen.
    let outcome = uppercase("--delay 5ms --drop 3 --ladder", "hello\n");
    assert_eq!(
        (outcome.code, outcome.stdout),
        (Some(0), b"HELLO\n".to_vec())
    );
    let command = replay(&outcome.stderr);
    assert!(
        command.contains(" --delay 5ms --drop 3 --ladder --seed "),
        "{command}"
    );
    let again = run(Command::new("sh").args(["-c", command]), "hello\n");
    assert_eq!(again.stderr, outcome.stderr);
    // Nothing has happened to this one.
    assert_eq!(uppercase("--delay 5ms", "hello\n").stderr, "");
}

pub fn server_that_starts_again_resets_what_it_does_not_know() {
    let outcome = uppercase(
        "tcp --seed 1 --delay 50ms --crash server@230ms --explain",
        "hello\n",
    );
    assert_eq!(outcome.code, Some(1));
    let drawing: Vec<_> = outcome.stderr.split_whitespace().collect();
    let drawing = drawing.join(" ").replace("│ │ ", "");
    assert!(
        drawing.contains("RST: the server knows no such connection"),
        "{drawing}"
    );
    assert!(
        drawing.contains("192.168.69.1:12000: the server reset the connection"),
        "{drawing}"
    );
    assert!(replay(&outcome.stderr).ends_with(" --explain"));
}

pub fn client_that_stops_reading_shuts_its_window() {
    let text = mixed(3000);
    let arguments = "tcp --seed 1 --delay 20ms --buffer 1000 --stop-reading=5s --explain";
    let outcome = uppercase(arguments, &text);
    assert!(outcome.stdout == upper(&text), "{}", outcome.stderr);
    for expected in [
        "[zero window]",
        "[zero-window probe]",
        "[window update]",
        "window 0: the 1000",
    ] {
        assert!(
            outcome.stderr.contains(expected),
            "{expected}: {}",
            outcome.stderr
        );
    }
}

pub fn nagle_and_delayed_acknowledgements_hold_segments_back() {
    let text = mixed(2000);
    let payload = |options: &str| {
        let arguments = format!("tcp --seed 1 --delay 50ms {options} --ladder");
        let outcome = uppercase(&arguments, &text);
        assert!(outcome.stdout == upper(&text), "{}", outcome.stderr);
        outcome.stderr
    };
    // The last segment waits, until it is known that nothing follows it: the FIN goes with it.
    let is_own = |drawing: &str| drawing.contains("─ PSH ACK seq=1461 ack=1 ");
    let (plain, nagle) = (payload(""), payload("--nagle"));
    assert!(is_own(&plain) && !is_own(&nagle), "{plain}{nagle}");
    assert!(nagle.contains("─ FIN ACK seq=1461 ack=1 "), "{nagle}");

    let delayed = uppercase(
        "tcp --seed 1 --delay 50ms --delayed-ack=200ms --explain",
        "hello\n",
    );
    let plain = uppercase("tcp --seed 1 --delay 50ms --explain", "hello\n");
    assert_eq!(delayed.stdout, b"HELLO\n");
    for (time, outcome) in [(" 300 ms ", plain), (" 500 ms ", delayed)] {
        let mut lines = outcome.stderr.lines();
        let line = lines.find(|line| line.contains("─ ACK seq=8 ack=7 "));
        assert!(
            line.is_some_and(|line| line.starts_with(time)),
            "{}",
            outcome.stderr
        );
        let is_delayed = outcome.stderr.contains("≈ delayed by 200 ms");
        assert_eq!(is_delayed, time == " 500 ms ", "{}", outcome.stderr);
    }
}

pub fn faults_are_for_a_cable_too() {
    let mut server = Command::new(UPPERCASE);
    let mut server = start(server.args(words("serve --cable 9300 --loss 5% --seed 5")));
    assert_eq!(server.line(), "The server is ready to receive\n");
    let text = mixed(5_000);
    let json = own_directory().join("a.json").display().to_string();
    let faults = "--delay 20ms --duplicate --reorder --seed 3 --timeout 60";
    let outcome = uppercase(
        &format!("tcp --cable 9300 {faults} --ladder-json {json}"),
        &text,
    );
    assert!(outcome.stdout == upper(&text), "{}", outcome.stderr);
    assert!(
        replay(&outcome.stderr).contains(" --cable 9300 "),
        "{}",
        outcome.stderr
    );
    // The answer to the first SYN is on its way for 20 ms each way, at least.
    let drawn = std::fs::read_to_string(json).expect("a file");
    let answer = drawn
        .lines()
        .find(|line| line.contains("\"name\":\"SYN ACK\""));
    let (_, time) = answer
        .and_then(|line| line.split_once("\"left_us\":"))
        .expect("an answer");
    let time = time
        .split(',')
        .next()
        .and_then(|time| time.parse::<u64>().ok());
    assert!(time >= Some(40_000), "{drawn}");
    assert_eq!(server.interrupt().code, Some(0));
}

pub fn faults_are_refused_where_there_are_none() {
    for (arguments, reason) in [
        (
            "ladder /etc/passwd --loss 5%",
            "in a lab the kernel makes them: tc qdisc",
        ),
        (
            "tcp --cable 9300 --crash server@1s",
            "end `serve` and start it again",
        ),
        (
            "tcp 192.168.69.1 --tap tap0 --loss 5%",
            "netem loss 20% delay 50ms",
        ),
        ("--delay 5", "a time is needed, such as 50ms or 1.5s"),
        ("--loss 120%", "a part of all frames is needed, such as 20%"),
        ("--bandwidth fast", "a number of bits in a second is needed"),
        ("--crash client@1s", "such as server@2s"),
    ] {
        let outcome = uppercase(arguments, "");
        assert_eq!(outcome.code, Some(2), "{arguments}");
        assert!(
            outcome.stderr.contains(reason),
            "{arguments}: {}",
            outcome.stderr
        );
    }
}
