//! Stock sockets, as clients of a server.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use super::transcript::{Over, Request};

/// How long a server may be silent.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What this server answers to a request.
pub fn ask(server: SocketAddr, request: &Request) -> Vec<u8> {
    match request.over {
        Over::Tcp => over_tcp(server, &request.pieces),
        Over::Udp => over_udp(server, &request.pieces.concat()),
    }
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
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let client = UdpSocket::bind((any, 0)).expect("a socket");
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
