//! Filters, all in memory: a file or a pipe in, exactly its upper case out.

use std::fs::{self, File};
use std::process::Command;

use crate::command::{UPPERCASE, own_directory, run, uppercase, words};
use crate::namespace::tool;
use crate::text::{mixed, upper};

/// Their exit codes, as the shell of a user sees them, and what they print.
pub fn shell(script: &str) -> String {
    let mut shell = tool("bash");
    shell.args(["-c", script, "bash", UPPERCASE]);
    run(&mut shell, "").text().to_string()
}

pub fn file_is_converted_in_memory() {
    let text = mixed(1 << 20);
    let file = own_directory().join("in");
    fs::write(&file, &text).unwrap();
    for arguments in ["", "tcp"] {
        let mut command = Command::new(UPPERCASE);
        command
            .args(words(arguments))
            .stdin(File::open(&file).unwrap());
        let output = command.output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty());
        assert!(output.stdout == upper(&text));
    }
}

pub fn pipe_is_converted_in_memory() {
    let text = mixed(1 << 20);
    assert!(uppercase("", &text).bytes() == upper(&text));
    assert_eq!(uppercase("", "").text(), "");
    assert_eq!(uppercase("udp", "").text(), "");
    assert_eq!(uppercase("", "no newline").text(), "NO NEWLINE");
}

pub fn lines_are_converted_over_udp_in_memory() {
    let text = mixed(1 << 18);
    assert!(uppercase("udp", &text).bytes() == upper(&text));
    for lines in ["\n", "one\n\ntwo", "one\r\ntwo\r\n"] {
        assert_eq!(uppercase("udp", lines).text(), lines.to_uppercase());
    }
    let longest = vec![b'x'; 65_507];
    assert!(uppercase("udp", &longest).bytes() == upper(&longest));
}

pub fn line_that_no_datagram_takes_is_explained() {
    uppercase("udp", vec![b'x'; 65_508]).assert_failed(
        "192.168.69.1:12000: the line is too long for a datagram; 65507 bytes are the most here",
    );
}

pub fn server_that_is_not_in_memory_is_explained() {
    for host in ["127.0.0.1", "localhost", "[::1]:80", "name.example"] {
        for protocol in ["tcp", "udp"] {
            uppercase(&format!("{protocol} {host}"), "hello").assert_failed(&format!(
                "{host} is on no network without --cable, --tap or --tun: add one of them, or leave \
                 {host} out to ask the server in memory"
            ));
        }
    }
    uppercase("tcp 192.168.69.7 --timeout 1.5", "hello").assert_failed(
        "192.168.69.7:12000: no host on the link answers for its address; without --cable, --tap or \
         --tun there is only the server in memory, 192.168.69.1",
    );
    for host in ["192.168.69.1", "[fdaa::1]", "192.168.69.1:7"] {
        assert_eq!(uppercase(&format!("tcp {host}"), "hello").text(), "HELLO");
    }
}

/// At the finest level there is a line for all that TCP and UDP do, and two stacks do it.
pub fn each_line_of_the_log_in_memory_says_which_side_speaks() {
    for (arguments, client, server) in [
        ("-vvvv", "client: sending SYN", "server: received SYN"),
        ("udp -vvvv", "client: udp:", "server: udp:"),
    ] {
        let mut command = Command::new(UPPERCASE);
        let outcome = run(
            command.args(words(arguments)).env_remove("RUST_LOG"),
            "hello\n",
        );
        assert_eq!((outcome.code, &*outcome.stdout), (Some(0), &b"HELLO\n"[..]));
        let log = outcome.stderr;
        for line in log.lines() {
            let (_, message) = line.split_once("] ").expect("where a line comes from");
            let sides = ["client: ", "server: "];
            assert!(sides.iter().any(|side| message.starts_with(side)), "{line}");
        }
        assert!(log.contains(client) && log.contains(server), "{log}");
    }
}

pub fn filter_with_a_closed_output_ends_silently() {
    let protocols = ["", "tcp", "udp"];
    for protocol in protocols {
        let script = format!("yes hello | $1 {protocol} | head -c 1; echo ${{PIPESTATUS[1]}}");
        assert_eq!(shell(&script), "H141\n");
    }
}

pub fn output_that_cannot_be_written_is_explained() {
    for protocol in ["tcp", "udp"] {
        let script = format!("echo hello | $1 {protocol} 2>&1 >/dev/full; echo $?");
        let sentence = "standard output cannot be written: No space left on device (os error 28)";
        assert_eq!(shell(&script), format!("uppercase: {sentence}\n1\n"));
    }
}

pub fn input_that_cannot_be_read_is_explained() {
    for protocol in ["tcp", "udp"] {
        let script = format!("$1 {protocol} 2>&1 </; echo $?");
        let sentence = "standard input cannot be read: Is a directory (os error 21)";
        assert_eq!(shell(&script), format!("uppercase: {sentence}\n1\n"));
    }
}

pub fn closed_input_is_no_text() {
    assert_eq!(shell("$1 <&-; echo $?"), "0\n");
}
