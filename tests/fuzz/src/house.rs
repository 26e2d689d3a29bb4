//! A host with both servers and both clients that is under fire, an honest one beside it, and a
//! clock that jumps.
//!
//! What is promised whatever arrives:
//! - nobody panics, and both hosts come to rest after a bounded number of polls;
//! - answers over UDP are the upper case of what was asked, once, to who asked;
//! - what an honest client receives over TCP is the beginning of its answer;
//! - when the fire has ceased and the time limits have passed, every place is free again and
//!   honest clients are served.

use smoltcp::iface::SocketStorage;
use smoltcp::phy::Medium;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpCidr;
use uppercase::device::reassembly::{self, OVERHEAD, Reassembly};
use uppercase::stack::{Config, Waiting, earliest};
use uppercase::{PORT, Stack, tcp, udp};

use crate::clients::{Clients, fragmenter};
use crate::common::ask::parts;
use crate::common::network::{CLIENT, Link, SECOND, SERVER, hardware_address};
use crate::common::scene::buffers;
use crate::judge::Judge;
use crate::line::{End, Line};

/// The longest datagram, in bytes, and how many can wait.
pub const DATAGRAM: usize = 1600;
pub const QUEUE: usize = 2;
/// Each way, in bytes.
pub const WINDOW: usize = 256;
const PLACES: usize = 2;

/// Rounds of polling until nothing moves any more.
const MOST_ROUNDS: usize = 500;
/// Moments at which something happens, however long the time that passes.
const MOST_EVENTS: usize = 2_000;
/// Calls of the services in one poll: after each frame, and around each transmission.
const MOST_CALLS: usize = 4 * 3 * 64;
/// Frames that are received in one poll.
const MOST_FRAMES: usize = 4 * 64;
/// After this all that was begun has come to its end: idle, then closing, then TIME-WAIT.
const ALL_LIMITS: Duration = Duration::from_secs(25);

const LIMITS: tcp::Config = tcp::Config {
    port: PORT,
    connections: usize::MAX,
    once: false,
    handshake_timeout: Some(Duration::from_secs(1)),
    idle_timeout: Some(Duration::from_secs(5)),
    close_timeout: Some(Duration::from_secs(3)),
    keep_alive: Some(Duration::from_secs(2)),
    silence_timeout: Some(Duration::from_secs(90)),
};

const TEXT: &[u8] = "straße \u{390} \u{ff}\n, and some more".as_bytes();
/// The transform has a target of its own, so here it has little to do.
const MORE: &[u8] = b" it goes on and on, in letters that are converted fast";

pub type Fragments = reassembly::Buffers<{ DATAGRAM + OVERHEAD }, 2>;

/// What differs between runs.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub link: Link,
    /// Whether fragments are put together before they come to smoltcp.
    pub reassembles: bool,
    pub backlog: bool,
    /// Whether honest clients talk to the host while it is under fire.
    pub is_visited: bool,
    /// Whether its own clients talk to the honest host.
    pub visits: bool,
    /// Whether all that was sent is at last sent without end.
    pub is_flooded: bool,
}

impl Setup {
    /// The first byte of an input says it all but one thing, for which all bytes are added up: a
    /// flood takes most of the time, so it must not run in the family.
    pub fn new(byte: u8, rest: &[u8]) -> Self {
        let bit = |number: u8| byte >> number & 1 == 1;
        let sum = rest.iter().fold(byte, |sum, byte| sum.wrapping_add(*byte));
        Self {
            link: Link {
                medium: if bit(0) { Medium::Ip } else { Medium::Ethernet },
                ipv6: bit(1),
            },
            reassembles: !bit(2),
            backlog: !bit(3),
            is_visited: bit(4),
            visits: bit(5),
            is_flooded: sum.is_multiple_of(16),
        }
    }

    /// Small, so that fragments are, too. Where it is smaller than the longest message of ICMP,
    /// smoltcp 0.14 panics when it has to cut one into fragments.
    pub fn ip_mtu(&self) -> usize {
        if self.link.ipv6 { 1280 } else { 576 }
    }
}

