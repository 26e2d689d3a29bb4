//! Services of a user's own, as `examples/services` has them: a handler of connections that greets
//! and has a counter for all of them, and one over UDP.

mod clients;
#[path = "../../examples/services/services.rs"]
mod example;
mod reporter;

use super::common;

use smoltcp::time::{Duration, Instant};
use uppercase::simulation::{Conditions, Probability, seeds};
use uppercase::stack::{PendingSyn, Service};
use uppercase::tcp::{Handler, Hash, HashPool, Index, Pool, Progress, Scan, SetupError};
use uppercase::{Context, tcp, udp};

use clients::{Asker, Visitor};
use common::network::{Actor, Link, MINUTE, Network, SECOND};
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
    tcp::Config::default()
        .with_handshake_timeout(Some(PATIENCE))
        .with_idle_timeout(Some(PATIENCE))
        .with_close_timeout(Some(PATIENCE))
        .with_silence_timeout(None)
}

impl<I: Index + 'static> Town<I> {
    /// More clients than there are slots come at once. Each is greeted, has its lines reversed and
    /// closes; all of them are counted. Meanwhile another one asks for the time.
    fn expect_service(self, link: Link) {
        let Self {
            mut network,
            mut reverser,
        } = self;
        let lossy = Conditions::default()
            .with_delay(DELAY)
            .with_loss(Probability::percent(20));
        network.to_server.set(lossy);
        network.to_client.set(lossy);
        let stack = *network.server;
        *network.server = stack.with_backlog(vec![PendingSyn::EMPTY; SLOTS]);
        let buffers = Box::leak(Box::new(udp::Buffers::<2, 64>::new()));
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
        let config = config().with_idle_timeout(idle_timeout);
        let server = tcp::Server::new(network.server.sockets(), pool, config);
        let mut tickers = server.expect("there is room");
        let mut talk = Talk::new(&mut network, Link::ETHERNET_V4.server(), 512, &[b'x'; 99]);
        talk.closes_first = false; // It stays until there is an answer to each byte.
        let servers: &mut [&mut dyn Actor] = &mut [&mut Polled(&mut tickers)];
        network.run_for(SECOND * 5 + SECOND / 2, servers, &mut [&mut talk]);
        assert_eq!(talk.answer, [b'.'; 6], "{idle_timeout:?}");
    }
}

/// Closes at once, with 300 bytes in pieces of 100.
#[derive(Default)]
struct Farewell {
    written: usize,
}

impl Handler for Farewell {
    type Shared = ();

    fn exchange(&mut self, _: &mut (), _: Instant, _: &[u8], _: &mut [u8]) -> Progress {
        Progress::default()
    }

    fn finish(&mut self, _: &mut (), output: &mut [u8]) -> usize {
        let length = (300 - self.written).min(100).min(output.len());
        output[..length].fill(b'.');
        self.written += length;
        length
    }

    fn closes(&self) -> bool {
        true
    }
}

#[test]
fn handler_that_closes_is_called_until_all_that_is_left_is_written() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let pool = Box::leak(Box::new(Pool::<1, 512, 512, Farewell>::new()));
        let server = tcp::Server::new(network.server.sockets(), pool, config());
        let mut farewells = server.expect("there is room");
        let mut talk = Talk::new(&mut network, link.server(), 512, &[b'x'; 400]);
        talk.closes_first = false; // It waits for more than it gets.
        let servers: &mut [&mut dyn Actor] = &mut [&mut Polled(&mut farewells)];
        network.run(MINUTE, servers, &mut [&mut talk]);
        assert_eq!(talk.expect_answer(), [b'.'; 300], "{link:?}");
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
