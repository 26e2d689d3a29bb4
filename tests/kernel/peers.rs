//! What the command talks to: programs of others, and servers out of the standard library.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;

use crate::command::{Outcome, Program, run, start, wait_for};
use crate::link::{PORT, bound};
use crate::namespace::tool;

/// Connects, sends its input at once, receives once and closes.
pub const TCP_CLIENT: &str = "
import socket, sys
with socket.create_connection((sys.argv[1], 12000), 20) as connection:
    connection.sendall(sys.stdin.buffer.read())
    sys.stdout.buffer.write(connection.recv(1024))
";

/// Sends its input as one datagram and receives one.
pub const UDP_CLIENT: &str = "
import socket, sys
host = sys.argv[1]
family = socket.AF_INET6 if ':' in host else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM) as client:
    client.settimeout(20)
    client.sendto(sys.stdin.buffer.read(), (host, 12000))
    answer, server = client.recvfrom(2048)
    assert server[:2] == (host, 12000), server
    sys.stdout.buffer.write(answer)
";

/// Takes one client after the other: receives once, answers, closes.
pub const TCP_SERVER: &str = "
import socket
listener = socket.create_server(('', 12000), family=socket.AF_INET6, dualstack_ipv6=True)
print('listening', flush=True)
while True:
    connection, client = listener.accept()
    with connection:
        connection.sendall(connection.recv(1024).decode().upper().encode())
";

/// Answers one datagram after the other.
pub const UDP_SERVER: &str = "
import socket
server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
server.bind(('', 12000))
print('listening', flush=True)
while True:
    text, client = server.recvfrom(2048)
    server.sendto(text.decode().upper().encode(), client)
";

/// Runs a Python program with this argument and input, to its end.
#[track_caller]
pub fn python(program: &str, argument: &str, input: impl AsRef<[u8]>) -> Outcome {
    run(tool("python3").args(["-c", program, argument]), input)
}

/// Starts a Python program, and waits until it says that it listens.
#[track_caller]
pub fn listening_python(program: &str) -> Program {
    let mut server = start(tool("python3").args(["-c", program]));
    assert_eq!(server.line(), "listening\n");
    server
}

/// Runs `nc` with these options.
#[track_caller]
pub fn nc(options: &[&str], server: SocketAddr, input: impl AsRef<[u8]>) -> Outcome {
    let (host, port) = (server.ip().to_string(), server.port().to_string());
    run(tool("nc").args(options).args([host, port]), input)
}

/// Waits until the kernel says that a socket listens on the port of the exercise.
#[track_caller]
pub fn wait_for_listener(protocol: &str) {
    let port = format!(":{PORT:04X}");
    let state = if protocol == "tcp" { "0A" } else { "07" };
    wait_for("a listener", || {
        let tables = [protocol.to_string(), format!("{protocol}6")];
        let listens = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words[1].ends_with(&port) && words[3] == state
        };
        let found = tables.iter().any(|table| {
            let table = fs::read_to_string(format!("/proc/net/{table}")).unwrap_or_default();
            table.lines().any(listens)
        });
        found.then_some(())
    });
}

/// A server of the standard library's: what is done with each of its clients, one at a time.
pub fn serve_tcp(mut each: impl FnMut(TcpStream) + Send + 'static) {
    let listener = TcpListener::bind(("::", PORT)).expect("a free port");
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.expect("a client");
            bound(&client);
            each(client);
        }
    });
}

/// Answers a piece as soon as it comes, to the end. For ASCII, where pieces do not matter.
pub fn answer_pieces(mut client: TcpStream) {
    let mut piece = [0; 10_000];
    while let Ok(length @ 1..) = client.read(&mut piece) {
        piece[..length].make_ascii_uppercase();
        client
            .write_all(&piece[..length])
            .expect("the client reads");
    }
}

/// Receives once, answers once, closes.
pub fn answer_once(mut client: TcpStream) {
    let mut sentence = [0; 1024];
    let length = client.read(&mut sentence).expect("a sentence");
    let sentence = String::from_utf8_lossy(&sentence[..length]);
    let answer = sentence.to_uppercase();
    client
        .write_all(answer.as_bytes())
        .expect("the client reads");
}

/// A UDP server of the standard library's.
pub fn serve_udp(mut answer: impl FnMut(&[u8]) -> Vec<u8> + Send + 'static) {
    let server = UdpSocket::bind(("::", PORT)).expect("a free port");
    thread::spawn(move || {
        let mut line = vec![0; 65_536];
        while let Ok((length, client)) = server.recv_from(&mut line) {
            server
                .send_to(&answer(&line[..length]), client)
                .expect("a route");
        }
    });
}
