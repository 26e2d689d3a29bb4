//! Services that answer every datagram, and one forged datagram between them and the server.

use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp::Socket;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpEndpoint;
use uppercase::simulation::Conditions;
use uppercase::{Context, PORT, udp};

use super::common::ask::{parts, server};
use super::common::frames;
use super::common::network::{Actor, CLIENT, Link, Network, SECOND};

/// What a service answers to its nth datagram.
type Reply = fn(&[u8], u32) -> Vec<u8>;

/// A service that answers every datagram.
struct Responder {
    handle: SocketHandle,
    reply: Reply,
    answered: u32,
}

impl Responder {
    fn new(network: &mut Network, port: u16, reply: Reply) -> Self {
        let udp::Parts {
            receive, transmit, ..
        } = parts(600, 4);
        let mut socket = Socket::new(receive, transmit);
        socket.bind(port).expect("it is not 0");
        let handle = network.client.sockets().add(socket);
        Self {
            handle: handle.expect("there is room"),
            reply,
            answered: 0,
        }
    }
}

impl Actor for Responder {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        let socket = context.sockets.get_mut::<Socket<'_>>(self.handle);
        while let Ok((datagram, from)) = socket.recv() {
            let reply = (self.reply)(datagram, self.answered);
            socket.send_slice(&reply, from).expect("there is room");
            self.answered += 1;
        }
        None
    }
}

/// RFC 864: "any number (between 0 and 512) of characters".
fn chargen(_: &[u8], number: u32) -> Vec<u8> {
    let length = number as usize * 61 % 513;
    (0..length).map(|at| b' ' + (at % 95) as u8).collect()
}

fn daytime(_: &[u8], number: u32) -> Vec<u8> {
    format!("Wed Nov 25 23:46:{:02} 2026\r\n", number / 100 % 60).into_bytes()
}

fn tftp(_: &[u8], _: u32) -> Vec<u8> {
    b"\0\x05\0\x04Illegal TFTP operation\0".to_vec()
}

fn echo(datagram: &[u8], _: u32) -> Vec<u8> {
    datagram.to_vec()
}

fn capitals(datagram: &[u8], _: u32) -> Vec<u8> {
    datagram.to_ascii_uppercase()
}

/// How many datagrams pass, both ways, after one forged one; fails if that does not end.
#[track_caller]
fn exchanged(link: Link, port: u16, reply: Reply) -> u32 {
    let mut network = Network::new(link);
    let mut server = server(&mut network, 1000, 4);
    let mut responder = Responder::new(&mut network, port, reply);
    let from = IpEndpoint::new(link.address(CLIENT), port);
    let forged = frames::udp(link, from, link.server(), b"x");
    network.to_server.inject(&forged);
    let mut poll = |network: &mut Network| {
        let before = (server.counters(), responder.answered);
        network.run_for(SECOND, &mut [&mut server], &mut [&mut responder]);
        let is_silent = before == (server.counters(), responder.answered);
        (
            is_silent,
            1 + server.counters().answered + responder.answered,
        )
    };
    poll(&mut network);
    let (is_silent, exchanged) = poll(&mut network);
    assert!(is_silent, "{link:?}, {port}: {exchanged}");
    exchanged
}

#[test]
fn an_exchange_with_a_service_that_answers_ends_after_a_thousand_datagrams_at_most() {
    for link in Link::ALL {
        for (port, reply) in [
            (19, chargen as Reply),
            (13, daytime),
            (69, tftp),
            (7, echo),
            (40_007, echo),
            (60_000, capitals),
            (PORT + 1, capitals),
            (1024, echo),
        ] {
            let exchanged = exchanged(link, port, reply);
            assert!(exchanged <= 1000, "{link:?}, {port}: {exchanged}");
        }
    }
}

/// Of the ports that no well-known service has, but a service may.
#[test]
fn an_exchange_with_an_unknown_service_ends_after_a_thousand_answers_at_most() {
    for link in Link::ALL {
        for (port, reply) in [(1900, chargen as Reply), (5353, daytime), (32_767, tftp)] {
            let exchanged = exchanged(link, port, reply);
            assert!(exchanged <= 2000, "{link:?}, {port}: {exchanged}");
        }
    }
}

/// A client that sends the next line as soon as it has the answer to the last.
struct Busy {
    handle: SocketHandle,
    server: IpEndpoint,
    line: Box<dyn Fn(u32) -> Vec<u8>>,
    sent: u32,
    answered: u32,
    /// How many lines are on their way at any time.
    ahead: u32,
    end: u32,
}

impl Actor for Busy {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        let socket = context.sockets.get_mut::<Socket<'_>>(self.handle);
        while socket.recv().is_ok() {
            self.answered += 1;
        }
        while self.sent < self.end && self.sent < self.answered + self.ahead {
            let line = (self.line)(self.sent);
            socket
                .send_slice(&line, self.server)
                .expect("there is room");
            self.sent += 1;
        }
        None
    }

    fn is_done(&self) -> bool {
        self.answered == self.end
    }
}

/// 64 clients, 2000 lines each, some of them with several lines on their way.
#[test]
fn honest_clients_at_full_speed_lose_nothing() {
    const LINES: u32 = 2000;
    for link in [Link::ETHERNET_V4, Link::ETHERNET_V6] {
        let mut network = Network::new(link);
        for lane in [&mut network.to_server, &mut network.to_client] {
            lane.set(Conditions::PERFECT.with_delay(Duration::from_micros(50)));
        }
        let mut server = server(&mut network, 200, 64);
        let mut clients: Vec<_> = (0..64_u16)
            .map(|client| {
                let udp::Parts {
                    receive, transmit, ..
                } = parts(200, 8);
                let mut socket = Socket::new(receive, transmit);
                socket.bind(40_000 + client * 7).expect("it is not 0");
                let handle = network.client.sockets().add(socket);
                Busy {
                    handle: handle.expect("there is room"),
                    server: link.server(),
                    line: match client % 3 {
                        0 => Box::new(|_| b"hello, world".to_vec()),
                        1 => Box::new(|number| number.to_string().into_bytes()),
                        _ => Box::new(move |number| format!("{client}: LINE {number}").into()),
                    },
                    sent: 0,
                    answered: 0,
                    ahead: if client % 2 == 0 { 1 } else { 4 },
                    end: LINES,
                }
            })
            .collect();
        // They begin when the server's host is known.
        let own = super::common::ask::ask(&mut network, Some(&mut server), link.server(), b"hi");
        assert_eq!(own, Ok(b"HI".to_vec()));
        let mut actors: Vec<&mut dyn Actor> =
            clients.iter_mut().map(|client| client as _).collect();
        network.run(SECOND * 60, &mut [&mut server], &mut actors);
        assert_eq!(server.counters().answered, 1 + 64 * LINES, "{link:?}");
        assert_eq!(server.counters().unanswerable, 0, "{link:?}");
    }
}
