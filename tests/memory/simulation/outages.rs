//! Links that are down for a while, and hosts that reboot.

use std::task::Poll;

use smoltcp::iface::SocketStorage;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{TcpControl, TcpRepr};
use uppercase::simulation::{self, Bursts, Conditions, Network, Probability};
use uppercase::stack::from_fn;
use uppercase::{Servers, Stack, tcp, udp};

use super::common::Text;
use super::common::frames::read_tcp;
use super::common::network::{CLIENT, End, Fragments, Link, MINUTE, SECOND, SERVER};
use super::common::text::upper;
use super::model::Verdict;
use super::town::{Town, stack};

const FAR: Conditions = Conditions::PERFECT.with_delay(Duration::from_millis(50));

#[test]
fn sessions_outlast_a_link_that_is_down_for_a_while() {
    let steady = [(300, 30_000)];
    let flapping = [
        (100, 200),
        (400, 900),
        (1000, 3000),
        (3500, 9000),
        (9100, 20_000),
    ];
    for link in Link::ALL {
        for cuts in [&steady[..], &flapping] {
            let cuts = Box::leak(cuts.to_vec().into_boxed_slice());
            let mut lost = 0;
            for seed in 0..10 {
                let town = Town {
                    servers_link: FAR,
                    cuts,
                    ..Town::new(link)
                };
                let outcome = town.run(seed);
                outcome.expect_exact();
                lost += outcome.to_server.cut + outcome.from_server.cut;
            }
            assert!(lost > 0, "{link:?}");
        }
    }
}

#[test]
fn sessions_outlast_bursts_of_loss() {
    for link in Link::ALL {
        let mut lost = 0;
        for seed in 0..10 {
            let town = Town {
                servers_link: FAR.with_bursts(Bursts::new(
                    Probability::percent(3),
                    Probability::percent(15),
                )),
                ..Town::new(link)
            };
            let outcome = town.run(seed);
            outcome.expect_exact();
            lost += outcome.to_server.lost_in_burst + outcome.from_server.lost_in_burst;
        }
        assert!(lost > 0, "{link:?}");
    }
}

#[test]
fn a_link_that_stays_down_is_an_error_and_keeps_no_place() {
    for link in Link::ALL {
        let town = Town {
            servers_link: FAR,
            cuts: &[(300, 600_000)],
            config: tcp::Config::default(),
            timeout: MINUTE,
            text: 100_000,
            ..Town::new(link)
        };
        let outcome = town.run(1);
        let timed_out = Verdict::Failed(tcp::Error::TimedOut.to_string());
        assert!(outcome.verdicts.contains(&timed_out), "{link:?}");
        assert!(!outcome.verdicts.contains(&Verdict::Wrong), "{link:?}");
    }
}

/// The storage of one life of a server.
struct Life<'a> {
    pool: tcp::Pool<'a, 2, 512, 512, Text>,
    datagrams: udp::Buffers<2, 512>,
    slots: [SocketStorage<'a>; 1],
    fragments: Fragments,
}

struct Server<'a> {
    stack: Stack<'a, End<'a>>,
    servers: Servers<'a, Text>,
}

impl<'a> Life<'a> {
    const fn new() -> Self {
        Self {
            pool: tcp::Pool::new(),
            datagrams: udp::Buffers::new(),
            slots: [const { SocketStorage::EMPTY }; 1],
            fragments: Fragments::new(),
        }
    }

    fn boot(&'a mut self, link: Link, cable: &simulation::Link, random_seed: u64) -> Server<'a> {
        let memory = (&mut self.slots[..], &mut self.fragments);
        let mut stack = stack(link, cable.port(), SERVER, random_seed, memory);
        let config = tcp::Config::default();
        let (pool, datagrams) = (&mut self.pool, &mut self.datagrams);
        let servers = Servers::new(stack.sockets(), pool, datagrams, config);
        Server {
            stack,
            servers: servers.expect("there is room"),
        }
    }
}

impl Server<'_> {
    fn poll(&mut self, now: Instant) -> Option<Duration> {
        self.stack.poll(now, &mut self.servers).delay(now)
    }

