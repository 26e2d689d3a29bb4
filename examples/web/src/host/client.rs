//! A client of this package.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use bumpalo::Bump;
use smoltcp::iface::SocketStorage;
use smoltcp::socket::tcp::SocketBuffer;
use smoltcp::socket::udp::{PacketBuffer, PacketMetadata};
use smoltcp::time::{Duration, Instant};
use uppercase::device::reassembly::{self, OVERHEAD, Reassembly};
use uppercase::link::EthernetAddress;
use uppercase::simulation::{Link, Port};
use uppercase::stack::{ClientSlot, Config, from_fn};
use uppercase::{Stack, tcp, udp};

use super::application::{Application, LONGEST};
use super::{Host, Number, Plan};
use crate::log::{Log, watch};
use crate::sample::{Connection, Sample, micros};
use crate::script::Deed;
use crate::settings::{Settings, WHOLE};

/// How long a client waits for progress over TCP, and for an answer over UDP.
const TIMEOUT: Duration = Duration::from_secs(120);
const UDP_TIMEOUT: Duration = Duration::from_secs(10);
/// Datagrams that wait each way.
const QUEUE: usize = 4;

/// A client.
pub struct Client<'a> {
    storage: &'a Bump,
    settings: &'a Settings,
    log: Rc<RefCell<Log>>,
    name: Arc<str>,
    number: Number,
    link: Link,
    /// For the random numbers of its next start.
    seed: u64,
    running: Option<(Stack<'a, Device<'a>>, Application<'a>)>,
}

impl<'a> Client<'a> {
    /// A client that runs.
    pub fn new(
        storage: &'a Bump,
        settings: &'a Settings,
        log: &Rc<RefCell<Log>>,
        (name, number, link): (&Arc<str>, Number, Link),
        seed: u64,
    ) -> Self {
        let mut client = Self {
            storage,
            settings,
            log: log.clone(),
            name: name.clone(),
            number,
            link,
            seed,
            running: None,
        };
        client.boot(Instant::ZERO);
        client
    }

    fn boot(&mut self, now: Instant) {
        let (storage, settings) = (self.storage, self.settings);
        let (plan, seed) = (settings.plan(), self.seed);
        let mut stack = stack(storage, self.number, plan, &self.link, seed, now);
        self.seed = seed.wrapping_add(1);
        watch(&mut stack, &self.log, &self.name);
        let sockets = stack.sockets();
        let slot = storage.alloc(ClientSlot::new());
        let (receive, transmit) = (buffer(storage, settings), buffer(storage, settings));
        let tcp = tcp::Client::from_parts(sockets, slot, receive, transmit, TIMEOUT);
        let mut tcp = tcp.expect("the buffers have a size that is allowed");
        tcp.set_congestion_control(settings.congestion);
        let udp = udp::Client::from_parts(sockets, datagrams(storage), UDP_TIMEOUT);
        let udp = udp.expect("there is a slot for it");
        sockets.for_each_client(|connection| set_up(connection.socket_mut(), settings));
        let server = Number::SERVER.endpoint(settings.plan());
        self.running = Some((stack, Application::new(&self.name, server, tcp, udp)));
    }
}

impl Host for Client<'_> {
    fn poll(&mut self, now: Instant) -> Option<Instant> {
        let (stack, application) = self.running.as_mut()?;
        let log = self.log.clone();
        let mut work = from_fn(|context| {
            // The stack reports changes of states, so the log is borrowed for no longer than this.
            application.poll(context, &mut log.borrow_mut())
        });
        stack.poll(now, &mut work).due(now)
    }

    fn perform(&mut self, deed: &Deed, now: Instant) {
        match deed {
            Deed::Crash => self.running = None,
            Deed::Boot if self.running.is_none() => self.boot(now),
            deed => {
                if let Some((_, application)) = &mut self.running {
                    application.perform(deed);
                }
            }
        }
    }

    fn sample(&mut self, now: Instant, timer: Option<Instant>) -> Sample {
        let mut connections = Vec::new();
        let mut reads = true;
        let is_on = self.running.is_some();
        if let Some((stack, application)) = &mut self.running {
            reads = !application.is_paused;
            stack.sockets().for_each_client(|connection| {
                connections.extend(Connection::of(connection.socket()));
            });
        }
        Sample {
            time: now.total_micros(),
            host: self.name.clone(),
            is_on,
            reads,
            connections,
            timer: micros(timer),
        }
    }

    fn is_busy(&self) -> bool {
        let running = self.running.as_ref();
        running.is_some_and(|(_, application)| application.is_busy())
    }
}

/// The device of a host at the end of a link, which puts the fragments of a router together.
pub type Device<'a> = Reassembly<'a, Port>;

/// Packets that are put together at a time.
const FRAGMENTED: usize = 4;

/// The stack of a host at the end of this link.
pub fn stack<'a>(
    storage: &'a Bump,
    number: Number,
    plan: Plan,
    link: &Link,
    random_seed: u64,
    now: Instant,
) -> Stack<'a, Device<'a>> {
    let gateway = number.gateway(plan);
    let config = Config::new(EthernetAddress(number.hardware().0), random_seed)
        .with_addresses(&[number.cidr(plan)])
        .with_gateways(gateway.as_slice());
    let slots = storage.alloc_slice_fill_with(1, |_| SocketStorage::EMPTY);
    let stack = Stack::new(device(storage, link), config, slots, now);
    stack.expect("the addresses are those of hosts")
}

/// The device of a host at the end of this link.
fn device<'a>(storage: &'a Bump, link: &Link) -> Device<'a> {
    let buffers = storage.alloc_with(reassembly::Buffers::<FRAGMENTED, { WHOLE + OVERHEAD }>::new);
    Reassembly::new(link.port(), buffers)
}

/// A buffer of TCP, as the settings say.
pub fn buffer<'a>(storage: &'a Bump, settings: &Settings) -> SocketBuffer<'a> {
    SocketBuffer::new(storage.alloc_slice_fill_copy(settings.buffer, 0))
}

/// Room for datagrams.
pub fn datagrams(storage: &Bump) -> udp::Parts<'_> {
    udp::Parts {
        receive: packets(storage),
        transmit: packets(storage),
        held: storage.alloc_slice_fill_copy(LONGEST, 0).into(),
    }
}

/// Room for datagrams in one direction.
pub fn packets(storage: &Bump) -> PacketBuffer<'_> {
    let metadata = storage.alloc_slice_fill_copy(QUEUE, PacketMetadata::EMPTY);
    let payload = storage.alloc_slice_fill_copy(QUEUE * LONGEST, 0);
    PacketBuffer::new(metadata, payload)
}

/// What the settings say of a socket.
pub fn set_up(socket: &mut smoltcp::socket::tcp::Socket<'_>, settings: &Settings) {
    socket.set_nagle_enabled(settings.nagle);
    let delay = Duration::from_millis(settings.ack_delay);
    socket.set_ack_delay((delay > Duration::ZERO).then_some(delay));
}
