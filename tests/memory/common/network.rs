//! Two hosts on the simulated network, a server's and a client's.

use std::task::Poll;

use smoltcp::iface::SocketStorage;
use smoltcp::phy::{ChecksumCapabilities, Device, Medium};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr, IpEndpoint};
#[cfg(feature = "fragmentation")]
use uppercase::device::reassembly::{Buffers, OVERHEAD, Reassembly};
use uppercase::simulation::{self, Conditions, Lane, Port, Turn};
#[cfg(feature = "fragmentation")]
use uppercase::stack::FRAGMENTATION_OVERHEAD;
use uppercase::stack::{Config, Egress, Service, Table, earliest};
use uppercase::tcp::Handler;
use uppercase::transform::Transform;
use uppercase::{Context, Stack, tcp, udp};

pub const SERVER: u8 = 1;
pub const CLIENT: u8 = 2;
/// An address on the link that no host has.
pub const NOBODY: u8 = 77;

pub const SECOND: Duration = Duration::from_secs(1);
pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(3600);

/// What is between the two stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub medium: Medium,
    pub ipv6: bool,
}

impl Link {
    pub const ETHERNET_V4: Self = Self::new(Medium::Ethernet, false);
    pub const ETHERNET_V6: Self = Self::new(Medium::Ethernet, true);
    pub const IP_V4: Self = Self::new(Medium::Ip, false);
    pub const IP_V6: Self = Self::new(Medium::Ip, true);
    pub const ETHERNET: [Self; 2] = [Self::ETHERNET_V4, Self::ETHERNET_V6];
    pub const V4: [Self; 2] = [Self::ETHERNET_V4, Self::IP_V4];
    pub const V6: [Self; 2] = [Self::ETHERNET_V6, Self::IP_V6];
    pub const ALL: [Self; 4] = [
        Self::ETHERNET_V4,
        Self::ETHERNET_V6,
        Self::IP_V4,
        Self::IP_V6,
    ];

    const fn new(medium: Medium, ipv6: bool) -> Self {
        Self { medium, ipv6 }
    }

    /// The address of a host on the link.
    pub fn address(self, host: u8) -> IpAddress {
        if self.ipv6 {
            IpAddress::v6(0xfdaa, 0, 0, 0, 0, 0, 0, host.into())
        } else {
            IpAddress::v4(192, 168, 69, host)
        }
    }

    /// An address on another network. It ends unlike the server's: smoltcp 0.14 takes an IPv6
    /// packet for its own if the last 16 bits of the address are (`has_solicited_node`).
    pub fn far_address(self) -> IpAddress {
        if self.ipv6 {
            IpAddress::v6(0xfdbb, 0, 0, 0, 0, 0, 0, 99)
        } else {
            IpAddress::v4(10, 0, 0, 99)
        }
    }

    /// Where the server is.
    pub fn server(self) -> IpEndpoint {
        IpEndpoint::new(self.address(SERVER), uppercase::PORT)
    }

    fn network_of(self, host: u8) -> IpCidr {
        IpCidr::new(self.address(host), if self.ipv6 { 64 } else { 24 })
    }

    /// The longest UDP payload that fits into one packet.
    pub fn longest_unfragmented(self) -> usize {
        let mtu = if self.medium == Medium::Ethernet {
            1500
        } else {
            Conditions::default().mtu
        };
        mtu - 8 - if self.ipv6 { 40 } else { 20 }
    }
}

pub fn hardware_address(host: u8) -> EthernetAddress {
    EthernetAddress([2, 0, 0, 0, 0, host])
}

/// A client or a server that works on a stack.
pub trait Actor {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant>;

    /// The service that the stack polls, where it is one by itself.
    fn service(&mut self) -> Option<&mut dyn Service<'static>> {
        None
    }

    /// Whether the test need not wait for it.
    fn is_done(&self) -> bool {
        true
    }
}

impl<H: Handler + 'static> Actor for tcp::Server<'static, H> {
    fn poll(&mut self, _: &mut Context<'_, 'static>) -> Option<Instant> {
        None
    }

    fn service(&mut self) -> Option<&mut dyn Service<'static>> {
        Some(self)
    }
}

impl<T: Transform> Actor for udp::Server<'static, T> {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        Service::poll(self, context)
    }
}

/// Several actors on one stack, as one service.
struct Actors<'t, 'u>(&'t mut [&'u mut dyn Actor]);

