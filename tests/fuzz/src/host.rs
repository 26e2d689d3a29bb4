//! A host with both servers and both clients.

use smoltcp::iface::SocketStorage;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr};
use uppercase::stack::{Config, earliest};
use uppercase::{PORT, Stack, tcp, udp};

use crate::clients::{Clients, fragmenter};
use crate::common::ask::parts;
use crate::common::network::{Link, hardware_address};
use crate::common::scene::buffers;
use crate::line::{End, Line};

/// The longest datagram, in bytes, and how many can wait.
pub const DATAGRAM: usize = 1600;
pub const QUEUE: usize = 2;
/// Each way, in bytes.
pub const WINDOW: usize = 256;

/// Calls of the services in one poll: after each frame, and around each transmission.
const MOST_CALLS: usize = 4 * 3 * 64;
/// Frames that are received in one poll.
pub const MOST_FRAMES: usize = 4 * 64;

const LIMITS: tcp::Config = tcp::Config {
    port: PORT,
    connections: usize::MAX,
    once: false,
    handshake_timeout: Some(Duration::from_secs(1)),
    idle_timeout: Some(Duration::from_secs(5)),
    close_timeout: Some(Duration::from_secs(3)),
    keep_alive: Some(Duration::from_secs(2)),
    silence_timeout: Some(Duration::from_secs(90)),
    congestion_control: tcp::CongestionControl::Reno,
};

pub type LineStack<'a> = Stack<'static, Line<'a>>;

pub struct Host<'a> {
    stack: LineStack<'a>,
    /// When it wants to be polled even if nothing arrives.
    pub due: Option<Instant>,
    pub tcp: tcp::Server<'static>,
    udp: udp::Server<'static>,
    pub clients: Clients,
}

impl<'a> Host<'a> {
    pub fn new(mut stack: LineStack<'a>, places: usize) -> Self {
        Self {
            due: Some(Instant::ZERO),
            tcp: tcp_server(&mut stack, places),
            udp: udp_server(&mut stack),
            clients: Clients::new(&mut stack),
            stack,
        }
    }

    pub fn end(&mut self) -> &mut End {
        self.stack.device_mut().end()
    }

    /// Its clients begin to talk to a server, if they do not already.
    pub fn begin(&mut self, now: Instant, server: IpAddress, text: &[u8]) {
        self.clients.begin(&mut self.stack, now, server, text);
        self.due = Some(now);
    }

    /// Its clients give up.
    pub fn abort(&mut self, now: Instant) {
        self.clients.abort(&mut self.stack, now);
        self.due = Some(now);
    }

    /// Polls it, unless nothing has arrived and it is not time; returns what it has transmitted.
    pub fn poll(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let end = self.stack.device_mut().end();
        if end.incoming.is_empty() && self.due.is_none_or(|due| due > now) {
            return Vec::new();
        }
        end.received = 0;
        let mut calls = 0;
        let delay = self.stack.poll(now, |context| {
            calls += 1;
            let servers = earliest(self.tcp.poll(context), self.udp.poll(context));
            earliest(servers, self.clients.poll(context))
        });
        self.due = delay.map(|delay| now + delay);
        let end = self.stack.device_mut().end();
        assert!(
            calls <= MOST_CALLS,
            "{calls} calls of the services in a poll"
        );
        assert!(
            end.received <= MOST_FRAMES,
            "{} frames in a poll",
            end.received
        );
        std::mem::take(&mut end.outgoing)
    }
}

pub fn stack(line: Line<'_>, host: u8, link: Link) -> LineStack<'_> {
    let config = Config {
        hardware_address: hardware_address(host),
        addresses: &[IpCidr::new(
            link.address(host),
            if link.ipv6 { 64 } else { 24 },
        )],
        gateways: &[],
        random_seed: host.into(),
    };
    let slots = Vec::<SocketStorage<'_>>::with_capacity(8);
    Stack::new(line, config, slots, Instant::ZERO).expect("the configuration is right")
}

fn tcp_server(stack: &mut LineStack<'_>, places: usize) -> tcp::Server<'static> {
    let mut pool = Vec::new();
    pool.resize_with(places, tcp::Place::new);
    let buffers = (0..places).map(|_| buffers(WINDOW));
    tcp::Server::from_parts(stack.sockets(), pool, buffers, LIMITS).expect("there is room")
}

fn udp_server(stack: &mut LineStack<'_>) -> udp::Server<'static> {
    let fragmenter = fragmenter(stack);
    let parts = parts(DATAGRAM, QUEUE);
    let server = udp::Server::from_parts(stack.sockets(), parts, PORT);
    server.expect("there is room").with_fragmenter(fragmenter)
}
