//! A conversation with a server, the same wherever it runs: what is asked and what is answered.
//!
//! [`requests`] are data, so that whatever carries them can ask them; [`expected`] is what the
//! standard library says to them; [`record`] asks a server with stock sockets. Answers to
//! datagrams have no more than 256 bytes, which every board has room for.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use crate::text;

/// How long a server may be silent.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// One connection, or one datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The request's pieces are sent one by one; after the last the client closes its side.
    Tcp,
    /// The request is one piece.
    Udp,
}

pub struct Request {
    pub name: &'static str,
    pub over: Over,
    pub pieces: Vec<Vec<u8>>,
}

/// What was answered to a request. Readable where two of them differ.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    pub name: &'static str,
    pub over: Over,
    pub text: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, over, text } = self;
        write!(
            f,
            "{over:?} {name}: {} bytes, {}",
            text.len(),
            text.escape_ascii()
        )
    }
}

pub fn requests() -> Vec<Request> {
    let whole = |name, over, text: &[u8]| Request {
        name,
        over,
        pieces: vec![text.to_vec()],
    };
    let bytewise = |name, text: &[u8]| Request {
        name,
        over: Over::Tcp,
        pieces: text.iter().map(|byte| vec![*byte]).collect(),
    };
    let not_utf8 = b"a\xff\xc3( b\xf0\x9f\x98 c\xed\xa0\x80 d\xc0\xaf \xe2\x82";
    vec![
        whole("a line", Over::Tcp, b"hello, world\n"),
        whole("a line", Over::Udp, b"hello, world\n"),
        whole("nothing", Over::Tcp, b""),
        whole("nothing", Over::Udp, b""),
        whole("every byte", Over::Tcp, &(0..=255).collect::<Vec<u8>>()),
        whole("every byte", Over::Udp, &(0..=255).collect::<Vec<u8>>()),
        whole(
            "Unicode that grows",
            Over::Tcp,
            "straße ΐΰ ﬃ ŉ ".repeat(200).as_bytes(),
        ),
        whole("Unicode that grows", Over::Udp, "ΐ".repeat(42).as_bytes()),
        bytewise("characters in pieces", "größe ΐ 日本語 😀 ıſ".as_bytes()),
        whole("not UTF-8", Over::Tcp, not_utf8),
        whole("not UTF-8", Over::Udp, not_utf8),
        bytewise("not UTF-8 in pieces", not_utf8),
        whole("all kinds of text", Over::Tcp, &text::mixed(20_000)),
    ]
}

/// What every server has to answer.
pub fn expected() -> Vec<Answer> {
    let answer = |request: Request| Answer {
        name: request.name,
        over: request.over,
        text: text::upper(&request.pieces.concat()),
    };
    requests().into_iter().map(answer).collect()
}

/// What this server answers to stock sockets.
pub fn record(server: SocketAddr) -> Vec<Answer> {
    let ask = |request: Request| Answer {
        name: request.name,
        over: request.over,
        text: match request.over {
            Over::Tcp => over_tcp(server, &request.pieces),
            Over::Udp => over_udp(server, &request.pieces.concat()),
        },
    };
    requests().into_iter().map(ask).collect()
}

/// A client that gives up a server which is silent for too long.
pub fn connect(server: SocketAddr) -> TcpStream {
    let start = Instant::now();
    let client = loop {
        match TcpStream::connect_timeout(&server, PATIENCE) {
            // An emulator that has just been started does not listen yet.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                assert!(start.elapsed() < PATIENCE, "nobody listens");
                thread::sleep(Duration::from_millis(10));
            }
            client => break client.expect("a connection"),
        }
    };
    client.set_nodelay(true).expect("a TCP socket");
    client
        .set_read_timeout(Some(PATIENCE))
        .expect("more than no time");
    client
        .set_write_timeout(Some(PATIENCE))
        .expect("more than no time");
    client
}

/// Sends the pieces, closes, and reads to the end: the server has to go on after the half-close.
pub fn over_tcp(server: SocketAddr, pieces: &[Vec<u8>]) -> Vec<u8> {
    let client = connect(server);
    let mut answer = Vec::new();
    // At the same time: a server takes no more than it can answer.
    thread::scope(|scope| {
        scope.spawn(|| {
            for piece in pieces {
                (&client).write_all(piece).expect("a server that reads");
            }
            client
                .shutdown(Shutdown::Write)
                .expect("an open connection");
        });
        (&client)
            .read_to_end(&mut answer)
            .expect("an answer that ends");
    });
    answer
}

/// Asks until there is an answer, as datagrams may be lost.
pub fn over_udp(server: SocketAddr, request: &[u8]) -> Vec<u8> {
    let client = UdpSocket::bind((server.ip(), 0)).expect("a socket");
    client.connect(server).expect("a server");
    client
        .set_read_timeout(Some(PATIENCE / 50))
        .expect("more than no time");
    let mut answer = [0; 2048];
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        match client.send(request).and_then(|_| client.recv(&mut answer)) {
            Ok(length) => return answer[..length].to_vec(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => thread::sleep(Duration::from_millis(10)),
        }
    }
    panic!("no answer to {}", request.escape_ascii());
}