    fn connections(&self) -> usize {
        self.servers
            .tcp
            .as_ref()
            .map_or(0, tcp::Server::connections)
    }
}

/// A client host with one connection.
struct Caller<'a> {
    stack: Stack<'a, End<'a>>,
    client: tcp::Client,
}

/// The storage of one life of a client.
struct Line<'a> {
    storage: tcp::ClientStorage<'a, 512, 512>,
    slots: [SocketStorage<'a>; 1],
    fragments: Fragments,
}

impl<'a> Line<'a> {
    const fn new() -> Self {
        Self {
            storage: tcp::ClientStorage::new(),
            slots: [SocketStorage::EMPTY],
            fragments: Fragments::new(),
        }
    }

    fn boot(&'a mut self, link: Link, cable: &simulation::Link, random_seed: u64) -> Caller<'a> {
        let memory = (&mut self.slots[..], &mut self.fragments);
        let mut stack = stack(link, cable.port(), CLIENT, random_seed, memory);
        let client = tcp::Client::new(stack.sockets(), &mut self.storage, MINUTE);
        Caller {
            stack,
            client: client.expect("there is room"),
        }
    }
}

impl Caller<'_> {
    fn connect(&mut self, network: &Network, link: Link) {
        let context = &mut self.stack.context(network.now());
        let begun = self.client.connect(context, link.server());
        begun.expect("there is a way to the server");
    }

    /// Says a text and waits for its answer, or for the error.
    fn exchange(
        &mut self,
        network: &mut Network,
        server: &mut Server<'_>,
        text: &[u8],
    ) -> Result<Vec<u8>, tcp::Error> {
        let (mut sent, mut answer) = (0, Vec::new());
        let done = network.run(MINUTE * 10, |turn| {
            let Self { stack, client } = self;
            let mut result = Ok(());
            turn.wake_in(server.poll(turn.now));
            turn.wake_in(
                stack
                    .poll(
                        turn.now,
                        &mut from_fn(|context| {
                            let mut step = || {
                                sent += client.send(context, &text[sent..])?;
                                let mut buffer = [0; 512];
                                while let Poll::Ready(length @ 1..) =
                                    client.receive(context, &mut buffer)?
                                {
                                    answer.extend_from_slice(&buffer[..length]);
                                }
                                Ok(())
                            };
                            result = result.and_then(|()| step());
                            client.deadline()
                        }),
                    )
                    .delay(turn.now),
            );
            match result {
                Ok(()) if answer.len() < upper(text).len() => Poll::Pending,
                result => Poll::Ready(result.map(|()| answer.clone())),
            }
        });
        done.expect("it comes to an end")
    }
}

/// The segments among captured frames.
fn segments(link: Link, frames: &[Vec<u8>]) -> Vec<TcpRepr<'_>> {
    let frames = frames.iter();
    let segments = frames.filter_map(|frame| read_tcp(link, frame));
    segments.map(|(_, _, segment)| segment).collect()
}

/// The port and the first sequence number of the connection that was opened.
fn opened(link: Link, frames: &[Vec<u8>]) -> (u16, i32) {
    let segments = segments(link, frames);
    let mut opening = segments.iter().filter(|s| s.control == TcpControl::Syn);
    let opening = opening.next().expect("a connection was opened");
    (opening.src_port, opening.seq_number.0)
}

