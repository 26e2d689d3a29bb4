//! `uppercase udp` with stock servers.

use crate::command::start;
use crate::link::Link;
use crate::namespace::tool;
use crate::peers::{UDP_SERVER, listening_python, serve_udp, wait_for_listener};
use crate::text::{mixed, upper};

pub fn each_line_is_a_datagram() {
    serve_udp(|line| {
        assert!(!line.contains(&b'\n'));
        upper(line)
    });
    for link in Link::ALL {
        for lines in ["hello", "hello\n", "zwei\nstraßen\n\nund\neine", "\n"] {
            let answer = link.ask("udp", "", lines);
            assert_eq!(answer.text(), lines.to_uppercase(), "{link:?}");
        }
    }
}

pub fn lines_are_answered_by_python() {
    let _server = listening_python(UDP_SERVER);
    let book = "what the programs of the book read, ".repeat(100);
    for link in Link::ALL {
        for line in ["hello\n", "zwei straßen\n", &book[..2048]] {
            let answer = link.ask("udp", "", line);
            assert_eq!(answer.text(), line.to_uppercase(), "{link:?}");
        }
    }
}

pub fn answer_over_udp_may_be_typed_into_nc() {
    for link in Link::ALL {
        let version = if link.ipv6 { "-6" } else { "-4" };
        let mut nc = start(tool("nc").args([version, "-u", "-l", "12000"]));
        wait_for_listener("udp");
        let answer = std::thread::spawn(move || link.ask("udp", "", "hello\n"));
        assert_eq!(nc.text(5), "hello");
        use std::io::Write;
        let typed = nc.stdin.as_mut().expect("a pipe");
        typed.write_all(b"anything").unwrap();
        assert_eq!(answer.join().unwrap().text(), "anything\n");
    }
}

pub fn long_lines_pass_in_fragments() {
    serve_udp(upper);
    let text = mixed(70_000);
    for link in Link::ALL {
        for length in [1452, 1453, 1472, 1473, 2048, 20_000, 65_000] {
            let mut line = vec![b'x'; length];
            assert!(
                link.ask("udp", "", &line).bytes() == upper(&line),
                "{length}"
            );
            line.clone_from_slice(&text[..length]);
            line.retain(|byte| *byte != b'\n');
            let answer = upper(&line);
            if answer.len() <= 65_507 {
                assert!(link.ask("udp", "", &line).bytes() == answer, "{length}");
            }
        }
    }
}

/// The first datagrams are lost, as it may happen to any.
pub fn line_is_sent_again_where_no_answer_comes() {
    for (i, link) in Link::ALL.into_iter().enumerate() {
        let socket = std::net::UdpSocket::bind(("::", 12000)).unwrap();
        let server = std::thread::spawn(move || {
            let mut line = [0; 100];
            socket
                .set_read_timeout(Some(crate::command::LIMIT))
                .unwrap();
            socket.recv_from(&mut line).unwrap();
            let (length, client) = socket.recv_from(&mut line).unwrap();
            let line = line[..length].to_ascii_uppercase();
            socket.send_to(&line, client).unwrap();
        });
        let line = format!("hello {i}");
        let answer = link.ask("udp", "", &line);
        assert_eq!(answer.text(), line.to_uppercase(), "{link:?}");
        server.join().unwrap();
    }
}
