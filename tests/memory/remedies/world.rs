//! A server's host, plain smoltcp or ours, on a link with its clients.

use std::task::Poll;

use smoltcp::iface::SocketStorage;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr, IpEndpoint};
use uppercase::simulation::{self, Conditions, Lane, Network, Port, Stuck, Turn};
use uppercase::stack::{Config, PendingSyn};
use uppercase::tcp::{Mark, Scan};
use uppercase::{PORT, Stack, tcp, udp};

use super::common::ask::parts;
use super::common::network::{Link, SERVER};
use super::common::scene::sessions;
use super::stock::Stock;

/// The host of the clients that are honest. It is the server's way to everywhere else, too.
pub const CLIENTS: u8 = 2;
/// The server answers datagrams on two ports.
pub const OTHER_PORT: u16 = 12001;
/// The buffers of a connection, in bytes.
pub const WINDOW: usize = 1024;
/// The longest datagram, in bytes.
pub const DATAGRAM: usize = 128;
/// How many datagrams can wait, and how many answers.
pub const QUEUE: usize = 16;
/// From one host to another.
pub const DELAY: Duration = Duration::from_millis(1);

/// What serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Make {
    /// Plain smoltcp.
    Stock,
    /// This package, with room for requests that wait.
    Ours {
        /// Connection requests.
        backlog: usize,
    },
}

impl Make {
    pub const OURS: Self = Self::Ours { backlog: 0 };
}

/// A server's host.
pub trait Server {
    fn poll(&mut self, now: Instant) -> Option<Duration>;

    /// How many slots of the TCP server are taken.
    fn connections(&self) -> usize;
}

pub struct Ours {
    pub stack: Stack<'static, Port>,
    tcp: tcp::Server<'static>,
    udp: [udp::Server<'static>; 2],
}

impl Ours {
    pub fn new(
        link: Link,
        device: Port,
        random_seed: u64,
        host: u16,
        places: usize,
        backlog: usize,
    ) -> Self {
        let gateway = link.address(CLIENTS);
        let stack = stack(link, device, random_seed, host, &[gateway]);
        let mut stack = stack.with_backlog(vec![PendingSyn::EMPTY; backlog]);
        let config = tcp::Config::default();
        let index = Scan::new(vec![Mark::EMPTY; places]);
        let sessions = sessions(places, WINDOW);
        let tcp = tcp::Server::from_parts(stack.sockets(), sessions, index, config);
        let udp = [PORT, OTHER_PORT].map(|port| {
            let server = udp::Server::from_parts(stack.sockets(), parts(DATAGRAM, QUEUE), port);
            server.expect("there is room")
        });
        Self {
            stack,
            tcp: tcp.expect("there is room"),
            udp,
        }
    }
}

impl Server for Ours {
    fn poll(&mut self, now: Instant) -> Option<Duration> {
        let Self { stack, tcp, udp } = self;
        let [one, other] = udp;
        stack.poll(now, &mut (tcp, (one, other))).delay(now)
    }

    fn connections(&self) -> usize {
        self.tcp.connections()
    }
}

/// A server's host on a link, and the other hosts there.
pub struct World {
    pub link: Link,
    pub network: Network,
    pub to_server: Lane,
    pub server: Box<dyn Server>,
}

impl World {
    pub fn new(link: Link, make: Make, places: usize) -> Self {
        let mut network = Network::new(link.medium, 1);
        let cable = network.link("server");
        let server = server(&mut network, &cable, link, make, places);
        Self {
            link,
            to_server: cable.to_host,
            server,
            network,
        }
    }

    /// Another host.
    pub fn host(&mut self, number: u16) -> (Stack<'static, Port>, simulation::Link) {
        let cable = self.network.link(format!("host {number}"));
        cable.set(
            Conditions::default()
                .with_delay(DELAY)
                .with_queue(usize::MAX),
        );
        let random_seed = self.network.random_seed();
        let stack = stack(self.link, cable.port(), random_seed, number, &[]);
        (stack, cable)
    }

    /// Runs all hosts until `others` returns true; returns whether it was within the limit.
    #[track_caller]
    pub fn run(&mut self, limit: Duration, mut others: impl FnMut(&mut Turn) -> bool) -> bool {
        let end = self.network.now() + limit;
        let server = &mut self.server;
        let done = self.network.run(limit, |turn| {
            turn.wake_in(server.poll(turn.now));
            let enough = others(turn);
            // There is something to wait for until the end.
            turn.wake_in((turn.now < end).then(|| end - turn.now));
            match enough {
                true => Poll::Ready(true),
                false if turn.now >= end => Poll::Ready(false),
                false => Poll::Pending,
            }
        });
        match done {
            Ok(done) => done,
            Err(Stuck::Late { .. }) => false,
            Err(stuck) => panic!("{stuck}"),
        }
    }

    /// Runs all hosts for a time.
    #[track_caller]
    pub fn run_for(&mut self, time: Duration, mut others: impl FnMut(&mut Turn)) {
        self.run(time, |turn| {
            others(turn);
            false
        });
    }

    /// Where the TCP server is, and the first of the two for datagrams.
    pub fn address(&self) -> IpEndpoint {
        self.link.server()
    }
}

/// A server's host on a link of its own.
pub fn server(
    network: &mut Network,
    cable: &simulation::Link,
    link: Link,
    make: Make,
    places: usize,
) -> Box<dyn Server> {
    server_at(network, cable, link, make, places, SERVER.into())
}

/// The same on another host.
pub fn server_at(
    network: &mut Network,
    cable: &simulation::Link,
    link: Link,
    make: Make,
    places: usize,
    host: u16,
) -> Box<dyn Server> {
    let (port, seed) = (cable.port(), network.random_seed());
    match make {
        Make::Stock => Box::new(Stock::new(link, port, seed, host, places)),
        Make::Ours { backlog } => Box::new(Ours::new(link, port, seed, host, places, backlog)),
    }
}

pub fn stack(
    link: Link,
    device: Port,
    random_seed: u64,
    host: u16,
    gateways: &[IpAddress],
) -> Stack<'static, Port> {
    let config = Config::new(hardware(host).into(), random_seed)
        .with_addresses(&[network_of(link, host)])
        .with_gateways(gateways);
    let slots = Vec::<SocketStorage<'_>>::new();
    Stack::new(device, config, slots, Instant::ZERO).expect("the configuration is right")
}

/// The address of a host on the link, of which there are many.
pub fn address(link: Link, host: u16) -> IpAddress {
    let [high, low] = host.to_be_bytes();
    if link.ipv6 {
        IpAddress::v6(0xfdaa, 0, 0, 0, 0, 0, 0, host)
    } else {
        IpAddress::v4(192, 168, 69 ^ high, low)
    }
}

pub fn network_of(link: Link, host: u16) -> IpCidr {
    IpCidr::new(address(link, host), if link.ipv6 { 64 } else { 16 })
}

pub fn hardware(host: u16) -> EthernetAddress {
    let [high, low] = host.to_be_bytes();
    EthernetAddress([2, 0, 0, 0, high, low])
}
