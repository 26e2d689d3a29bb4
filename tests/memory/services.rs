//! Services of a user's own, as `examples/services` has them: a handler of connections that greets
//! and has a counter for all of them, and one over UDP.

#[path = "../../examples/services/services.rs"]
mod example;

use super::common;

use std::task::Poll;

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpEndpoint;
use uppercase::simulation::{Conditions, Probability, seeds};
use uppercase::stack::{PendingSyn, Service};
use uppercase::tcp::{Handler, Hash, HashPool, Index, Pool, Progress, Scan, SetupError};
use uppercase::{Context, tcp, udp};

use common::network::{Actor, Link, MINUTE, Network, SECOND};
use common::scene::client;
use common::talk::Talk;
use example::{Reverser, Totals, Uptime};

const SLOTS: usize = 2;
const CLIENTS: usize = 6;
/// From one host to the other.
const DELAY: Duration = Duration::from_millis(5);
/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);

#[test]
fn services_of_the_example_are_exact_under_loss_and_refuse_no_client() {
    for link in [Link::ETHERNET_V4, Link::ETHERNET_V6] {
        for seed in seeds(0..100) {
            let network = Network::with_seed(link, seed);
            Town::<Scan<'_>>::scanning(network).expect_service(link);
            let network = Network::with_seed(link, seed);
            Town::<Hash<'_>>::hashing(network).expect_service(link);
        }
    }
}

/// A server's host with both services, and a client's.
struct Town<I: Index + 'static> {
    network: Network,
    reverser: tcp::Server<'static, Reverser, I>,
}

impl Town<Scan<'static>> {
    fn scanning(mut network: Network) -> Self {
        let pool = Box::leak(Box::new(Pool::<SLOTS, 512, 512, Reverser>::new()));
        let server = tcp::Server::new(network.server.sockets(), pool, config());
        Self {
            network,
            reverser: server.expect("there is room"),
        }
    }
}

impl Town<Hash<'static>> {
    fn hashing(mut network: Network) -> Self {
        let pool = Box::leak(Box::new(HashPool::<SLOTS, 512, 512, Reverser>::new()));
        let server = tcp::Server::hashed(network.server.sockets(), pool, config(), 1);
        Self {
            network,
            reverser: server.expect("there is room"),
        }
    }
}

/// No client is given up, however many frames are lost.
fn config() -> tcp::Config {
    tcp::Config {
        handshake_timeout: Some(PATIENCE),
        close_timeout: Some(PATIENCE),
        silence_timeout: None,
        ..tcp::Config::default()
    }
}

impl<I: Index + 'static> Town<I> {
    /// More clients than there are slots come at once. Each is greeted, has its lines reversed and
    /// closes; all of them are counted. Meanwhile another one asks for the time.
    fn expect_service(self, link: Link) {
        let Self {
            mut network,
            mut reverser,
        } = self;
        let lossy = Conditions {
            delay: DELAY,
            loss: Probability::percent(20),
            ..Conditions::default()
        };
        network.to_server.set(lossy);
        network.to_client.set(lossy);
        let stack = *network.server;
        *network.server = stack.with_backlog(vec![PendingSyn::EMPTY; SLOTS]);
        let buffers = Box::leak(Box::new(udp::Buffers::<64, 2>::new()));
        let uptime = Uptime::new(network.server.sockets(), buffers);
        let mut uptime = uptime.expect("there is room");

        let mut visitors: Vec<_> = (0..CLIENTS)
            .map(|number| Visitor::new(&mut network, link.server(), number))
            .collect();
        let mut asker = Asker::new(&mut network, link.server());
        let mut clients: Vec<&mut dyn Actor> = vec![&mut asker];
        clients.extend(visitors.iter_mut().map(|visitor| visitor as _));
        let servers: &mut [&mut dyn Actor] =
            &mut [&mut Polled(&mut reverser), &mut Polled(&mut uptime)];
        network.run(PATIENCE, servers, &mut clients);

        let mut numbers: Vec<_> = visitors.iter().map(Visitor::expect_exact).collect();
        numbers.sort_unstable();
        assert!(
            numbers.into_iter().eq(1..=CLIENTS),
            "each is greeted as another one"
        );
        let lines = visitors.iter().map(|visitor| visitor.expected().1).sum();
        let clients = CLIENTS as u32;
        assert_eq!(*reverser.shared(), Totals { clients, lines });
    }
}

