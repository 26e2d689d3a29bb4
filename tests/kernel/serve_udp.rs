//! Stock UDP clients of `uppercase serve`.

use crate::command::start;
use crate::link::{datagrams, each_served};
use crate::namespace::tool;
use crate::peers::{UDP_CLIENT, python};
use crate::text::{mixed, upper};

/// The answer to one datagram.
#[track_caller]
pub fn ask(server: std::net::SocketAddr, text: &[u8]) -> Vec<u8> {
    let socket = datagrams(server);
    socket.send(text).expect("it is sent");
    let mut answer = vec![0; 65_536];
    let length = socket.recv(&mut answer).expect("an answer");
    answer.truncate(length);
    answer
}

pub fn datagram_is_answered_by_a_datagram() {
    each_served("", |link| {
        let every_byte: Vec<u8> = (0..=255).collect();
        for text in [&b"hello"[..], b"", "zwei straßen\n".as_bytes(), &every_byte] {
            assert_eq!(ask(link.server(), text), upper(text));
        }
    });
}

pub fn one_socket_can_ask_many_times() {
    each_served("", |link| {
        let socket = datagrams(link.server());
        // While the kernel looks for the server, it may change the order.
        assert_eq!(ask(link.server(), b"who?"), b"WHO?");
        for i in 0..100 {
            socket.send(format!("question {i}").as_bytes()).unwrap();
        }
        let mut answer = [0; 100];
        for i in 0..100 {
            let length = socket.recv(&mut answer).unwrap();
            assert_eq!(answer[..length], *format!("QUESTION {i}").as_bytes());
        }
    });
}

pub fn python_and_nc_are_served_over_udp() {
    each_served("", |link| {
        let host = link.address(1).to_string();
        let book = "what the programs of the book read, ".repeat(100);
        for sentence in ["hello", "zwei straßen", &book[..2048]] {
            let answer = python(UDP_CLIENT, &host, sentence);
            assert_eq!(answer.text(), sentence.to_uppercase());
        }
        // It does not know when a dialogue over UDP is over, so we look at what it prints.
        let mut nc = start(tool("nc").args(["-u", &host, "12000"]));
        for sentence in ["hello\n", "again, straße\n"] {
            use std::io::Write;
            let stdin = nc.stdin.as_mut().expect("a pipe");
            stdin.write_all(sentence.as_bytes()).unwrap();
            assert_eq!(nc.line(), sentence.to_uppercase());
        }
    });
}

pub fn large_datagrams_are_answered() {
    each_served("", |link| {
        let text = mixed(70_000);
        // Around one fragment, around what the programs of the book read, and large ones.
        let lengths = [1231, 1232, 1233, 1452, 1453, 1472, 1473, 2048, 9000, 65_000];
        for length in lengths {
            let ascii = vec![b'x'; length];
            assert!(
                ask(link.server(), &ascii) == upper(&ascii),
                "{length} bytes"
            );
        }
        for length in [1400, 2048, 20_000, 40_000] {
            let text = &text[..length];
            assert!(ask(link.server(), text) == upper(text), "{length} bytes");
        }
        let longest = vec![b'x'; if link.ipv6 { 65_527 } else { 65_507 }];
        assert!(ask(link.server(), &longest) == upper(&longest));
    });
}

pub fn datagram_may_grow_to_three_times_its_length() {
    each_served("", |link| {
        for characters in [100, 1024, 10_000] {
            let text = "ΐ".repeat(characters);
            let answer = ask(link.server(), text.as_bytes());
            assert_eq!(answer.len(), 3 * text.len());
            assert!(answer == text.to_uppercase().into_bytes());
        }
        // To what no datagram can hold there is no answer; the next one has its own.
        let socket = datagrams(link.server());
        socket.send("ΐ".repeat(20_000).as_bytes()).unwrap();
        assert_eq!(ask(link.server(), b"next"), b"NEXT");
        socket.set_nonblocking(true).unwrap();
        socket.recv(&mut [0; 10]).unwrap_err();
    });
}
