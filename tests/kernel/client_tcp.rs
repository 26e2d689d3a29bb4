//! `uppercase tcp` with stock servers.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use crate::command::{UPPERCASE, own_directory, start, wait_for, words};
use crate::link::Link;
use crate::namespace::tool;
use crate::peers::{
    TCP_SERVER, answer_once, answer_pieces, listening_python, serve_tcp, wait_for_listener,
};
use crate::text::{mixed, upper};

pub fn sentence_is_answered_by_a_server_that_receives_once() {
    serve_tcp(answer_once);
    for link in Link::ALL {
        for sentence in ["hello", "zwei straßen\n", &"long ".repeat(200)] {
            let answer = link.ask("tcp", "", sentence);
            assert_eq!(answer.text(), sentence.to_uppercase(), "{link:?}");
        }
    }
}

pub fn sentence_is_answered_by_python() {
    let _server = listening_python(TCP_SERVER);
    for link in Link::ALL {
        for sentence in ["hello", "zwei straßen\n"] {
            let answer = link.ask("tcp", "", sentence);
            assert_eq!(answer.text(), sentence.to_uppercase(), "{link:?}");
        }
    }
}

/// What is typed at the other end comes out, also if it is no answer to what was sent.
pub fn answer_may_be_typed_into_nc() {
    for link in Link::ALL {
        let version = if link.ipv6 { "-6" } else { "-4" };
        let mut nc = start(tool("nc").args([version, "-l", "-N", "12000"]));
        wait_for_listener("tcp");
        let mut typed = nc.stdin.take().expect("a pipe");
        typed.write_all(b"anything but capitals\n").unwrap();
        drop(typed);
        let answer = link.ask("tcp", "", "hello");
        assert_eq!(answer.text(), "anything but capitals\n");
        assert_eq!(nc.end().text(), "hello");
    }
}

pub fn no_text_is_sent_as_no_text() {
    serve_tcp(answer_pieces);
    for link in Link::ALL {
        assert_eq!(link.ask("tcp", "", "").text(), "");
    }
}

pub fn other_port_can_be_asked() {
    let listener = std::net::TcpListener::bind("[::]:7").unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            answer_once(client.unwrap());
        }
    });
    for link in Link::ALL {
        assert_eq!(link.ask("tcp", "--port 7", "hello").text(), "HELLO");
    }
}

/// As a user would: from a file, into a file.
pub fn ten_mebibytes_of_a_file_come_back_byte_for_byte() {
    serve_tcp(answer_pieces);
    let directory = own_directory();
    let (file, out) = (&directory.join("in"), &directory.join("out"));
    let mut text = mixed(10 << 20);
    text.retain(u8::is_ascii);
    text.resize(10 << 20, b'z');
    fs::write(file, &text).unwrap();
    text.make_ascii_uppercase();
    for link in Link::ALL {
        let arguments = format!("tcp {} {}", link.kernel().ip(), link.option);
        let mut command = Command::new(UPPERCASE);
        command.args(words(&arguments));
        command.stdin(File::open(file).unwrap());
        command.stdout(File::create(out).unwrap());
        let output = command.stderr(Stdio::piped()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert!(output.status.success());
        assert!(fs::read(out).unwrap() == text, "{link:?}");
    }
}

/// The server is silent until it has the whole text, and then has all of the answer at once.
pub fn server_may_answer_at_the_end_only() {
    serve_tcp(|mut client| {
        let mut text = Vec::new();
        client.read_to_end(&mut text).unwrap();
        client.write_all(&upper(&text)).unwrap();
    });
    let text = mixed(3 << 20);
    for link in Link::ALL {
        let answer = link.ask("tcp", "", &text);
        assert!(answer.bytes() == upper(&text), "{link:?}");
    }
}

/// What is read later may be nothing, and then all is well.
pub fn server_may_close_before_the_input_has_ended() {
    serve_tcp(answer_once);
    for link in Link::ALL {
        let (server, option) = (link.kernel(), link.option);
        let ask = || {
            let mut client = Command::new(UPPERCASE);
            let mut client = start(client.args(words(&format!("tcp {} {option}", server.ip()))));
            client
                .stdin
                .as_mut()
                .expect("a pipe")
                .write_all(b"hello")
                .unwrap();
            assert_eq!(client.text(5), "HELLO");
            client
        };
        let mut client = ask();
        drop(client.stdin.take());
        assert_eq!(client.end().text(), "");
        let mut client = ask();
        let mut stdin = client.stdin.take().expect("a pipe");
        wait_for("the end of a client that has no server", || {
            stdin.write_all(b"more").err()
        });
        let sentence = "the server closed the connection before it had the whole text";
        client.end().assert_failed(&format!("{server}: {sentence}"));
    }
}
