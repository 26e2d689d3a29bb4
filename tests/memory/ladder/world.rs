//! What the scenarios are made of.

use std::task::Poll;

use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp::{PacketBuffer, PacketMetadata, Socket};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::TcpControl;
use uppercase::dns::{self, Resolver};
use uppercase::simulation::{Conditions, Lane};
use uppercase::{Context, tcp};

use crate::common::frames::read_tcp;
use crate::common::name_server::{NO_SUCH_NAME, answer, answer_addresses, encoded};
use crate::common::network::{Actor, HOUR, Link, Network};
use crate::common::scene::{self, Caller, Scene};
use crate::common::talk::Talk;

use super::trace::Trace;

pub const MS: Duration = Duration::from_millis(1);

/// A network on which each frame takes 5 ms.
pub fn network(link: Link) -> (Network, Trace) {
    let mut network = Network::new(link);
    slow(&network);
    let trace = Trace::of(&mut network);
    (network, trace)
}

/// A server with room for `connections`, on such a network.
pub fn scene(link: Link, connections: usize, config: tcp::Config) -> (Scene, Trace) {
    let mut scene = Scene::new(link, connections, config);
    slow(&scene.network);
    let trace = Trace::of(&mut scene.network);
    (scene, trace)
}

pub fn slow(network: &Network) {
    let conditions = Conditions::default().with_delay(MS * 5);
    network.to_server.set(conditions);
    network.to_client.set(conditions);
}

/// Loses the first segment on the lane for which this is true.
pub fn lose(lane: &Lane, link: Link, is_lost: impl Fn(TcpControl, usize) -> bool + 'static) {
    let mut is_done = false;
    lane.filter(move |frame| {
        let Some((_, _, segment)) = read_tcp(link, frame) else {
            return true;
        };
        let now = !is_done && is_lost(segment.control, segment.payload.len());
        is_done |= now;
        !now
    });
}

/// One line over TCP; then both hosts run on until nothing is on its way.
pub fn talk(
    network: &mut Network,
    link: Link,
    config: tcp::Config,
    change: impl FnOnce(&mut Talk),
) {
    let mut server = scene::server(network, 1, 1024, config);
    let mut talk = Talk::new(network, link.server(), 1024, b"hello, world\n");
    change(&mut talk);
    network.run(HOUR, &mut [&mut server], &mut [&mut talk]);
    network.run_for(MS * 20, &mut [&mut server], &mut [&mut talk]);
}

pub trait Steps {
    fn step(&mut self, time: Duration);
    fn call(&mut self) -> Caller;
}

impl Steps for Scene {
    /// Lets time pass.
    fn step(&mut self, time: Duration) {
        self.pass(time);
    }

    /// A client that is connected.
    fn call(&mut self) -> Caller {
        let mut caller = Caller::new(&mut self.network, 1024);
        caller.connect(self);
        self.pass(MS * 40);
        caller
    }
}

pub const ETHERNET: Link = Link::ETHERNET_V4;

/// A name server that knows one name.
struct NameServer {
    socket: SocketHandle,
    name: Vec<u8>,
}

impl Actor for NameServer {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        let socket = context.sockets.get_mut::<Socket<'_>>(self.socket);
        while let Ok((query, client)) = socket.recv() {
            let query = query.to_vec();
            let is_known = query[12..].starts_with(&self.name);
            let answer = match is_known {
                true => answer_addresses(&query, &[[192, 168, 69, 1].into()]),
                false => answer(&query, NO_SUCH_NAME, &[]),
            };
            socket.send_slice(&answer, client).expect("there is room");
        }
        None
    }
}

struct LookUp(Resolver, bool);

impl Actor for LookUp {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        self.1 |= !matches!(self.0.poll(context), Ok(Poll::Pending));
        self.0.deadline()
    }

    fn is_done(&self) -> bool {
        self.1
    }
}

/// Looks up two names, of which the server knows the first.
pub fn look_up(network: &mut Network, link: Link, name: &str) {
    let queue =
        |count, bytes| PacketBuffer::new(vec![PacketMetadata::EMPTY; count], vec![0; bytes]);
    let mut socket = Socket::new(queue(4, 2 * dns::ANSWER), queue(4, 2 * dns::ANSWER));
    socket.bind((link.server().addr, 53)).expect("it is free");
    let socket = network.server.sockets().add(socket).expect("there is room");
    let mut server = NameServer {
        socket,
        name: encoded(name),
    };
    let parts = dns::Parts {
        receive: queue(dns::QUESTIONS_AT_ONCE, dns::ANSWER * dns::QUESTIONS_AT_ONCE),
        transmit: queue(dns::QUESTIONS_AT_ONCE, dns::QUERY * dns::QUESTIONS_AT_ONCE),
    };
    let servers = [link.server().addr];
    let resolver = Resolver::from_parts(network.client.sockets(), parts, &servers, HOUR);
    let mut resolver = LookUp(resolver.expect("there is room"), false);
    for name in [name, "no.such.example"] {
        resolver.1 = false;
        let context = &mut network.context();
        resolver.0.start(context, name).expect("it is a name");
        network.run(HOUR, &mut [&mut server], &mut [&mut resolver]);
    }
}
