//! A TCP server and clients that a test moves by hand, one step after the other.

use std::task::Poll;

use smoltcp::iface::SocketStorage;
use smoltcp::socket::tcp::SocketBuffer;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpEndpoint;
use uppercase::Context;
use uppercase::stack::Sockets;
use uppercase::tcp::{self, steered};

use super::network::{Actor, Link, Network};
use super::talk::{TIMEOUT, Talk};

/// Buffers that only the heap can size, for as many connections as you like.
pub fn buffers(bytes: usize) -> (SocketBuffer<'static>, SocketBuffer<'static>) {
    (
        SocketBuffer::new(vec![0; bytes]),
        SocketBuffer::new(vec![0; bytes]),
    )
}

/// A server of either kind.
pub enum Server {
    Plain(tcp::Server<'static>),
    Steered(Box<steered::Server<'static>>),
}

/// A server with this many places, each with buffers of `window` bytes: of the kind for many
/// connections where this is a part of `tests/steered.rs`.
pub fn server(network: &mut Network, places: usize, window: usize, config: tcp::Config) -> Server {
    if env!("CARGO_CRATE_NAME") == "steered" {
        Server::steered(places, window, config)
    } else {
        Server::plain(network, places, window, config)
    }
}

impl Server {
    pub fn plain(network: &mut Network, places: usize, window: usize, config: tcp::Config) -> Self {
        Self::plain_on(network.server.sockets(), places, window, config)
    }

    pub fn plain_on(
        sockets: &mut Sockets<'static>,
        places: usize,
        window: usize,
        config: tcp::Config,
    ) -> Self {
        let mut pool = Vec::new();
        pool.resize_with(places, tcp::Place::new);
        let buffers = (0..places).map(|_| buffers(window));
        let server = tcp::Server::from_parts(sockets, pool, buffers, config);
        Self::Plain(server.expect("there is room"))
    }

    /// The server for many connections.
    pub fn steered(places: usize, window: usize, config: tcp::Config) -> Self {
        let (mut slots, mut pool) = (Vec::new(), Vec::new());
        slots.resize_with(places, || SocketStorage::EMPTY);
        pool.resize_with(places, steered::Place::new);
        let entries = vec![steered::Entry::EMPTY; places];
        let buffers = (0..places).map(|_| buffers(window));
        let slots = slots.leak();
        let server = steered::Server::from_parts(slots, pool, entries, buffers, config, 1);
        Self::Steered(Box::new(server.expect("there is room")))
    }

    pub fn counters(&self) -> tcp::Counters {
        match self {
            Self::Plain(server) => server.counters(),
            Self::Steered(server) => server.counters(),
        }
    }

    pub fn connections(&self) -> usize {
        match self {
            Self::Plain(server) => server.connections(),
            Self::Steered(server) => server.connections(),
        }
    }

    pub fn close(&mut self, context: &mut Context<'_, 'static>) {
        match self {
            Self::Plain(server) => server.close(context),
            Self::Steered(server) => server.close(context),
        }
    }

    pub fn abort(&mut self, context: &mut Context<'_, 'static>) {
        match self {
            Self::Plain(server) => server.abort(context),
            Self::Steered(server) => server.abort(context),
        }
    }
}

impl Actor for Server {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        match self {
            Self::Plain(server) => server.poll(context),
            Self::Steered(_) => None,
        }
    }

    fn steered(&mut self) -> Option<&mut steered::Server<'static>> {
        match self {
            Self::Plain(_) => None,
            Self::Steered(server) => Some(server),
        }
    }
}

/// Two hosts, one with a server.
pub struct Scene {
    pub link: Link,
    pub network: Network,
    pub server: Server,
}

impl Scene {
    pub fn new(link: Link, places: usize, config: tcp::Config) -> Self {
        let mut network = Network::new(link);
        let server = server(&mut network, places, 1024, config);
        Self {
            link,
            network,
            server,
        }
    }

    /// Runs both hosts until nothing is left to do at this moment.
    #[track_caller]
    pub fn settle(&mut self) {
        self.network.settle(&mut [&mut self.server], &mut []);
    }

    /// Lets time pass.
    #[track_caller]
    pub fn pass(&mut self, time: Duration) {
        self.network.run_for(time, &mut [&mut self.server], &mut []);
    }

