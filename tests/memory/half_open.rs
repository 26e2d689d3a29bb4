//! Slow handshakes, as segments are lost, while other clients wait for the slot.

#[cfg(feature = "syn-cookies")]
mod cookies;

use super::common;

use std::task::Poll;

use smoltcp::iface::SocketStorage;
use smoltcp::phy::Medium;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr, IpEndpoint};
use uppercase::simulation::{self, Conditions, Port, Probability, Turn, seeds};
use uppercase::stack::{self, PendingSyn, from_fn};
use uppercase::{Context, Stack, tcp};

use common::network::{HOUR, hardware_address, poll_at};
use common::scene::{Server, client};

const SERVER: IpEndpoint = IpEndpoint::new(IpAddress::v4(10, 0, 0, 1), 7000);
const TEXT: &[u8] = b"hi\n";
const CLIENTS: u8 = 6;
const SLOTS: usize = 2;
/// Without cookies, only what the backlog remembers is known when it is acknowledged late.
const LEAST_BACKLOG: usize = if cfg!(feature = "syn-cookies") { 0 } else { 3 };

type Host = Box<Stack<'static, Port>>;

fn host(device: Port, number: u8, random_seed: u64, backlog: usize) -> Host {
    let config = stack::Config::new(hardware_address(number).into(), random_seed)
        .with_addresses(&[IpCidr::new(IpAddress::v4(10, 0, 0, number), 24)]);
    let slots = Vec::<SocketStorage<'_>>::new();
    let stack = Stack::new(device, config, slots, Instant::ZERO).expect("it is right");
    Box::new(stack.with_backlog(vec![PendingSyn::EMPTY; backlog]))
}

/// A client with one line to send, on a bad link.
struct Guest {
    host: Host,
    client: tcp::Client,
    sent: usize,
    answer: Vec<u8>,
    is_done: bool,
}

impl Guest {
    fn new(network: &mut simulation::Network, number: u8) -> Self {
        let link = network.link(format!("guest {number}"));
        link.set(
            Conditions::default()
                .with_delay(Duration::from_millis(5))
                .with_loss(Probability::percent(10)),
        );
        let mut host = host(link.port(), number, network.random_seed(), 0);
        let mut client = client(host.sockets(), 256, HOUR);
        let context = &mut host.context(Instant::ZERO);
        client.connect(context, SERVER).expect("there is a way");
        Self {
            host,
            client,
            sent: 0,
            answer: Vec::new(),
            is_done: false,
        }
    }

    fn poll(&mut self, turn: &mut Turn) -> Result<(), tcp::Error> {
        let mut failure = None;
        let mut steps = from_fn(|context| {
            let step = if self.is_done {
                Ok(())
            } else {
                Self::step(
                    &mut self.client,
                    &mut self.sent,
                    &mut self.answer,
                    &mut self.is_done,
                    context,
                )
            };
            failure = step.err().or(failure);
            self.client.deadline()
        });
        let delay = self.host.poll(turn.now, &mut steps).delay(turn.now);
        turn.wake_in(delay);
        // What becomes of a close that is lost again and again is another matter.
        self.is_done |= self.answer.len() == TEXT.len() && failure.is_some();
        match failure {
            Some(error) if !self.is_done => Err(error),
            _ => Ok(()),
        }
    }

    fn step(
        client: &mut tcp::Client,
        sent: &mut usize,
        answer: &mut Vec<u8>,
        is_done: &mut bool,
        context: &mut Context<'_, 'static>,
    ) -> Result<(), tcp::Error> {
        *sent += client.send(context, &TEXT[*sent..])?;
        if *sent == TEXT.len() {
            client.finish(context);
        }
        let mut bytes = [0; 100];
        while let Poll::Ready(length) = client.receive(context, &mut bytes)? {
            if length == 0 {
                *is_done = client.is_closed(context)?;
                break;
            }
            answer.extend_from_slice(&bytes[..length]);
        }
        Ok(())
    }
}

/// Fails if a client's connection ends before its answer has come.
fn all_are_served(hashed: bool, backlog: usize, seed: u64) -> Result<(), String> {
    let mut network = simulation::Network::new(Medium::Ethernet, seed);
    let link = network.link("server");
    let mut host = host(link.port(), 1, network.random_seed(), backlog);
    let config = tcp::Config::default()
        .with_port(SERVER.port)
        .with_connections(SLOTS);
    let server = if hashed {
        Server::hashing_on
    } else {
        Server::scanning_on
    };
    let mut server = server(host.sockets(), SLOTS, 1024, config);
    let mut guests: Vec<_> = (0..CLIENTS)
        .map(|number| Guest::new(&mut network, 10 + number))
        .collect();
    let ended = network.run(HOUR, |turn| {
        turn.wake_in(poll_at(turn.now, &mut host, &mut [&mut server]));
        for (number, guest) in guests.iter_mut().enumerate() {
            if let Err(error) = guest.poll(turn) {
                return Poll::Ready(Err(format!("client {number}: {error} at {}", turn.now)));
            }
        }
        match guests.iter().all(|guest| guest.is_done) {
            true => Poll::Ready(Ok(())),
            false => Poll::Pending,
        }
    });
    let seen = (host.counters(), server.counters());
    let ended = ended.unwrap_or_else(|stuck| Err(format!("{stuck}")));
    ended.map_err(|failure| format!("{failure}; {seen:?}"))?;
    for guest in &guests {
        assert_eq!(guest.answer, b"HI\n");
    }
    Ok(())
}

fn no_client_is_reset(hashed: bool) {
    let mut failures = Vec::new();
    for backlog in LEAST_BACKLOG..=4 {
        for seed in seeds(0..300) {
            if let Err(failure) = all_are_served(hashed, backlog, seed) {
                failures.push(format!("backlog {backlog}, seed {seed}: {failure}"));
            }
        }
    }
    let (count, failures) = (failures.len(), failures.join("\n"));
    assert!(count == 0, "{count} runs failed:\n{failures}");
}

#[test]
fn a_client_with_a_slow_handshake_is_not_reset_while_others_wait_for_its_slot() {
    no_client_is_reset(false);
}

#[test]
fn a_client_with_a_slow_handshake_is_not_reset_by_the_server_for_many_connections() {
    no_client_is_reset(true);
}
