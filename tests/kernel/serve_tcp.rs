//! Stock TCP clients of `uppercase serve`.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use crate::link::{connect, each_served};
use crate::peers::{TCP_CLIENT, nc, python};
use crate::text::{mixed, upper};

/// Sends a text in pieces of these lengths, in turn, and returns all of the answer.
pub fn exchange(mut stream: TcpStream, text: &[u8], pieces: &[usize]) -> Vec<u8> {
    let mut reader = stream.try_clone().expect("a handle");
    thread::scope(|scope| {
        let answer = scope.spawn(move || {
            let mut answer = Vec::new();
            reader.read_to_end(&mut answer).map(|_| answer)
        });
        let mut rest = text;
        for length in pieces.iter().cycle() {
            let (piece, after) = rest.split_at(rest.len().min(*length));
            stream.write_all(piece).expect("the server takes it");
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        stream.shutdown(Shutdown::Write).expect("a connection");
        answer.join().expect("no panic").expect("an answer")
    })
}

/// The whole session of a small client.
#[track_caller]
pub fn assert_served(server: std::net::SocketAddr) {
    assert_eq!(exchange(connect(server), b"is it me?", &[9]), b"IS IT ME?");
}

pub fn sentence_without_newline_is_answered_before_the_client_closes() {
    each_served("", |link| {
        let mut stream = connect(link.server());
        let mut answer = [0; 5];
        for (sentence, capitals) in [(b"hello", b"HELLO"), (b"again", b"AGAIN")] {
            stream.write_all(sentence).unwrap();
            stream.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, capitals);
        }
        assert_eq!(exchange(stream, b"bye", &[3]), b"BYE");
    });
}

pub fn large_text_is_answered_after_a_half_close() {
    each_served("", |link| {
        let text = mixed(1 << 20);
        let answer = exchange(connect(link.server()), &text, &[usize::MAX]);
        assert!(answer == upper(&text), "{} bytes", answer.len());
    });
}

pub fn ten_mebibytes_come_back_byte_for_byte() {
    each_served("", |link| {
        let text = mixed(10 << 20);
        let answer = exchange(connect(link.server()), &text, &[1 << 20]);
        assert!(answer == upper(&text), "{} bytes", answer.len());
    });
}

pub fn text_that_grows_is_whole_wherever_it_is_cut() {
    let text = mixed(3000);
    each_served("", |link| {
        for pieces in [&[1][..], &[1, 2, 3, 5, 7], &[1447, 1], &[511, 513]] {
            let answer = exchange(connect(link.server()), &text, pieces);
            assert_eq!(answer, upper(&text), "{pieces:?}");
        }
        // Three times as long, a million times.
        let text = "ΐ".repeat(1_000_000);
        let answer = exchange(connect(link.server()), text.as_bytes(), &[4097]);
        assert!(answer == text.to_uppercase().into_bytes());
    });
}

pub fn bytes_that_are_not_utf8_come_back_unchanged() {
    let every_byte: Vec<u8> = (0..=255).collect();
    let cut = &"ß".as_bytes()[..1];
    each_served("", |link| {
        for text in [&every_byte[..], b"\xff\xfe\xc0\x80 a \xed\xa0\x80", cut] {
            let answer = exchange(connect(link.server()), text, &[1]);
            assert_eq!(answer, upper(text));
        }
    });
}

pub fn no_text_is_answered_by_no_text() {
    each_served("", |link| {
        assert_eq!(exchange(connect(link.server()), b"", &[1]), b"");
        drop(connect(link.server()));
        assert_eq!(exchange(connect(link.server()), b"and on", &[6]), b"AND ON");
    });
}

pub fn python_and_nc_are_served_over_tcp() {
    each_served("", |link| {
        let (server, host) = (link.server(), link.address(1).to_string());
        for sentence in ["hello", "zwei straßen\n", "ŉ"] {
            let capitals = sentence.to_uppercase();
            assert_eq!(python(TCP_CLIENT, &host, sentence).text(), capitals);
            assert_eq!(nc(&["-N"], server, sentence).text(), capitals);
        }
        let text = mixed(1 << 20);
        assert!(nc(&["-N"], server, &text).bytes() == upper(&text));
    });
}