#[test]
fn transmit_buffer_that_is_too_small_for_the_handler_is_refused() {
    let mut network = Network::new(Link::ETHERNET_V4);
    let pool = Box::leak(Box::new(Pool::<1, 512, 64, Reverser>::new()));
    let server = tcp::Server::new(network.server.sockets(), pool, config());
    let expected = SetupError::NoRoom {
        bytes: 64,
        needed: 65,
    };
    assert_eq!(server.err(), Some(expected));
}

/// Sends a byte a second, of which its client has asked for none.
#[derive(Default)]
struct Ticker {
    next: Option<Instant>,
}

impl Handler for Ticker {
    type Shared = ();

    fn exchange(&mut self, _: &mut (), now: Instant, input: &[u8], output: &mut [u8]) -> Progress {
        let next = *self.next.get_or_insert(now);
        let produced = usize::from(next <= now);
        output[..produced].fill(b'.');
        self.next = Some(next + SECOND * produced as u32);
        Progress {
            consumed: input.len(),
            produced,
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.next
    }
}

#[test]
fn handler_is_called_at_its_deadline_with_and_without_an_idle_timeout() {
    for idle_timeout in [None, Some(MINUTE)] {
        let mut network = Network::new(Link::ETHERNET_V4);
        let pool = Box::leak(Box::new(Pool::<1, 512, 512, Ticker>::new()));
        let config = tcp::Config {
            idle_timeout,
            ..config()
        };
        let server = tcp::Server::new(network.server.sockets(), pool, config);
        let mut tickers = server.expect("there is room");
        let mut talk = Talk::new(&mut network, Link::ETHERNET_V4.server(), 512, &[b'x'; 99]);
        talk.closes_first = false; // It stays until there is an answer to each byte.
        let servers: &mut [&mut dyn Actor] = &mut [&mut Polled(&mut tickers)];
        network.run_for(SECOND * 5 + SECOND / 2, servers, &mut [&mut talk]);
        assert_eq!(talk.answer, [b'.'; 6], "{idle_timeout:?}");
    }
}

/// A service, as the network of these tests polls one.
struct Polled<'s>(&'s mut dyn Service<'static>);

impl Actor for Polled<'_> {
    fn poll(&mut self, _: &mut Context<'_, 'static>) -> Option<Instant> {
        None
    }

    fn service(&mut self) -> Option<&mut dyn Service<'static>> {
        Some(self.0)
    }
}

/// A client of the service that reverses lines.
struct Visitor {
    client: tcp::Client,
    server: IpEndpoint,
    text: Vec<u8>,
    sent: usize,
    answer: Vec<u8>,
    ended: bool,
    outcome: Option<Result<(), tcp::Error>>,
}

impl Visitor {
    fn new(network: &mut Network, server: IpEndpoint, number: usize) -> Self {
        // Short lines, and some as long as the service takes at once, or longer.
        let lengths = [0, 1, 5, 63, 64, 65, 200, 700];
        let mut text = Vec::new();
        for length in &lengths[..3 + number % 6] {
            text.extend((0..*length).map(|index| b'a' + ((index + number) % 26) as u8));
            text.push(b'\n');
        }
        if number % 2 == 1 {
            text.extend(b"without an end");
        }
        Self {
            client: client(network.client.sockets(), 600, PATIENCE),
            server,
            text,
            sent: 0,
            answer: Vec::new(),
            ended: false,
            outcome: None,
        }
    }

