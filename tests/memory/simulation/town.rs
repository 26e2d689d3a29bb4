//! A server and two client hosts, each on a link of its own, and what becomes of their talks.
//! No stack uses the heap.

use std::task::Poll;

use smoltcp::iface::SocketStorage;
use smoltcp::phy::{Checksum, ChecksumCapabilities};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpCidr;
use uppercase::simulation::{self, Conditions, Network, Port, Random, Statistics};
use uppercase::stack::from_fn;
use uppercase::stack::{Config, Service, Sockets};
use uppercase::tcp::Hash;
use uppercase::{Servers, Stack, tcp, udp};

use super::common::Text;
use super::common::network::{End, Fragments, Link, SERVER, end, fragmenting, hardware_address};
use super::common::scene::is_hashed;
use super::common::text::mixed;
use super::model::{Asker, PATIENCE, Speaker, Verdict};

const CLIENTS: usize = 2;
const WINDOW: usize = 1000;
const DATAGRAM: usize = 2000;

/// What a case is made of, beside its seed.
#[derive(Clone, Copy)]
pub struct Town {
    pub link: Link,
    /// On the link of the server.
    pub servers_link: Conditions,
    /// On the link of each client.
    pub clients_link: Conditions,
    /// From when until when the server's link is down, in milliseconds.
    pub cuts: &'static [(i64, i64)],
    pub config: tcp::Config,
    /// How long a TCP client waits for any progress.
    pub timeout: Duration,
    /// The longest text, in bytes.
    pub text: u64,
    /// The stacks look at checksums.
    pub verifies: bool,
}

/// What became of a case.
pub struct Outcome {
    /// Of each text and each line.
    pub verdicts: Vec<Verdict>,
    /// Until the last client was done.
    pub time: Duration,
    pub to_server: Statistics,
    pub from_server: Statistics,
    /// It says its seed if the verdicts are not the expected ones.
    _network: Network,
}

impl Outcome {
    /// Fails unless every text and every line came back right.
    #[track_caller]
    pub fn expect_exact(&self) {
        let all = self.verdicts.iter();
        let mut others = all.filter(|verdict| **verdict != Verdict::Exact);
        assert_eq!(others.next(), None, "{:?}", self.verdicts);
    }
}

impl Town {
    /// Everything is perfect, and no host gives up.
    pub fn new(link: Link) -> Self {
        Self {
            link,
            servers_link: Conditions::default(),
            clients_link: Conditions::default().with_delay(Duration::from_millis(1)),
            cuts: &[],
            config: tcp::Config::default()
                .with_handshake_timeout(Some(PATIENCE))
                .with_idle_timeout(Some(PATIENCE))
                .with_close_timeout(Some(PATIENCE))
                .with_silence_timeout(None),
            timeout: PATIENCE,
            text: 4000,
            verifies: true,
        }
    }

    /// Each client sends a text over TCP and three lines over UDP. Fails unless all of them come
    /// to an end, and every slot of the server is free some time after.
    #[track_caller]
    pub fn run(&self, seed: u64) -> Outcome {
        self.run_on(Network::new(self.link.medium, seed), seed)
    }

    #[track_caller]
    pub fn run_on(&self, mut network: Network, seed: u64) -> Outcome {
        let cable = network.link("server");
        cable.set(self.servers_link);
        for (from, until) in self.cuts {
            cable.cut_between(Instant::from_millis(*from), Instant::from_millis(*until));
        }

        let mut pool = tcp::Pool::<4, WINDOW, WINDOW, Text>::new();
        let mut hash_pool = tcp::HashPool::<4, WINDOW, WINDOW, Text>::new();
        let mut datagrams = udp::Buffers::<4, DATAGRAM>::new();
        let mut slots = [const { SocketStorage::EMPTY }; 5];
        let mut fragments = Fragments::new();
        let memory = (&mut slots[..], &mut fragments);
        let mut server = self.stack(&mut network, &cable, SERVER, memory);
        let sockets = server.sockets();
        let mut servers = Both::new(
            sockets,
            &mut pool,
            &mut hash_pool,
            &mut datagrams,
            self.config,
        );

        let mut random = Random::new(seed);
        let mut rooms = [const { Room::new() }; CLIENTS];
        let mut clients = Vec::new();
        for (room, host) in rooms.iter_mut().zip(SERVER + 1..) {
            let cable = network.link(format!("client {host}"));
            cable.set(self.clients_link);
            clients.push(self.client(&mut network, &cable, host, room, &mut random));
        }

        let begin = network.now();
        let all_done = network.run(PATIENCE * 10, |turn| {
            turn.wake_in(servers.poll(&mut server, turn.now));
            for client in &mut clients {
                turn.wake_in(client.poll(turn.now));
            }
            match clients.iter().all(Client::is_done) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        });
        all_done.unwrap_or_else(|stuck| panic!("{stuck}: seed {seed}, {:?}", self.link));
        let time = network.now() - begin;
        let all_free = network.run(PATIENCE * 10, |turn| {
            turn.wake_in(servers.poll(&mut server, turn.now));
            for client in &mut clients {
                turn.wake_in(client.poll(turn.now));
            }
            match servers.connections() {
                0 => Poll::Ready(()),
                _ => Poll::Pending,
            }
        });
        all_free.unwrap_or_else(|stuck| panic!("a place is lost, {stuck}: seed {seed}"));
        Outcome {
            verdicts: clients.iter().flat_map(Client::verdicts).collect(),
            time,
            to_server: cable.to_host.statistics(),
            from_server: cable.from_host.statistics(),
            _network: network,
        }
    }

