//! The server of this package, over TCP and UDP.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use bumpalo::Bump;
use smoltcp::iface::SocketStorage;
use smoltcp::time::Instant;
use uppercase::simulation::Link;
use uppercase::stack::{PendingSyn, Slot, Table};
use uppercase::tcp::{Handler, Mark, Progress, Scan, Session};
use uppercase::transform::{Transform, Unicode};
use uppercase::{Stack, tcp, udp};

use super::client::{Device, buffer, datagrams, set_up, stack};
use super::{Host, Number};
use crate::log::{Log, watch};
use crate::sample::{Connection, Sample, micros};
use crate::script::Deed;
use crate::settings::Settings;

/// SYNs that wait while all connections are taken.
const BACKLOG: usize = 4;

/// The upper-casing, of a server that can be told to stop for a while.
#[derive(Default)]
pub struct Desk {
    upper: Unicode,
    /// When the server was told to close.
    closes: Option<Instant>,
}

/// What a server was told.
#[derive(Default)]
pub struct Orders {
    is_paused: bool,
    closes: bool,
}

impl Handler for Desk {
    type Shared = Orders;

    fn exchange(
        &mut self,
        orders: &mut Orders,
        now: Instant,
        input: &[u8],
        output: &mut [u8],
    ) -> Progress {
        if orders.closes {
            self.closes = Some(now);
        }
        match orders.is_paused {
            true => Progress::default(),
            false => self.upper.convert(input, output),
        }
    }

    fn finish(&mut self, _: &mut Orders, output: &mut [u8]) -> usize {
        Transform::finish(&mut self.upper, output)
    }

    fn closes(&self) -> bool {
        self.closes.is_some()
    }

    fn deadline(&self) -> Option<Instant> {
        self.closes
    }
}

struct Running<'a> {
    stack: Stack<'a, Device<'a>>,
    tcp: tcp::Server<'a, Desk>,
    udp: udp::Server<'a, Unicode>,
}

/// The server.
pub struct Server<'a> {
    storage: &'a Bump,
    settings: &'a Settings,
    log: Rc<RefCell<Log>>,
    name: Arc<str>,
    link: Link,
    seed: u64,
    running: Option<Running<'a>>,
}

impl<'a> Server<'a> {
    /// A server that runs.
    pub fn new(
        storage: &'a Bump,
        settings: &'a Settings,
        log: &Rc<RefCell<Log>>,
        (name, link): (&Arc<str>, Link),
        seed: u64,
    ) -> Self {
        let mut server = Self {
            storage,
            settings,
            log: log.clone(),
            name: name.clone(),
            link,
            seed,
            running: None,
        };
        server.boot(Instant::ZERO);
        server
    }

    fn boot(&mut self, now: Instant) {
        let (storage, settings) = (self.storage, self.settings);
        let (plan, seed) = (settings.plan(), self.seed);
        let stack = stack(storage, Number::SERVER, plan, &self.link, seed, now);
        self.seed = seed.wrapping_add(1);
        let backlog = storage.alloc_slice_fill_with(BACKLOG, |_| PendingSyn::EMPTY);
        let mut stack = stack.with_backlog(backlog);
        watch(&mut stack, &self.log, &self.name);
        let sockets = stack.sockets();
        let session = |_| {
            let storage_of_socket = storage.alloc(SocketStorage::EMPTY);
            let (receive, transmit) = (buffer(storage, settings), buffer(storage, settings));
            let session = Session::new(storage_of_socket, receive, transmit);
            session.expect("the buffers have a size that is allowed")
        };
        let sessions: Vec<_> = (0..settings.places).map(session).collect();
        let marks = storage.alloc_slice_fill_with(settings.places, |_| Mark::EMPTY);
        let config = tcp::Config::default().with_congestion_control(settings.congestion);
        let tcp = tcp::Server::from_parts(sockets, sessions, Scan::new(marks), config);
        let mut tcp = tcp.expect("the port is free");
        for slot in (0..settings.places).map(Slot) {
            if let Some(connection) = tcp.touch(slot) {
                set_up(connection.socket_mut(), settings);
            }
        }
        let udp = udp::Server::from_parts(sockets, datagrams(storage), uppercase::PORT);
        let udp = udp.expect("there is a slot for it").with_transform();
        self.running = Some(Running { stack, tcp, udp });
    }

    fn order(&mut self, order: impl Fn(&mut Orders)) {
        let Some(Running { tcp, .. }) = &mut self.running else {
            return;
        };
        order(tcp.shared_mut());
        // Each connection is looked at in the next poll.
        for slot in (0..self.settings.places).map(Slot) {
            let _ = tcp.touch(slot);
        }
    }
}

impl Host for Server<'_> {
    fn poll(&mut self, now: Instant) -> Option<Instant> {
        let Running { stack, tcp, udp } = self.running.as_mut()?;
        let next = stack.poll(now, &mut (&mut *tcp, udp));
        // All connections that there were have been told.
        tcp.shared_mut().closes = false;
        next.due(now)
    }

    fn perform(&mut self, deed: &Deed, now: Instant) {
        match deed {
            Deed::Crash => self.running = None,
            Deed::Boot if self.running.is_none() => self.boot(now),
            Deed::Pause => self.order(|orders| orders.is_paused = true),
            Deed::Resume => self.order(|orders| orders.is_paused = false),
            Deed::Finish => self.order(|orders| orders.closes = true),
            Deed::Abort => {
                if let Some(Running { tcp, .. }) = &mut self.running {
                    for slot in (0..self.settings.places).map(Slot) {
                        if let Some(connection) = tcp.touch(slot) {
                            connection.socket_mut().abort();
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn sample(&mut self, now: Instant, timer: Option<Instant>) -> Sample {
        let mut connections = Vec::new();
        let mut reads = true;
        if let Some(Running { tcp, .. }) = &self.running {
            reads = !tcp.shared().is_paused;
            let slots = (0..self.settings.places).map(Slot);
            let of = |slot| Connection::of(tcp.get(slot)?.socket());
            connections.extend(slots.filter_map(of));
        }
        Sample {
            time: now.total_micros(),
            host: self.name.clone(),
            is_on: self.running.is_some(),
            reads,
            connections,
            timer: micros(timer),
        }
    }

    fn is_busy(&self) -> bool {
        false
    }
}