    /// What comes back behind the greeting, and how many lines that is.
    fn expected(&self) -> (Vec<u8>, u32) {
        let mut lines = Vec::new();
        for line in self.text.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n").unwrap_or(line) {
                [] => lines.push(Vec::new()),
                line => lines.extend(
                    line.chunks(64)
                        .map(|piece| piece.iter().rev().copied().collect()),
                ),
            }
        }
        let count = lines.len() as u32;
        let ended = lines.into_iter().map(|mut line| {
            line.push(b'\n');
            line
        });
        (ended.flatten().collect(), count)
    }

    /// The number that the service has greeted it by. Fails unless all else is as expected, too.
    #[track_caller]
    fn expect_exact(&self) -> usize {
        assert_eq!(self.outcome, Some(Ok(())));
        let text = std::str::from_utf8(&self.answer).expect("letters");
        let (greeting, answer) = text.split_once('\n').expect("a greeting");
        assert_eq!(answer.as_bytes(), self.expected().0);
        let number = greeting.strip_prefix("Hello, client ");
        let number = number.and_then(|rest| rest.strip_suffix('!'));
        number
            .and_then(|number| number.parse().ok())
            .expect("a number")
    }

    /// Returns whether everything was sent and received.
    fn talk(&mut self, context: &mut Context<'_, '_>) -> Result<bool, tcp::Error> {
        if self.client.is_open(context) == Err(tcp::Error::NotConnected) {
            self.client.connect(context, self.server)?;
        }
        if !self.answer.is_empty() {
            // The service greets first.
            self.sent += self.client.send(context, &self.text[self.sent..])?;
            if self.sent == self.text.len() {
                self.client.finish(context);
            }
        }
        let mut buffer = [0; 600];
        while !self.ended
            && let Poll::Ready(length) = self.client.receive(context, &mut buffer)?
        {
            self.answer.extend_from_slice(&buffer[..length]);
            self.ended = length == 0;
        }
        Ok(self.ended && self.client.is_closed(context)?)
    }
}

impl Actor for Visitor {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        if self.is_done() {
            return None;
        }
        let had_answer = !self.answer.is_empty();
        match self.talk(context) {
            Ok(true) => self.outcome = Some(Ok(())),
            Ok(false) => {}
            Err(error) => self.outcome = Some(Err(error)),
        }
        if !had_answer && !self.answer.is_empty() {
            return Some(context.now); // It was greeted just now.
        }
        self.client.deadline()
    }

    fn is_done(&self) -> bool {
        self.outcome.is_some()
    }
}

/// A client of the service that tells the time.
struct Asker {
    client: udp::Client<'static>,
    server: IpEndpoint,
    is_waiting: bool,
    /// How often it still asks.
    left: usize,
}

impl Asker {
    fn new(network: &mut Network, server: IpEndpoint) -> Self {
        let buffers = Box::leak(Box::new(udp::Buffers::<64, 2>::new()));
        let client = udp::Client::new(network.client.sockets(), buffers, PATIENCE);
        Self {
            client: client.expect("there is room"),
            server,
            is_waiting: false,
            left: 3,
        }
    }
}

impl Actor for Asker {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        while self.left > 0 {
            if !self.is_waiting {
                let sent = self.client.send(context, self.server, b"?");
                sent.expect("there is a route");
                self.is_waiting = true;
            }
            let mut answer = [0; 64];
            let received = self.client.receive(context, &mut answer);
            let Poll::Ready(length) = received.expect("an answer") else {
                return self.client.deadline();
            };
            let answered = (context.now - DELAY).total_millis();
            assert_eq!(answer[..length], *format!("{answered}\n").as_bytes());
            self.is_waiting = false;
            self.left -= 1;
        }
        None
    }

    fn is_done(&self) -> bool {
        self.left == 0
    }
}