impl Service<'static> for Actors<'_, '_> {
    fn table(&mut self, port: u16) -> Option<&mut dyn Table<'static>> {
        let services = self.0.iter_mut().filter_map(|actor| actor.service());
        services.into_iter().find_map(|service| service.table(port))
    }

    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        let due = self.0.iter_mut().map(|actor| match actor.service() {
            Some(service) => service.poll(context),
            None => actor.poll(context),
        });
        due.fold(None, earliest)
    }

    fn transmit(&mut self, egress: &mut dyn Egress) -> Option<Instant> {
        let services = self.0.iter_mut().filter_map(|actor| actor.service());
        let due = services.map(|service| service.transmit(egress));
        due.fold(None, earliest)
    }
}

/// A host's end of its link, which puts fragments together where that is built.
#[cfg(feature = "fragmentation")]
pub type End<'a> = Reassembly<'a, Port>;
#[cfg(not(feature = "fragmentation"))]
pub type End<'a> = Port;

/// What that takes.
#[cfg(feature = "fragmentation")]
pub type Fragments = Buffers<4, { 8000 + OVERHEAD }>;
#[cfg(not(feature = "fragmentation"))]
pub struct Fragments;

#[cfg(not(feature = "fragmentation"))]
impl Fragments {
    pub const fn new() -> Self {
        Self
    }
}

/// Changes the stack of a host.
pub fn change(
    stack: &mut Box<Stack<'static, End<'static>>>,
    by: impl FnOnce(Stack<'static, End<'static>>) -> Stack<'static, End<'static>>,
) {
    // In its place meanwhile.
    let spare = Network::new(Link::ETHERNET_V4).server;
    **stack = by(*std::mem::replace(stack, spare));
}

pub fn end(port: Port, fragments: &mut Fragments) -> End<'_> {
    #[cfg(feature = "fragmentation")]
    return Reassembly::new(port, fragments);
    #[cfg(not(feature = "fragmentation"))]
    {
        let _ = fragments;
        port
    }
}

/// Has a stack send what is larger than the link takes, up to `longest` bytes of UDP, where that is
/// built.
pub fn fragmenting<'a, D: Device>(stack: Stack<'a, D>, longest: usize) -> Stack<'a, D> {
    #[cfg(feature = "fragmentation")]
    return stack.with_fragmentation(vec![0; longest + FRAGMENTATION_OVERHEAD]);
    #[cfg(not(feature = "fragmentation"))]
    {
        let _ = longest;
        stack
    }
}

/// A server's and a client's host.
pub struct Network {
    simulation: simulation::Network,
    // They are large, and a test's thread has little room.
    pub server: Box<Stack<'static, End<'static>>>,
    pub client: Box<Stack<'static, End<'static>>>,
    /// What the server's host receives.
    pub to_server: Lane,
    /// What the client's host receives.
    pub to_client: Lane,
    /// How far the clock of the server's host is ahead, in microseconds.
    pub server_ahead: i64,
}

impl Network {
    pub fn new(link: Link) -> Self {
        Self::with_seed(link, 1)
    }

    /// For a test that has seeds: this one is printed when it fails.
    pub fn with_seed(link: Link, seed: u64) -> Self {
        let simulation = simulation::Network::new(link.medium, seed);
        Self::on(simulation, link, &[], None, ChecksumCapabilities::default())
    }

    /// The server has these addresses too; the client has a gateway.
    pub fn with(link: Link, more: &[IpCidr], gateway: Option<IpAddress>) -> Self {
        Self::on(
            simulation::Network::new(link.medium, 1),
            link,
            more,
            gateway,
            ChecksumCapabilities::default(),
        )
    }

    /// The stack of the server's host makes and verifies these checksums only.
    pub fn with_checksum(link: Link, checksum: ChecksumCapabilities) -> Self {
        let simulation = simulation::Network::new(link.medium, 1);
        Self::on(simulation, link, &[], None, checksum)
    }

    fn on(
        mut simulation: simulation::Network,
        link: Link,
        more: &[IpCidr],
        gateway: Option<IpAddress>,
        checksum: ChecksumCapabilities,
    ) -> Self {
        let (server, client) = (simulation.link("server"), simulation.link("client"));
        let mut of_server = server.port();
        of_server.set_checksum(checksum);
        let addresses = [&[link.network_of(SERVER)], more].concat();
        Self {
            server: stack(of_server, SERVER, &addresses, None),
            client: stack(client.port(), CLIENT, &[link.network_of(CLIENT)], gateway),
            to_server: server.to_host,
            to_client: client.to_host,
            server_ahead: 0,
            simulation,
        }
    }

    /// Both hosts also send what is larger than the link takes, up to `longest` bytes of UDP.
    pub fn with_fragmentation(self, longest: usize) -> Self {
        Self {
            server: Box::new(fragmenting(*self.server, longest)),
            client: Box::new(fragmenting(*self.client, longest)),
            ..self
        }
    }