pub type Host<'a> = Stack<'static, Line<'a>>;

pub struct House<'a> {
    pub setup: Setup,
    pub now: Instant,
    pub judge: Judge,
    host: Host<'a>,
    host_due: Option<Instant>,
    tcp: tcp::Server<'static>,
    udp: udp::Server<'static>,
    own: Clients,
    peer: Host<'a>,
    peer_due: Option<Instant>,
    peer_tcp: tcp::Server<'static>,
    peer_udp: udp::Server<'static>,
    visitors: Clients,
    flood: Vec<Vec<u8>>,
}

impl<'a> House<'a> {
    pub fn new(setup: Setup, memory: &'a mut [Fragments; 2]) -> Self {
        let [for_host, for_peer] = memory;
        let end = || End::new(setup.link.medium, setup.ip_mtu());
        let whole = |memory| Line::Whole(Reassembly::new(end(), memory));
        let line = match setup.reassembles {
            true => whole(for_host),
            false => Line::Plain(end()),
        };
        let mut host = stack(line, SERVER, setup.link);
        if setup.backlog {
            host = host.with_backlog(vec![Waiting::NOBODY; 2]);
        }
        let mut peer = stack(whole(for_peer), CLIENT, setup.link);
        let mut house = Self {
            setup,
            now: Instant::ZERO,
            judge: Judge::new(setup.link),
            tcp: tcp_server(&mut host, PLACES),
            udp: udp_server(&mut host),
            own: Clients::new(&mut host),
            peer_tcp: tcp_server(&mut peer, 1),
            peer_udp: udp_server(&mut peer),
            visitors: Clients::new(&mut peer),
            host,
            host_due: Some(Instant::ZERO),
            peer,
            peer_due: Some(Instant::ZERO),
            flood: Vec::new(),
        };
        house.send_clients();
        house
    }

    /// The clients that are to talk while the host is under fire begin, if they do not already.
    pub fn send_clients(&mut self) {
        let link = self.setup.link;
        if self.setup.is_visited {
            self.visitors
                .begin(&mut self.peer, self.now, link.address(SERVER), TEXT);
            self.peer_due = Some(self.now);
        }
        if self.setup.visits {
            self.own
                .begin(&mut self.host, self.now, link.address(CLIENT), TEXT);
            self.host_due = Some(self.now);
        }
    }

    /// A frame that nobody here has sent arrives at the host.
    pub fn forge(&mut self, frame: Vec<u8>) {
        self.judge.forged(&frame);
        self.judge.arrives(&frame, 1);
        if self.setup.is_flooded {
            self.flood.push(frame.clone());
        }
        self.host.device_mut().end().incoming.push_back(frame);
    }

