//! Many clients of `uppercase serve`, one after the other and at once, and impolite ones.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::command::wait_for;
use crate::link::{connect, each_served};
use crate::serve_tcp::{assert_served, exchange};
use crate::serve_udp::ask;
use crate::text::{mixed, upper};

pub fn one_place_serves_one_client_after_the_other() {
    each_served("--connections 1", |link| {
        for i in 0..20 {
            let text = format!("client {i}");
            let answer = exchange(connect(link.server()), text.as_bytes(), &[3]);
            assert_eq!(answer, text.to_uppercase().as_bytes());
        }
    });
}

/// As clients do that know how long their answer is.
pub fn one_place_serves_clients_that_close_and_come_back_at_once() {
    for options in ["--connections 1", "--connections 1 --once"] {
        each_served(options, |link| {
            for _ in 0..100 {
                let mut stream = connect(link.server());
                stream.write_all(b"hello").unwrap();
                let mut answer = [0; 5];
                stream.read_exact(&mut answer).unwrap();
                assert_eq!(&answer, b"HELLO");
            }
        });
    }
}

pub fn thirty_two_clients_are_served_at_once() {
    let text = mixed(100_000);
    each_served("--connections 32", |link| {
        let streams: Vec<_> = (0..32).map(|_| connect(link.server())).collect();
        thread::scope(|scope| {
            for (i, stream) in streams.into_iter().enumerate() {
                let text = &text;
                scope.spawn(move || {
                    let answer = exchange(stream, text, &[1 + 100 * i]);
                    assert!(answer == upper(text), "client {i}");
                });
            }
        });
    });
}

pub fn clients_without_a_place_wait_for_one() {
    for backlog in [0, 1, 1024] {
        each_served(&format!("--connections 4 --backlog {backlog}"), |link| {
            let taken: Vec<_> = (0..4).map(|_| connect(link.server())).collect();
            thread::scope(|scope| {
                let waiting = [(); 2].map(|()| {
                    scope.spawn(move || exchange(connect(link.server()), b"at last", &[7]))
                });
                // A client in a slot keeps it.
                for stream in taken {
                    assert_eq!(exchange(stream, b"still here", &[10]), b"STILL HERE");
                }
                for client in waiting {
                    assert_eq!(client.join().unwrap(), b"AT LAST");
                }
            });
            assert_eq!(ask(link.server(), b"no place needed"), b"NO PLACE NEEDED");
        });
    }
}

pub fn all_clients_of_a_crowd_are_served() {
    each_served("--connections 3", |link| {
        thread::scope(|scope| {
            for _ in 0..100 {
                scope.spawn(move || {
                    let stream = connect(link.server());
                    assert_eq!(exchange(stream, b"me too", &[2]), b"ME TOO");
                });
            }
        });
    });
}

/// Writes until nothing more is taken.
fn fill(stream: &mut TcpStream) -> usize {
    stream
        .set_write_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    let mut sent = 0;
    loop {
        match stream.write(&[b'x'; 10_000]) {
            Ok(length) => sent += length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return sent,
            Err(error) => panic!("after {sent} bytes: {error}"),
        }
    }
}

pub fn client_that_never_reads_holds_up_no_other() {
    each_served("--connections 2", |link| {
        let mut stream = connect(link.server());
        let sent = fill(&mut stream);
        for _ in 0..20 {
            assert_served(link.server());
            assert_eq!(ask(link.server(), b"hello"), b"HELLO");
        }
        // And nothing is lost when it reads after all.
        let answer = exchange(stream, b"", &[1]);
        assert!(answer == vec![b'X'; sent], "{} of {sent}", answer.len());
    });
}

pub fn silent_client_holds_up_no_other() {
    each_served("--connections 2", |link| {
        let stream = connect(link.server());
        for _ in 0..20 {
            assert_served(link.server());
            assert_eq!(ask(link.server(), b"hello"), b"HELLO");
        }
        assert_eq!(exchange(stream, b"now", &[3]), b"NOW");
    });
}

pub fn client_that_aborts_gives_its_place_back() {
    each_served("--connections 1", |link| {
        for _ in 0..10 {
            let mut stream = wait_for("a place", || TcpStream::connect(link.server()).ok());
            stream.write_all(b"hello").unwrap();
            // The kernel resets a connection that is closed with text unread.
            stream.peek(&mut [0]).unwrap();
        }
        let stream = wait_for("a place", || TcpStream::connect(link.server()).ok());
        assert_eq!(exchange(stream, b"bye", &[3]), b"BYE");
    });
}
