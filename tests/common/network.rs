//! Two stacks on an in-memory wire, and a clock that jumps to the next event.

use smoltcp::iface::SocketStorage;
use smoltcp::phy::Medium;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr, IpEndpoint};
use uppercase::stack::Config;
use uppercase::{Context, Stack, tcp, udp};

use super::lane::{End, Lane};

pub const SERVER: u8 = 1;
pub const CLIENT: u8 = 2;
/// An address on the link that nobody has.
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
            super::lane::MTU
        };
        mtu - 8 - if self.ipv6 { 40 } else { 20 }
    }
}

pub fn hardware_address(host: u8) -> EthernetAddress {
    EthernetAddress([2, 0, 0, 0, 0, host])
}

/// Whoever works on a stack.
pub trait Actor {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant>;

    /// Whether the test need not wait for it.
    fn is_done(&self) -> bool {
        true
    }
}

impl Actor for tcp::Server<'static> {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        self.poll(context)
    }
}

impl Actor for udp::Server<'static> {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        self.poll(context)
    }
}

/// A server and a client host, and the time.
pub struct Network {
    pub now: Instant,
    pub server: Stack<'static, End>,
    pub client: Stack<'static, End>,
    /// What the client's host transmits.
    pub to_server: Lane,
    /// What the server's host transmits.
    pub to_client: Lane,
}

impl Network {
    pub fn new(link: Link) -> Self {
        Self::with(link, &[], None)
    }

    /// The server has these addresses too; the client has a gateway.
    pub fn with(link: Link, more: &[IpCidr], gateway: Option<IpAddress>) -> Self {
        let (to_server, to_client) = (Lane::new(), Lane::new());
        let addresses = [&[link.network_of(SERVER)], more].concat();
        let server = End::new(&to_server, &to_client, link.medium);
        let client = End::new(&to_client, &to_server, link.medium);
        Self {
            now: Instant::ZERO,
            server: stack(server, SERVER, &addresses, None),
            client: stack(client, CLIENT, &[link.network_of(CLIENT)], gateway),
            to_server,
            to_client,
        }
    }

    /// Runs both hosts until every actor is done; fails if that takes longer than `limit` of
    /// virtual time, or if nobody is waiting for anything.
    #[track_caller]
    pub fn run(
        &mut self,
        limit: Duration,
        servers: &mut [&mut dyn Actor],
        clients: &mut [&mut dyn Actor],
    ) {
        let end = self.now + limit;
        let done = |actors: &[&mut dyn Actor]| actors.iter().all(|actor| actor.is_done());
        loop {
            let due = self.settle(servers, clients);
            if done(servers) && done(clients) {
                return;
            }
            self.now += due.expect("nobody waits for anything, yet not all are done");
            assert!(self.now <= end, "not done after {limit} of virtual time");
        }
    }

    /// Runs both hosts for a time, whatever happens.
    #[track_caller]
    pub fn run_for(
        &mut self,
        time: Duration,
        servers: &mut [&mut dyn Actor],
        clients: &mut [&mut dyn Actor],
    ) {
        let end = self.now + time;
        loop {
            let due = self.settle(servers, clients).unwrap_or(time);
            if self.now + due > end {
                self.now = end;
                self.settle(servers, clients);
                return;
            }
            self.now += due;
        }
    }

    /// Runs both hosts until nothing is left to do at this moment; returns for how long.
    #[track_caller]
    pub fn settle(
        &mut self,
        servers: &mut [&mut dyn Actor],
        clients: &mut [&mut dyn Actor],
    ) -> Option<Duration> {
        for _ in 0..100_000 {
            let due = self.step(servers, clients);
            // The last poll may have put something on the wire.
            if due != Some(Duration::ZERO) {
                return due;
            }
        }
        panic!("the stacks are busy for ever at {}", self.now);
    }

    /// One poll of each host; returns when the next one is due.
    pub fn step(
        &mut self,
        servers: &mut [&mut dyn Actor],
        clients: &mut [&mut dyn Actor],
    ) -> Option<Duration> {
        let server = self
            .server
            .poll(self.now, |context| poll_all(servers, context));
        let client = self
            .client
            .poll(self.now, |context| poll_all(clients, context));
        if self.to_server.is_empty() && self.to_client.is_empty() {
            server.into_iter().chain(client).min()
        } else {
            Some(Duration::ZERO)
        }
    }

    /// Loses every frame from now on, in both directions.
    pub fn cut(&mut self) {
        self.to_server.cut();
        self.to_client.cut();
    }
}

fn poll_all(actors: &mut [&mut dyn Actor], context: &mut Context<'_, 'static>) -> Option<Instant> {
    actors
        .iter_mut()
        .filter_map(|actor| actor.poll(context))
        .min()
}

fn stack(
    device: End,
    host: u8,
    addresses: &[IpCidr],
    gateway: Option<IpAddress>,
) -> Stack<'static, End> {
    let config = Config {
        hardware_address: hardware_address(host),
        addresses,
        gateways: gateway.as_slice(),
        random_seed: host.into(),
    };
    Stack::new(
        device,
        config,
        Vec::<SocketStorage<'_>>::new(),
        Instant::ZERO,
    )
    .expect("the configuration is right")
}
