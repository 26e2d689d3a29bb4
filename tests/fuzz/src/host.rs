//! A host with both servers and both clients.

use smoltcp::iface::SocketStorage;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr};
use uppercase::device::reassembly::{self, OVERHEAD};
use uppercase::stack::{Config, FRAGMENTATION_OVERHEAD, from_fn};
use uppercase::transform::Unicode;
use uppercase::{PORT, Servers, Stack, tcp, udp};

use crate::clients::Clients;
use crate::common::ask::parts;
use crate::common::network::{Link, hardware_address};
use crate::line::{End, Line};

/// The longest datagram, in bytes, and how many can wait.
pub const DATAGRAM: usize = 1600;
pub const QUEUE: usize = 2;
/// Each way, in bytes.
pub const WINDOW: usize = 256;

/// Connections of the server at a time.
const CONNECTIONS: usize = 2;
/// Frames that are received in one poll.
pub const MOST_FRAMES: usize = 64;

const LIMITS: tcp::Config = tcp::Config::new()
    .with_handshake_timeout(Some(Duration::from_secs(1)))
    .with_idle_timeout(Some(Duration::from_secs(5)))
    .with_close_timeout(Some(Duration::from_secs(3)))
    .with_keep_alive(Some(Duration::from_secs(2)));

pub type LineStack<'a> = Stack<'a, Line<'a>>;

/// What a host lives in.
pub struct Memory<'a> {
    pub fragments: Fragments,
    pub connections: Connections<'a>,
}

/// Room for fragments that have yet to be put together.
pub type Fragments = reassembly::Buffers<2, { DATAGRAM + OVERHEAD }>;

/// The connections of the server, and that of the client.
pub struct Connections<'a> {
    server: tcp::Pool<'a, CONNECTIONS, WINDOW, WINDOW, Unicode>,
    client: tcp::ClientStorage<'a, WINDOW, WINDOW>,
}

impl Memory<'_> {
    pub const fn new() -> Self {
        Self {
            fragments: Fragments::new(),
            connections: Connections {
                server: tcp::Pool::new(),
                client: tcp::ClientStorage::new(),
            },
        }
    }
}

pub struct Host<'a> {
    stack: LineStack<'a>,
    /// When it wants to be polled even if nothing arrives.
    pub due: Option<Instant>,
    servers: Servers<'a, Unicode>,
    pub clients: Clients<'a>,
}

impl<'a> Host<'a> {
    pub fn new(mut stack: LineStack<'a>, connections: &'a mut Connections<'a>) -> Self {
        let Connections { server, client } = connections;
        let tcp = tcp::Server::new(stack.sockets(), server, LIMITS);
        Self {
            due: Some(Instant::ZERO),
            servers: Servers {
                tcp: Some(tcp.expect("nothing else has the port")),
                udp: Some(udp_server(&mut stack)),
            },
            clients: Clients::new(&mut stack, client),
            stack,
        }
    }

    /// How many clients its TCP server has.
    pub fn connections(&self) -> usize {
        self.servers
            .tcp
            .as_ref()
            .map_or(0, tcp::Server::connections)
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
        let mut clients = from_fn(|context| {
            calls += 1;
            self.clients.poll(context)
        });
        let next = self.stack.poll(now, &mut (&mut self.servers, &mut clients));
        self.due = next.due(now);
        let end = self.stack.device_mut().end();
        assert_eq!(calls, 1, "calls of a service in a poll");
        assert!(
            end.received <= MOST_FRAMES,
            "{} frames in a poll",
            end.received
        );
        std::mem::take(&mut end.outgoing)
    }
}

pub fn stack(line: Line<'_>, host: u8, link: Link) -> LineStack<'_> {
    let config =
        Config::new(hardware_address(host).into(), host.into()).with_addresses(&[IpCidr::new(
            link.address(host),
            if link.ipv6 { 64 } else { 24 },
        )]);
    let slots = Vec::<SocketStorage<'_>>::with_capacity(8);
    let stack = Stack::new(line, config, slots, Instant::ZERO);
    let stack = stack.expect("the configuration is right");
    stack.with_fragmentation(vec![0; DATAGRAM + FRAGMENTATION_OVERHEAD])
}

fn udp_server<'a>(stack: &mut LineStack<'a>) -> udp::Server<'a, Unicode> {
    let parts = parts(DATAGRAM, QUEUE);
    let server = udp::Server::from_parts(stack.sockets(), parts, PORT);
    server.expect("there is room").with_transform()
}