    /// Lets time pass.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        for _ in 0..MOST_EVENTS {
            match self.settle() {
                Some(due) if due <= end => self.now = due,
                _ => {
                    self.now = end;
                    return;
                }
            }
        }
        panic!("there is no rest");
    }

    /// Runs both hosts until nothing is left to do at this moment; returns when there will be.
    pub fn settle(&mut self) -> Option<Instant> {
        for _ in 0..MOST_ROUNDS {
            self.poll_host();
            self.poll_peer();
            let quiet = self.host.device_mut().end().incoming.is_empty();
            let due = earliest(self.host_due, self.peer_due);
            if quiet && due.is_none_or(|due| due > self.now) {
                if !self.judge.is_impersonated {
                    self.visitors.check();
                    self.own.check();
                }
                return due;
            }
        }
        panic!("the hosts are busy for ever");
    }

    fn poll_host(&mut self) {
        let end = self.host.device_mut().end();
        if end.incoming.is_empty() && self.host_due.is_none_or(|due| due > self.now) {
            return;
        }
        end.received = 0;
        let mut calls = 0;
        let delay = self.host.poll(self.now, |context| {
            calls += 1;
            let servers = earliest(self.tcp.poll(context), self.udp.poll(context));
            earliest(servers, self.own.poll(context))
        });
        self.host_due = delay.map(|delay| self.now + delay);
        let end = self.host.device_mut().end();
        assert!(
            calls <= MOST_CALLS,
            "{calls} calls of the services in a poll"
        );
        assert!(
            end.received <= MOST_FRAMES,
            "{} frames in a poll",
            end.received
        );
        for frame in std::mem::take(&mut end.outgoing) {
            self.judge.leaves(&frame);
            self.peer.device_mut().end().incoming.push_back(frame);
        }
    }

    fn poll_peer(&mut self) {
        let end = self.peer.device_mut().end();
        if end.incoming.is_empty() && self.peer_due.is_none_or(|due| due > self.now) {
            return;
        }
        let delay = self.peer.poll(self.now, |context| {
            let servers = earliest(self.peer_tcp.poll(context), self.peer_udp.poll(context));
            earliest(servers, self.visitors.poll(context))
        });
        self.peer_due = delay.map(|delay| self.now + delay);
        for frame in std::mem::take(&mut self.peer.device_mut().end().outgoing) {
            self.judge.arrives(&frame, 1);
            self.host.device_mut().end().incoming.push_back(frame);
        }
    }

    /// The fire has ceased: fails unless the house is as it was before.
    pub fn expect_everything_back(&mut self) {
        self.endure_flood();
        self.settle();
        self.visitors.abort(&mut self.peer, self.now);
        self.own.abort(&mut self.host, self.now);
        (self.host_due, self.peer_due) = (Some(self.now), Some(self.now));
        self.pass(ALL_LIMITS);
        assert_eq!(self.tcp.connections(), 0, "a place is lost");

        let link = self.setup.link;
        // Longer than a packet, and than a receive buffer, where fragments can be taken.
        let more = match self.setup {
            Setup {
                reassembles: false, ..
            } => 0,
            Setup {
                link: Link { ipv6: true, .. },
                ..
            } => 24,
            _ => 12,
        };
        let text = [TEXT, &MORE.repeat(more)].concat();
        self.visitors
            .begin(&mut self.peer, self.now, link.address(SERVER), &text);
        self.own
            .begin(&mut self.host, self.now, link.address(CLIENT), TEXT);
        (self.host_due, self.peer_due) = (Some(self.now), Some(self.now));
        self.pass(SECOND * 9);
        self.visitors.expect_answers();
        self.own.expect_answers();
    }

    /// However fast frames arrive, a poll returns.
    fn endure_flood(&mut self) {
        self.settle();
        self.judge.heard.clear();
        // Fragments come together anew each time.
        self.judge.is_raw = true;
        let flood = std::mem::take(&mut self.flood);
        for frame in &flood {
            self.judge.forged(frame);
            self.judge.arrives(frame, MOST_FRAMES.div_ceil(flood.len()));
        }
        self.host.device_mut().end().flood = flood;
        self.host_due = Some(self.now);
        self.poll_host();
        self.host.device_mut().end().flood.clear();
        self.host_due = Some(self.now);
    }
}

fn stack(line: Line<'_>, host: u8, link: Link) -> Host<'_> {
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

fn tcp_server(host: &mut Host<'_>, places: usize) -> tcp::Server<'static> {
    let mut pool = Vec::new();
    pool.resize_with(places, tcp::Place::new);
    let buffers = (0..places).map(|_| buffers(WINDOW));
    tcp::Server::from_parts(host.sockets(), pool, buffers, LIMITS).expect("there is room")
}

fn udp_server(host: &mut Host<'_>) -> udp::Server<'static> {
    let fragmenter = fragmenter(host);
    let parts = parts(DATAGRAM, QUEUE);
    let server = udp::Server::from_parts(host.sockets(), parts, PORT);
    server.expect("there is room").with_fragmenter(fragmenter)
}
