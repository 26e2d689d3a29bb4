//! Clients on a cable, served.

use std::io::Write;
use std::thread;

use rustix::process::Signal;

use super::{ask, client, command, serve};
use crate::command::{Program, run};
use crate::terminal::{PROMPT, assert_dialogue};
use crate::text::{mixed, upper};

pub fn server_is_reached_from_another_terminal() {
    let mut server = serve("");
    for host in ["", "192.168.69.1", "fdaa::1"] {
        for protocol in ["tcp", "udp"] {
            let outcome = ask(&format!("{protocol} {host}"), "zwei straßen\n");
            assert_eq!(outcome.text(), "ZWEI STRASSEN\n");
        }
    }
    assert_eq!(ask("tcp", "").text(), "");
    let report = server.interrupt();
    assert!(report.text().contains("TCP: 4 connections opened\n"));
    assert!(report.text().contains("UDP: 3 datagrams answered\n"));
}

/// Letter by letter, with each set of options.
pub fn what_is_offered_to_try_works() {
    for (options, expected) in [
        ("", "tcp 192.168.69.1 --cable 9000"),
        ("--udp", "udp 192.168.69.1 --cable 9000"),
        ("--ip fdaa::7/64", "tcp fdaa::7 --cable 9000"),
        (
            "--ip 10.1.2.3/24 --port 7",
            "tcp 10.1.2.3 --cable 9000 --ip 10.1.2.1/24 --port 7",
        ),
    ] {
        let mut server = serve(options);
        let offer = std::iter::repeat_with(|| server.line()).find_map(|line| {
            Some(
                line.strip_prefix("Try it in another terminal: ")?
                    .to_owned(),
            )
        });
        let offer = offer.expect("it ends with a panic else");
        assert_eq!(offer, format!("uppercase {expected}\n"));
        let outcome = run(&mut command(expected), "hello\n");
        assert_eq!(outcome.text(), "HELLO\n");
    }
}

#[track_caller]
fn exchange(client: &mut Program, line: &str) {
    let stdin = client.stdin.as_mut().expect("a pipe");
    stdin.write_all(line.as_bytes()).unwrap();
    assert_eq!(client.line(), line.to_uppercase());
}

pub fn clients_at_once_have_an_address_each() {
    let mut server = serve("-v");
    let mut clients = Vec::new();
    // One after the other, so that the numbers are known, and all at once from then on.
    for number in 1..=11 {
        let host = if number % 2 == 0 { "fdaa::1" } else { "" };
        let mut client = client(&format!("tcp {host}"));
        exchange(&mut client, "hello\n");
        clients.push(client);
    }
    for round in 0..3 {
        for (number, client) in clients.iter_mut().enumerate() {
            exchange(client, &format!("round {round}, client {number}\n"));
        }
    }
    for mut client in clients {
        client.stdin = None;
        assert_eq!(client.end().text(), "");
    }
    let outcome = server.interrupt();
    assert_eq!(outcome.code, Some(0));
    for number in 1..=11 {
        // As the number is written, so that 10 is ::10.
        let address = match number % 2 {
            0 => format!("TCP: fdaa::{}:", 1 + number),
            _ => format!("TCP: 192.168.69.{}:", 1 + number),
        };
        assert_eq!(outcome.stderr.matches(&address).count(), 1, "{address}");
    }
}

pub fn files_of_many_clients_come_back_byte_for_byte() {
    let _server = serve("");
    let text = mixed(1 << 20);
    let expected = upper(&text);
    thread::scope(|scope| {
        for host in ["", "fdaa::1"].repeat(4) {
            let (text, expected) = (&text, &expected);
            scope.spawn(move || {
                let outcome = ask(&format!("tcp {host}"), text);
                assert!(outcome.bytes() == expected, "a wrong answer");
            });
        }
    });
}

pub fn long_lines_pass_in_fragments() {
    let _server = serve("");
    for host in ["192.168.69.1", "fdaa::1"] {
        let line = "x".repeat(20_000) + "\n";
        let outcome = ask(&format!("udp {host}"), &line);
        assert_eq!(outcome.text(), line.to_uppercase());
    }
}

pub fn dialogue_on_a_cable_is_that_of_the_exercise() {
    let _server = serve("");
    for (protocol, prefix) in [("tcp", "From Server:  "), ("udp", "")] {
        let arguments = format!("{protocol} 192.168.69.1 --cable 9000");
        let screen = format!("{PROMPT}{prefix}HELLO, WORLD\n");
        assert_dialogue(&arguments, "hello, world\n", &screen);
    }
}

pub fn addresses_can_be_chosen_for_both_ends() {
    let mut server = serve("-v --ip 10.1.2.3/24 --ip fd12::3/64 --mac 06:00:00:00:00:03");
    let own = "--ip 10.1.2.4/24 --ip fd12::4/64 --mac 06:00:00:00:00:04";
    for host in ["10.1.2.3", "fd12::3"] {
        assert_eq!(ask(&format!("tcp {host} {own}"), "x").text(), "X");
    }
    let outcome = server.interrupt();
    assert!(outcome.stderr.contains("TCP: 10.1.2.4:"), "{outcome:?}");
    assert!(outcome.stderr.contains("TCP: fd12::4:"), "{outcome:?}");
}

/// Nothing that the server knows of the one before is in the way.
pub fn next_client_has_the_address_of_one_that_was_killed() {
    let mut server = serve("-v");
    for _ in 0..5 {
        let mut client = client("tcp");
        exchange(&mut client, "hello\n");
        client.signal(Signal::KILL);
        assert_eq!(client.end().code, None);
    }
    assert_eq!(ask("udp", "still there?\n").text(), "STILL THERE?\n");
    let outcome = server.interrupt();
    assert_eq!(outcome.code, Some(0));
    assert!(!outcome.stderr.contains("192.168.69.3"), "{outcome:?}");
}

pub fn clients_go_on_with_a_server_that_was_started_again() {
    let mut server = serve("");
    let mut over_udp = client("udp");
    exchange(&mut over_udp, "before\n");
    let mut over_tcp = client("tcp");
    exchange(&mut over_tcp, "before\n");
    server.signal(Signal::KILL);
    server.end();
    // It is sent again until there is a server.
    let stdin = over_udp.stdin.as_mut().expect("a pipe");
    stdin.write_all(b"after\n").unwrap();
    let _server = serve("");
    assert_eq!(over_udp.line(), "AFTER\n");
    // A connection does not outlive its server.
    let stdin = over_tcp.stdin.as_mut().expect("a pipe");
    stdin.write_all(b"after\n").unwrap();
    let outcome = over_tcp.end();
    let sentence = "uppercase: 192.168.69.1:12000: the server reset the connection\n";
    assert_eq!((outcome.code, &*outcome.stderr), (Some(1), sentence));
}
