//! A stack of ours at the other end of the cable, and its clients.

use std::task::Poll;
use std::time::Instant as Clock;

use smoltcp::iface::SocketStorage;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr, IpEndpoint};
use uppercase::stack::{Config, from_fn};
use uppercase::{Context, PORT, Stack, tcp, udp};

use crate::cable::Cable;
use crate::frames::OUR_CARD;
use crate::transcript::{Over, Request};

/// How long a server may be silent, and how long an exchange may take.
const TIMEOUT: Duration = Duration::from_secs(10);
const LIMIT: std::time::Duration = std::time::Duration::from_secs(60);

pub struct Peer {
    stack: Stack<'static, Cable>,
    tcp: tcp::Client,
    udp: udp::Client<'static>,
    server: IpEndpoint,
    start: Clock,
}

impl Peer {
    /// Clients of the board that speak IPv4 or IPv6 to it.
    pub fn new(cable: Cable, ipv6: bool) -> Self {
        let addresses = cable.addresses;
        let (mut stack, start) = stack(cable);
        // What the stack borrows lives as long as the test process.
        let stream = Box::leak(Box::new(tcp::ClientStorage::<16384, 16384>::new()));
        let datagrams = Box::leak(Box::new(udp::Buffers::<2, 1024>::new()));
        let sockets = stack.sockets();
        Self {
            tcp: tcp::Client::new(sockets, stream, TIMEOUT).expect("there is room"),
            udp: udp::Client::new(sockets, datagrams, TIMEOUT).expect("there is room"),
            stack,
            server: IpEndpoint {
                addr: match ipv6 {
                    true => addresses.board_v6.into(),
                    false => addresses.board.into(),
                },
                port: PORT,
            },
            start,
        }
    }

    /// What the board answers to a request.
    pub fn ask(&mut self, request: &Request) -> Vec<u8> {
        match request.over {
            Over::Tcp => self.over_tcp(&request.pieces),
            Over::Udp => self.over_udp(&request.pieces.concat()),
        }
    }

    /// Sends the pieces one by one, closes, and reads to the end.
    pub fn over_tcp(&mut self, pieces: &[Vec<u8>]) -> Vec<u8> {
        let (stack, tcp) = (&mut self.stack, &mut self.tcp);
        let opening = tcp.connect(&mut stack.context(now(self.start)), self.server);
        opening.expect("a way to the server");
        let mut pieces = pieces.iter().map(Vec::as_slice);
        let mut rest = pieces.next().unwrap_or_default();
        let mut answer = Vec::new();
        let talk = |context: &mut Context<'_, 'static>| {
            let sent = tcp.send(context, rest)?;
            rest = &rest[sent..];
            let mut at_once = None;
            if rest.is_empty() && tcp.is_open(context)? {
                match pieces.next() {
                    Some(next) => (rest, at_once) = (next, Some(context.now)),
                    None => tcp.finish(context),
                }
            }
            let mut buffer = [0; 4096];
            while let Poll::Ready(length) = tcp.receive(context, &mut buffer)? {
                answer.extend_from_slice(&buffer[..length]);
                if length == 0 {
                    return Ok((tcp.is_closed(context)?, tcp.deadline()));
                }
            }
            Ok((false, at_once.or(tcp.deadline())))
        };
        let outcome: Result<(), tcp::Error> = run(stack, self.start, talk);
        outcome.expect("an answer that ends");
        answer
    }

    /// Sends a datagram, again if it is lost, and waits for the answer.
    pub fn over_udp(&mut self, request: &[u8]) -> Vec<u8> {
        let (stack, udp) = (&mut self.stack, &mut self.udp);
        let sending = udp.send(&mut stack.context(now(self.start)), self.server, request);
        sending.expect("a way to the server");
        let (mut buffer, mut answer) = ([0; 1024], Vec::new());
        let wait = |context: &mut Context<'_, 'static>| {
            let received = udp.receive(context, &mut buffer)?;
            if let Poll::Ready(length) = received {
                answer = buffer[..length].to_vec();
            }
            Ok((received.is_ready(), udp.deadline()))
        };
        let outcome: Result<(), udp::Error> = run(stack, self.start, wait);
        outcome.expect("an answer");
        answer
    }
}

/// A stack at the other end of the cable, and when its time begins.
pub fn stack(cable: Cable) -> (Stack<'static, Cable>, Clock) {
    let addresses = cable.addresses;
    let config = Config::new(OUR_CARD.into(), 1).with_addresses(&[
        IpCidr::new(IpAddress::Ipv4(addresses.host), addresses.prefix),
        IpCidr::new(IpAddress::Ipv6(addresses.host_v6), 64),
    ]);
    let slots = Vec::<SocketStorage<'_>>::new();
    let stack = Stack::new(cable, config, slots, Instant::ZERO).expect("a right one");
    (stack, Clock::now())
}

/// The time of such a stack.
pub fn now(start: Clock) -> Instant {
    Instant::from_micros(start.elapsed().as_micros() as i64)
}

/// Polls the stack until `step`, which also says when it wants to be called again, is done.
pub fn run<E>(
    stack: &mut Stack<'static, Cable>,
    start: Clock,
    mut step: impl FnMut(&mut Context<'_, 'static>) -> Result<(bool, Option<Instant>), E>,
) -> Result<(), E> {
    let limit = Clock::now() + LIMIT;
    loop {
        let mut outcome = Ok((false, None));
        let mut step = from_fn(|context| {
            outcome = step(context);
            outcome.as_ref().ok().and_then(|(_, due)| *due)
        });
        let next = stack.poll(now(start), &mut step);
        if outcome?.0 {
            return Ok(());
        }
        assert!(Clock::now() < limit, "an exchange that takes too long");
        stack.device_mut().wait(next.delay(now(start)));
    }
}