    pub fn now(&self) -> Instant {
        self.simulation.now()
    }

    /// Calls `watcher` with each event of the simulated network from now on.
    pub fn watch(&mut self, watcher: impl FnMut(&simulation::Event) + 'static) {
        self.simulation.watch(watcher);
    }

    /// For calls to a client between two polls.
    pub fn context(&mut self) -> Context<'_, 'static> {
        self.client.context(self.simulation.now())
    }

    /// Lets time pass without a poll of either host.
    pub fn sleep(&mut self, time: Duration) {
        self.simulation.sleep(time);
    }

    /// Runs both hosts until every actor is done and nothing is left to do at that moment; fails
    /// if that takes longer than `limit` of virtual time, or if neither host waits for anything.
    #[track_caller]
    pub fn run(
        &mut self,
        limit: Duration,
        servers: &mut [&mut dyn Actor],
        clients: &mut [&mut dyn Actor],
    ) {
        let Self {
            simulation,
            server,
            client,
            server_ahead,
            ..
        } = self;
        let done = simulation.run(limit, |turn| {
            poll_by(*server_ahead, turn, server, servers);
            poll_by(0, turn, client, clients);
            let done = |actors: &[&mut dyn Actor]| actors.iter().all(|actor| actor.is_done());
            match done(servers) && done(clients) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        });
        done.unwrap_or_else(|stuck| panic!("{stuck}"));
        self.settle(servers, clients);
    }

    /// Runs both hosts for this time, even if they have nothing left to do.
    #[track_caller]
    pub fn run_for(
        &mut self,
        time: Duration,
        servers: &mut [&mut dyn Actor],
        clients: &mut [&mut dyn Actor],
    ) {
        let (server, client) = (&mut self.server, &mut self.client);
        let done = self.simulation.run_for(time, |turn| {
            poll_by(self.server_ahead, turn, server, servers);
            poll_by(0, turn, client, clients);
        });
        done.unwrap_or_else(|stuck| panic!("{stuck}"));
    }

    /// Stops one of the hosts for a time; the other runs on.
    #[track_caller]
    pub fn pause(&mut self, paused: u8, time: Duration, others: &mut [&mut dyn Actor]) {
        // What arrives at the host that is stopped waits there, and wakes nothing.
        let end = self.now() + time;
        while self.now() < end {
            let (now, left) = (self.now(), end - self.now());
            let other = match paused {
                SERVER => &mut self.client,
                _ => &mut self.server,
            };
            let delay = poll_at(now, other, others).unwrap_or(left);
            let millisecond = Duration::from_millis(1);
            self.sleep(delay.max(millisecond).min(left));
        }
    }

    /// Runs both hosts until nothing is left to do at this moment.
    #[track_caller]
    pub fn settle(&mut self, servers: &mut [&mut dyn Actor], clients: &mut [&mut dyn Actor]) {
        self.run_for(Duration::ZERO, servers, clients);
    }

    /// Polls the server's host once.
    pub fn poll_server(&mut self, servers: &mut [&mut dyn Actor]) {
        poll_at(self.simulation.now(), &mut self.server, servers);
    }

    /// Polls the client's host once, on which nothing has to be done.
    pub fn poll_client(&mut self) {
        poll_at(self.simulation.now(), &mut self.client, &mut []);
    }

    /// Loses every frame from now on, in both directions.
    pub fn cut(&mut self) {
        self.to_server.cut();
        self.to_client.cut();
    }
}

/// Polls a host with a clock that is `ahead` microseconds ahead.
fn poll_by(
    ahead: i64,
    turn: &mut Turn,
    stack: &mut Stack<'static, impl Device>,
    actors: &mut [&mut dyn Actor],
) {
    let now = Instant::from_micros(turn.now.total_micros() + ahead);
    turn.wake_in(poll_at(now, stack, actors));
}

pub fn poll_at(
    now: Instant,
    stack: &mut Stack<'static, impl Device>,
    actors: &mut [&mut dyn Actor],
) -> Option<Duration> {
    stack.poll(now, &mut Actors(actors)).delay(now)
}

fn stack(
    device: Port,
    host: u8,
    addresses: &[IpCidr],
    gateway: Option<IpAddress>,
) -> Box<Stack<'static, End<'static>>> {
    let config = Config::new(hardware_address(host).into(), host.into())
        .with_addresses(addresses)
        .with_gateways(gateway.as_slice());
    let slots = Vec::<SocketStorage<'_>>::new();
    let fragments = Box::leak(Box::new(Fragments::new()));
    let stack = Stack::new(end(device, fragments), config, slots, Instant::ZERO);
    Box::new(stack.expect("the configuration is right"))
}