    fn stack<'a>(
        &self,
        network: &mut Network,
        cable: &simulation::Link,
        host: u8,
        memory: (&'a mut [SocketStorage<'a>], &'a mut Fragments),
    ) -> Stack<'a, End<'a>> {
        let mut port = cable.port();
        if !self.verifies {
            port.set_checksum(unverified());
        }
        stack(self.link, port, host, network.random_seed(), memory)
    }

    fn client<'a>(
        &self,
        network: &mut Network,
        cable: &simulation::Link,
        host: u8,
        room: &'a mut Room<'a>,
        random: &mut Random,
    ) -> Client<'a> {
        let memory = (&mut room.slots[..], &mut room.fragments);
        let mut stack = self.stack(network, cable, host, memory);
        let server = self.link.server();
        let client = tcp::Client::new(stack.sockets(), &mut room.stream, self.timeout);
        let mut text = mixed(random.below(self.text) as usize);
        text.extend(format!(" from {host}").bytes());
        let speaker = Speaker::new(client.expect("there is room"), server, text);
        let client = udp::Client::new(stack.sockets(), &mut room.datagrams, PATIENCE);
        let lines = (0..3).map(|number| {
            // No two are alike.
            let line = format!("line {number} of {host}, straße ").into_bytes();
            line.repeat(1 + random.below(50) as usize)
        });
        let asker = Asker::new(client.expect("there is room"), server, lines.collect());
        Client {
            stack,
            speaker,
            asker,
        }
    }
}

/// Both servers, TCP with an index of either kind.
#[allow(clippy::large_enum_variant, reason = "there is one at a time")]
enum Both<'a> {
    Scanning(Servers<'a, Text>),
    Hashing(Servers<'a, Text, Hash<'a>>),
}

impl<'a> Both<'a> {
    /// Of the kind that this run of the tests is for.
    fn new(
        sockets: &mut Sockets<'a>,
        pool: &'a mut tcp::Pool<'a, 4, WINDOW, WINDOW, Text>,
        hash_pool: &'a mut tcp::HashPool<'a, 4, WINDOW, WINDOW, Text>,
        datagrams: &'a mut udp::Buffers<4, DATAGRAM>,
        config: tcp::Config,
    ) -> Self {
        if is_hashed() {
            let tcp = tcp::Server::hashed(sockets, hash_pool, config, 1);
            let udp = udp::Server::new(sockets, datagrams, config.port);
            return Self::Hashing(Servers {
                tcp: Some(tcp.expect("there is room")),
                udp: Some(udp.expect("there is room").with_transform()),
            });
        }
        let servers = Servers::new(sockets, pool, datagrams, config);
        Self::Scanning(servers.expect("there is room for the servers"))
    }

    fn poll(&mut self, stack: &mut Stack<'a, End<'a>>, now: Instant) -> Option<Duration> {
        let service: &mut dyn Service<'a> = match self {
            Self::Scanning(servers) => servers,
            Self::Hashing(servers) => servers,
        };
        stack.poll(now, service).delay(now)
    }

    fn connections(&self) -> usize {
        match self {
            Self::Scanning(servers) => servers.tcp.as_ref().map_or(0, tcp::Server::connections),
            Self::Hashing(servers) => servers.tcp.as_ref().map_or(0, tcp::Server::connections),
        }
    }
}

/// A stack of the tests.
pub fn stack<'a>(
    link: Link,
    port: Port,
    host: u8,
    random_seed: u64,
    (slots, fragments): (&'a mut [SocketStorage<'a>], &'a mut Fragments),
) -> Stack<'a, End<'a>> {
    let config =
        Config::new(hardware_address(host).into(), random_seed).with_addresses(&[IpCidr::new(
            link.address(host),
            if link.ipv6 { 64 } else { 24 },
        )]);
    let stack = Stack::new(end(port, fragments), config, slots, Instant::ZERO);
    fragmenting(stack.expect("the configuration is right"), DATAGRAM)
}

/// What the stack of a client lives in.
struct Room<'a> {
    stream: tcp::ClientStorage<'a, WINDOW, WINDOW>,
    datagrams: udp::Buffers<2, DATAGRAM>,
    slots: [SocketStorage<'a>; 2],
    fragments: Fragments,
}

impl Room<'_> {
    const fn new() -> Self {
        Self {
            stream: tcp::ClientStorage::new(),
            datagrams: udp::Buffers::new(),
            slots: [const { SocketStorage::EMPTY }; 2],
            fragments: Fragments::new(),
        }
    }
}

struct Client<'a> {
    stack: Stack<'a, End<'a>>,
    speaker: Speaker,
    asker: Asker<'a>,
}

impl Client<'_> {
    fn poll(&mut self, now: Instant) -> Option<Duration> {
        self.stack
            .poll(
                now,
                &mut from_fn(|context| {
                    let due = [self.speaker.poll(context), self.asker.poll(context)];
                    due.into_iter().flatten().min()
                }),
            )
            .delay(now)
    }

    fn is_done(&self) -> bool {
        self.speaker.is_done() && self.asker.is_done()
    }

    fn verdicts(&self) -> impl Iterator<Item = Verdict> {
        let lines = self.asker.verdicts.iter().cloned();
        lines.chain([self.speaker.verdict()])
    }
}

/// Checksums are made, and not looked at.
fn unverified() -> ChecksumCapabilities {
    let mut checksum = ChecksumCapabilities::default();
    checksum.ipv4 = Checksum::Tx;
    checksum.udp = Checksum::Tx;
    checksum.tcp = Checksum::Tx;
    checksum.icmpv4 = Checksum::Tx;
    checksum.icmpv6 = Checksum::Tx;
    checksum
}
