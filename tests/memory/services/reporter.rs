//! The client that stays, and a server that closes each connection.

#[path = "../../../examples/services/reporter.rs"]
mod example;

use smoltcp::time::{Duration, Instant};
use uppercase::stack::{Control, End, Service};
use uppercase::tcp::{Config, Handler, Pool, Progress, Server};
use uppercase::{Context, PORT, dns};

use super::common::network::{Actor, Link, NOBODY, Network, SECOND};
use super::common::scene::client;
use example::Reporter;

/// Closes when it has answered a line.
#[derive(Default)]
struct OneLine {
    is_over: bool,
}

impl Handler for OneLine {
    /// How many connections are over.
    type Shared = usize;

    fn exchange(&mut self, _: &mut usize, _: Instant, input: &[u8], output: &mut [u8]) -> Progress {
        let length = input.len().min(output.len());
        output[..length].copy_from_slice(&input[..length]);
        self.is_over |= input[..length].ends_with(b"\n");
        Progress {
            consumed: length,
            produced: length,
        }
    }

    fn closes(&self) -> bool {
        self.is_over
    }

    fn closed(&mut self, over: &mut usize, control: &Control) {
        assert_eq!(control.end(), Some(End::ClosedByUs));
        *over += 1;
    }
}

struct Staying<F>(Reporter<F>);

impl<F: FnMut(&[u8])> Actor for Staying<F> {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        Service::poll(&mut self.0, context)
    }
}

/// RFC 9293, 3.6: in FIN-WAIT-2 the server waits for the client's FIN.
#[test]
fn a_connection_that_the_server_closes_is_closed_by_the_client_too() {
    for (link, server) in [
        (Link::ETHERNET_V4, "192.168.69.1"),
        (Link::ETHERNET_V6, "fdaa::1"),
    ] {
        let mut network = Network::new(link);
        let pool = Box::leak(Box::new(Pool::<1, 512, 512, OneLine>::new()));
        let served = Server::new(network.server.sockets(), pool, Config::default());
        let mut served = served.expect("there is room");
        let names = Box::leak(Box::new(dns::Buffers::new()));
        let sockets = network.client.sockets();
        let resolver = dns::Resolver::new(sockets, names, &[link.address(NOBODY)], SECOND);
        let resolver = resolver.expect("there is room");
        let client = client(sockets, 1000, SECOND);
        let mut answers: Vec<u8> = Vec::new();
        let answered = |answer: &[u8]| answers.extend(answer);
        let reporter = Reporter::new(resolver, client, (server, PORT), 1, answered);
        let mut staying = Staying(reporter);
        // It comes again a quarter of a second later at the earliest.
        let time = Duration::from_millis(200);
        network.run_for(time, &mut [&mut served], &mut [&mut staying]);
        assert_eq!(*served.shared(), 1, "{link:?}");
        assert_eq!(answers, b"line 1\n");
    }
}
