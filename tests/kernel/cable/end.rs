//! The end of a server and of a client on a cable, and what the server has to say then.

use std::io::Write;

use rustix::process::Signal;

use super::{ask, client, serve};
use crate::command::wait_for;

pub fn server_on_a_cable_ends_well() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut server = serve("");
        let mut client = client("tcp");
        let stdin = client.stdin.as_mut().expect("a pipe");
        stdin.write_all(b"hello\n").unwrap();
        assert_eq!(client.line(), "HELLO\n");
        server.signal(signal);
        let outcome = server.end();
        assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
        // The client is told, and has nothing more to say.
        client.stdin = None;
        assert_eq!(client.end().stdout, b"");
    }
}

pub fn client_on_a_cable_can_be_interrupted() {
    let mut server = serve("");
    for protocol in ["tcp", "udp"] {
        let mut client = client(protocol);
        let stdin = client.stdin.as_mut().expect("a pipe");
        stdin.write_all(b"hello\n").unwrap();
        assert_eq!(client.line(), "HELLO\n");
        let outcome = client.interrupt();
        assert_eq!((outcome.code, &*outcome.stderr), (Some(130), ""));
    }
    assert_eq!(ask("tcp", "x").text(), "X");
    assert_eq!(server.interrupt().code, Some(0));
}

pub fn report_counts_what_passed_the_cable() {
    let mut server = serve("");
    assert_eq!(ask("udp", "hello\n").text(), "HELLO\n");
    server.signal(Signal::USR1);
    let report = wait_for("the report", || {
        Some(server.line()).filter(|line| line.starts_with("Cable:"))
    });
    let mut words = report.split(' ');
    let received: u32 = words.nth(1).expect("a number").parse().unwrap();
    let sent: u32 = words.nth(2).expect("a number").parse().unwrap();
    assert!(received >= 2 && sent >= 2, "{report}");
    // It goes on.
    assert_eq!(ask("tcp", "x").text(), "X");
    let outcome = server.interrupt();
    assert!(outcome.text().contains("TCP: 1 connection opened\n"));
}
