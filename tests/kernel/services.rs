//! The services of `examples/services` on a TAP, with stock sockets and programs as their clients.

#[path = "../../examples/services/services.rs"]
mod example;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::sync::mpsc;
use std::thread;

use smoltcp::iface::SocketStorage;
use smoltcp::time::Instant;
use smoltcp::wire::IpCidr;
use uppercase::device::tuntap::{Mode, TunTap};
use uppercase::link::EthernetAddress;
use uppercase::stack::{Config, PendingSyn};
use uppercase::{Stack, tcp, udp};

use crate::link::{PORT, connect, datagrams};
use crate::peers::{UDP_CLIENT, nc, python};
use example::{Reverser, Uptime};

const SERVERS: [SocketAddr; 2] = [
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(192, 168, 69, 1)), PORT),
    SocketAddr::new(
        std::net::IpAddr::V6(Ipv6Addr::new(0xfdaa, 0, 0, 0, 0, 0, 0, 1)),
        PORT,
    ),
];
const SLOTS: usize = 2;
const CLIENTS: usize = 6;

/// Serves for as long as this process runs.
fn serve(ready: &mpsc::Sender<()>) {
    let address = |text: &str| text.parse::<IpCidr>().expect("an address");
    let kernel = ["192.168.69.100/24", "fdaa::100/64"].map(address);
    let device = TunTap::open("tap0", Mode::Tap, &kernel).expect("the right to make it");
    let start = std::time::Instant::now();
    let now = || Instant::from_micros(start.elapsed().as_micros() as i64);
    let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]), 1)
        .with_addresses(&["192.168.69.1/24", "fdaa::1/64"].map(address));
    let mut pool = tcp::Pool::<SLOTS, 1024, 1024, Reverser>::new();
    let mut datagrams = udp::Buffers::<8, 64>::new();
    let mut slots = [SocketStorage::EMPTY];
    let mut backlog = [PendingSyn::EMPTY; CLIENTS];
    let stack = Stack::new(device, config, &mut slots[..], now()).expect("it is right");
    let mut stack = stack.with_backlog(&mut backlog[..]);
    let reverser = tcp::Server::new(stack.sockets(), &mut pool, tcp::Config::default());
    let mut reverser = reverser.expect("there is room");
    let uptime = Uptime::new(stack.sockets(), &mut datagrams);
    let mut uptime = uptime.expect("there is room");
    ready.send(()).expect("the test waits for it");
    loop {
        let next = stack.poll(now(), &mut (&mut reverser, &mut uptime));
        let woken = stack.device_mut().wait(next.delay(now()));
        woken.expect("it is there");
    }
}

fn start() {
    let (sender, ready) = mpsc::channel();
    thread::spawn(move || serve(&sender));
    ready.recv().expect("it starts");
}

pub fn services_of_the_example_serve_more_clients_than_they_have_slots() {
    start();
    for server in SERVERS {
        thread::scope(|scope| {
            for number in 0..CLIENTS {
                scope.spawn(move || talk(server, number));
            }
        });
    }
    // All of them were counted.
    let mut greeting = String::new();
    let mut last = BufReader::new(connect(SERVERS[0]));
    last.read_line(&mut greeting).expect("a greeting");
    let expected = format!("Hello, client {}!\n", SERVERS.len() * CLIENTS + 1);
    assert_eq!(greeting, expected);
}

/// A client that waits for the greeting, sends lines and closes.
fn talk(server: SocketAddr, number: usize) {
    let mut stream = connect(server);
    let mut reader = BufReader::new(stream.try_clone().expect("a handle"));
    let mut greeting = String::new();
    reader.read_line(&mut greeting).expect("a greeting");
    assert!(greeting.starts_with("Hello, client "), "{greeting}");
    for round in 0..20 {
        let line = format!("round {round} of client {number}");
        writeln!(stream, "{line}").expect("a server that reads");
        let mut answer = String::new();
        reader.read_line(&mut answer).expect("an answer");
        assert_eq!(answer.trim_end(), line.chars().rev().collect::<String>());
    }
    write!(stream, "no end").expect("a server that reads");
    stream.shutdown(Shutdown::Write).expect("a connection");
    let mut answer = String::new();
    reader.read_to_string(&mut answer).expect("the end");
    assert_eq!(answer, "dne on\n");
}

pub fn services_of_the_example_serve_stock_programs() {
    start();
    for (server, number) in SERVERS.into_iter().zip(1..) {
        let outcome = nc(&["-N", "-w", "10"], server, "hello from nc\nbye\n");
        let expected = format!("Hello, client {number}!\ncn morf olleh\neyb\n");
        assert_eq!(outcome.text(), expected);

        let uptime = |answer: &[u8]| -> u64 {
            let answer = std::str::from_utf8(answer).expect("digits");
            let line = answer.strip_suffix('\n').expect("a line");
            line.parse().expect("a number")
        };
        let first = uptime(python(UDP_CLIENT, &server.ip().to_string(), "?").bytes());
        let socket = datagrams(server);
        socket.send(b"?").expect("a route");
        let mut answer = [0; 64];
        let length = socket.recv(&mut answer).expect("an answer");
        assert!(uptime(&answer[..length]) >= first);
    }
}
