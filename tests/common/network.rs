//! Two stacks on an in-memory wire, and a clock that jumps to the next event.

use smoltcp::iface::SocketStorage;
use smoltcp::phy::Medium;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr, IpEndpoint};
use uppercase::device::wire::{Port, Wire};
use uppercase::stack::Config;
use uppercase::{Context, Stack, tcp, udp};

const FRAMES: usize = 16;
const MTU: usize = 1514;

pub type Device = Port<'static, FRAMES, MTU>;

/// What is between the two stacks.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    pub medium: Medium,
    pub ipv6: bool,
}

impl Link {
    pub const ALL: [Self; 4] = [
        Self::new(Medium::Ethernet, false),
        Self::new(Medium::Ethernet, true),
        Self::new(Medium::Ip, false),
        Self::new(Medium::Ip, true),
    ];

    const fn new(medium: Medium, ipv6: bool) -> Self {
        Self { medium, ipv6 }
    }

    pub fn address(self, host: u8) -> IpAddress {
        if self.ipv6 {
            IpAddress::v6(0xfdaa, 0, 0, 0, 0, 0, 0, host.into())
        } else {
            IpAddress::v4(192, 168, 69, host)
        }
    }

    /// Where the server is.
    pub fn server(self) -> IpEndpoint {
        IpEndpoint::new(self.address(SERVER), uppercase::PORT)
    }
}

const SERVER: u8 = 1;
const CLIENT: u8 = 2;

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
        self.poll(context);
        None
    }
}

/// A server and a client host, and the time.
pub struct Network {
    pub now: Instant,
    pub server: Stack<'static, Device>,
    pub client: Stack<'static, Device>,
    wire: &'static Wire<FRAMES, MTU>,
}

impl Network {
    pub fn new(link: Link) -> Self {
        // What the stacks borrow lives as long as the test process.
        let wire = &*Box::leak(Box::new(Wire::new()));
        let (server, client) = wire.ports(link.medium);
        Self {
            now: Instant::ZERO,
            server: stack(server, link, SERVER),
            client: stack(client, link, CLIENT),
            wire,
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
        let mut busy = 0;
        loop {
            let due = self.step(servers, clients);
            if done(servers) && done(clients) {
                return;
            }
            if due == Some(Duration::ZERO) {
                busy += 1;
                assert!(
                    busy < 100_000,
                    "the stacks are busy for ever at {}",
                    self.now
                );
                continue;
            }
            busy = 0;
            self.now += due.expect("nobody waits for anything, yet not all are done");
            assert!(self.now <= end, "not done after {limit} of virtual time");
        }
    }

    /// Runs both hosts for a time, whatever happens.
    pub fn run_for(
        &mut self,
        time: Duration,
        servers: &mut [&mut dyn Actor],
        clients: &mut [&mut dyn Actor],
    ) {
        let end = self.now + time;
        while self.now < end {
            let due = self.step(servers, clients).unwrap_or(time);
            self.now = (self.now + due.max(Duration::from_micros(1))).min(end);
        }
    }

    /// One poll of each host; returns when the next one is due.
    fn step(
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
        if self.wire.is_empty() {
            server.into_iter().chain(client).min()
        } else {
            Some(Duration::ZERO)
        }
    }
}

fn poll_all(actors: &mut [&mut dyn Actor], context: &mut Context<'_, 'static>) -> Option<Instant> {
    actors
        .iter_mut()
        .filter_map(|actor| actor.poll(context))
        .min()
}

pub fn stack(device: Device, link: Link, host: u8) -> Stack<'static, Device> {
    let prefix = if link.ipv6 { 64 } else { 24 };
    let config = Config {
        hardware_address: EthernetAddress([2, 0, 0, 0, 0, host]),
        addresses: &[IpCidr::new(link.address(host), prefix)],
        gateways: &[],
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