#[test]
fn a_client_of_the_servers_previous_life_gets_one_reset_and_is_served_again() {
    for link in Link::ALL {
        let mut network = Network::new(link.medium, 1);
        let (servers_end, clients_end) = (network.link("server"), network.link("client"));
        let (mut first_life, mut second_life) = (Life::new(), Life::new());
        let mut line = Line::new();
        let seed = network.random_seed();
        let mut caller = line.boot(link, &clients_end, seed);
        let seed = network.random_seed();
        let mut server = first_life.boot(link, &servers_end, seed);
        clients_end.to_host.capture();
        caller.connect(&network, link);
        let answer = caller.exchange(&mut network, &mut server, b"hello");
        assert_eq!(answer, Ok(b"HELLO".to_vec()), "{link:?}");
        let first = opened(link, &clients_end.to_host.captured());

        let seed = network.random_seed();
        let mut server = second_life.boot(link, &servers_end, seed);
        clients_end.from_host.capture();
        let answer = caller.exchange(&mut network, &mut server, b"still there?");
        assert_eq!(answer, Err(tcp::Error::Reset), "{link:?}");
        let rest = network.run_for(MINUTE * 10, |turn| {
            turn.wake_in(server.poll(turn.now));
            turn.wake_in(
                caller
                    .stack
                    .poll(turn.now, &mut from_fn(|_| None))
                    .delay(turn.now),
            );
        });
        assert_eq!(rest, Ok(()));
        let to_client = clients_end.to_host.captured();
        let answers = segments(link, &to_client);
        let controls: Vec<_> = answers.iter().map(|segment| segment.control).collect();
        assert_eq!(controls, [TcpControl::Rst], "{link:?}");
        // The text, again if the new server had to ask for the client's hardware address.
        let to_server = clients_end.from_host.captured();
        assert!(segments(link, &to_server).len() <= 2, "{link:?}");

        caller.connect(&network, link);
        let answer = caller.exchange(&mut network, &mut server, b"hello again");
        assert_eq!(answer, Ok(b"HELLO AGAIN".to_vec()), "{link:?}");
        let second = opened(link, &clients_end.to_host.captured());
        assert_ne!(first, second, "{link:?}");
    }
}

#[test]
fn a_client_that_reboots_is_served_from_another_port_and_its_old_place_comes_back() {
    for link in Link::ALL {
        let mut network = Network::new(link.medium, 1);
        let (servers_end, clients_end) = (network.link("server"), network.link("client"));
        let mut life = Life::new();
        let (mut first_line, mut second_line) = (Line::new(), Line::new());
        let seed = network.random_seed();
        let mut server = life.boot(link, &servers_end, seed);
        clients_end.from_host.capture();
        let mut boots = Vec::new();
        for (line, text) in [(&mut first_line, "one"), (&mut second_line, "two")] {
            let seed = network.random_seed();
            let mut caller = line.boot(link, &clients_end, seed);
            caller.connect(&network, link);
            let answer = caller.exchange(&mut network, &mut server, text.as_bytes());
            assert_eq!(answer, Ok(upper(text.as_bytes())), "{link:?}");
            boots.push(opened(link, &clients_end.from_host.captured()));
            if text == "two" {
                assert_eq!(server.connections(), 2, "{link:?}");
                // The server asks whether the first one is still there; its host says no.
                let rest = network.run_for(SECOND * 30, |turn| {
                    turn.wake_in(server.poll(turn.now));
                    turn.wake_in(
                        caller
                            .stack
                            .poll(turn.now, &mut from_fn(|_| None))
                            .delay(turn.now),
                    );
                });
                assert_eq!(rest, Ok(()));
                assert_eq!(server.connections(), 1, "{link:?}");
            }
        }
        assert_ne!(boots[0].0, boots[1].0, "the port, {link:?}");
        assert_ne!(boots[0].1, boots[1].1, "the sequence number, {link:?}");
    }
}

#[test]
fn a_client_that_is_gone_for_good_leaves_its_place() {
    for link in Link::ALL {
        let mut network = Network::new(link.medium, 1);
        let (servers_end, clients_end) = (network.link("server"), network.link("client"));
        let (mut life, mut line) = (Life::new(), Line::new());
        let mut server = life.boot(link, &servers_end, 1);
        let mut caller = line.boot(link, &clients_end, 2);
        caller.connect(&network, link);
        let answer = caller.exchange(&mut network, &mut server, b"bye");
        assert_eq!(answer, Ok(b"BYE".to_vec()), "{link:?}");
        drop(caller);
        let rest = network.run_for(MINUTE * 3, |turn| turn.wake_in(server.poll(turn.now)));
        assert_eq!(rest, Ok(()));
        assert_eq!(server.connections(), 0, "{link:?}");
    }
}