    /// Fails unless a new client is served in an hour at most, with no refusal on the way.
    #[track_caller]
    pub fn expect_service(&mut self) {
        let mut talk = Talk::new(&mut self.network, self.link.server(), 512, b"anyone there?");
        let clients: &mut [&mut dyn Actor] = &mut [&mut talk];
        self.network
            .run(TIMEOUT * 2, &mut [&mut self.server], clients);
        assert_eq!(talk.expect_answer(), b"ANYONE THERE?", "{:?}", self.link);
    }

    /// How many places are taken, once everything at this moment is done.
    #[track_caller]
    pub fn connections(&mut self) -> usize {
        self.settle();
        self.server.connections()
    }
}

/// A client that does nothing by itself.
pub struct Caller {
    pub client: tcp::Client,
}

impl Caller {
    pub fn new(network: &mut Network, window: usize) -> Self {
        let (receive, transmit) = buffers(window);
        let sockets = network.client.sockets();
        let client = tcp::Client::from_parts(sockets, receive, transmit, TIMEOUT);
        Self {
            client: client.expect("there is room"),
        }
    }

    /// A client that is connected to the scene's server.
    #[track_caller]
    pub fn connected(scene: &mut Scene) -> Self {
        let mut caller = Self::new(&mut scene.network, 1024);
        caller.connect(scene);
        scene.settle();
        assert_eq!(caller.is_open(scene), Ok(true), "{:?}", scene.link);
        caller
    }

    pub fn connect(&mut self, scene: &mut Scene) {
        let server = scene.link.server();
        assert_eq!(self.connect_to(&mut scene.network, server), Ok(()));
    }

    pub fn connect_to(
        &mut self,
        network: &mut Network,
        server: IpEndpoint,
    ) -> Result<(), tcp::Error> {
        let mut context = network.context();
        self.client.connect(&mut context, server)
    }

    pub fn is_open(&mut self, scene: &mut Scene) -> Result<bool, tcp::Error> {
        let network = &mut scene.network;
        self.client.is_open(&mut network.context())
    }

    pub fn is_closed(&mut self, scene: &mut Scene) -> Result<bool, tcp::Error> {
        let network = &mut scene.network;
        self.client.is_closed(&mut network.context())
    }

    /// Sends all of a text, for which there must be room.
    #[track_caller]
    pub fn say(&mut self, scene: &mut Scene, text: &[u8]) {
        let network = &mut scene.network;
        let sent = self.client.send(&mut network.context(), text);
        assert_eq!(sent, Ok(text.len()), "{:?}", scene.link);
    }

    pub fn finish(&mut self, scene: &mut Scene) {
        let network = &mut scene.network;
        self.client.finish(&mut network.context());
    }

    pub fn abort(&mut self, scene: &mut Scene) {
        let network = &mut scene.network;
        self.client.abort(&mut network.context());
    }

    /// What has arrived, and whether that is the end; or the error after it.
    pub fn hear(&mut self, scene: &mut Scene) -> (Vec<u8>, Result<bool, tcp::Error>) {
        let network = &mut scene.network;
        let mut context = network.context();
        let (mut heard, mut buffer) = (Vec::new(), [0; 100]);
        loop {
            match self.client.receive(&mut context, &mut buffer) {
                Ok(Poll::Ready(0)) => return (heard, Ok(true)),
                Ok(Poll::Ready(length)) => heard.extend_from_slice(&buffer[..length]),
                Ok(Poll::Pending) => return (heard, Ok(false)),
                Err(error) => return (heard, Err(error)),
            }
        }
    }

    /// Fails unless exactly this was heard, and the server has not closed.
    #[track_caller]
    pub fn expect(&mut self, scene: &mut Scene, text: &[u8]) {
        scene.settle();
        assert_eq!(
            self.hear(scene),
            (text.to_vec(), Ok(false)),
            "{:?}",
            scene.link
        );
    }

    /// Fails unless exactly this was heard, and then the server closed.
    #[track_caller]
    pub fn expect_end(&mut self, scene: &mut Scene, text: &[u8]) {
        scene.settle();
        assert_eq!(
            self.hear(scene),
            (text.to_vec(), Ok(true)),
            "{:?}",
            scene.link
        );
    }
}
