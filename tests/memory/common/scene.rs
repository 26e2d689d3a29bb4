//! A TCP server and clients that a test moves by hand, one step after the other.

use std::task::Poll;

use smoltcp::iface::SocketStorage;
use smoltcp::socket::tcp::SocketBuffer;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpEndpoint;
use uppercase::Context;
use uppercase::stack::{ClientSlot, Service, Sockets};
use uppercase::tcp::{self, Entry, Handler, Hash, Mark, Scan, Session};

use super::Text;
use super::network::{Actor, Link, Network};
use super::talk::{TIMEOUT, Talk};

/// Buffers that only the heap can size, for as many connections as you like.
pub fn buffers(bytes: usize) -> (SocketBuffer<'static>, SocketBuffer<'static>) {
    (
        SocketBuffer::new(vec![0; bytes]),
        SocketBuffer::new(vec![0; bytes]),
    )
}

/// A client with buffers of `window` bytes.
pub fn client(sockets: &mut Sockets<'static>, window: usize, timeout: Duration) -> tcp::Client {
    let (receive, transmit) = buffers(window);
    let slot = Box::leak(Box::new(ClientSlot::new()));
    let client = tcp::Client::from_parts(sockets, slot, receive, transmit, timeout);
    client.expect("buffers of a possible size")
}

/// A server with an index of either kind.
pub enum Server {
    Scanning(Box<tcp::Server<'static, Text>>),
    Hashing(Box<tcp::Server<'static, Text, Hash<'static>>>),
}

/// Names the kind of index that [`server`] makes: `hash`, or none for the one that scans.
pub const KIND: &str = "UPPERCASE_INDEX";

/// Whether this run of the tests is for the index for many connections (see `hashed.rs`).
pub fn is_hashed() -> bool {
    std::env::var_os(KIND).is_some_and(|kind| kind == "hash")
}

/// A server with this many sessions, each with buffers of `window` bytes, with an index of the kind
/// that this run of the tests is for.
pub fn server(network: &mut Network, count: usize, window: usize, config: tcp::Config) -> Server {
    if is_hashed() {
        Server::hashing(network, count, window, config)
    } else {
        Server::scanning(network, count, window, config)
    }
}

/// Sessions of a server.
pub fn sessions<H: Handler>(count: usize, window: usize) -> Vec<Session<'static, H>> {
    let session = |_| {
        let (receive, transmit) = buffers(window);
        let storage = Box::leak(Box::new(SocketStorage::EMPTY));
        Session::new(storage, receive, transmit).expect("buffers of a possible size")
    };
    (0..count).map(session).collect()
}

impl Server {
    pub fn scanning(
        network: &mut Network,
        count: usize,
        window: usize,
        config: tcp::Config,
    ) -> Self {
        Self::scanning_on(network.server.sockets(), count, window, config)
    }

    /// A server with other sockets.
    pub fn scanning_on(
        sockets: &mut Sockets<'static>,
        count: usize,
        window: usize,
        config: tcp::Config,
    ) -> Self {
        let sessions = sessions(count, window);
        let index = Scan::new(vec![Mark::EMPTY; count]);
        let server = tcp::Server::from_parts(sockets, sessions, index, config);
        Self::Scanning(Box::new(server.expect("there is room")))
    }

    /// A server with an index for many connections.
    pub fn hashing(
        network: &mut Network,
        count: usize,
        window: usize,
        config: tcp::Config,
    ) -> Self {
        Self::hashing_on(network.server.sockets(), count, window, config)
    }

    /// A server with an index for many connections, with other sockets.
    pub fn hashing_on(
        sockets: &mut Sockets<'static>,
        count: usize,
        window: usize,
        config: tcp::Config,
    ) -> Self {
        let sessions = sessions(count, window);
        let index = Hash::new(vec![Entry::EMPTY; count], 1);
        let server = tcp::Server::from_parts(sockets, sessions, index, config);
        Self::Hashing(Box::new(server.expect("there is room")))
    }

    pub fn counters(&self) -> tcp::Counters {
        match self {
            Self::Scanning(server) => server.counters(),
            Self::Hashing(server) => server.counters(),
        }
    }

    pub fn connections(&self) -> usize {
        match self {
            Self::Scanning(server) => server.connections(),
            Self::Hashing(server) => server.connections(),
        }
    }

    pub fn close(&mut self) {
        match self {
            Self::Scanning(server) => server.close(),
            Self::Hashing(server) => server.close(),
        }
    }

    pub fn abort(&mut self) {
        match self {
            Self::Scanning(server) => server.abort(),
            Self::Hashing(server) => server.abort(),
        }
    }
}

impl Actor for Server {
    fn poll(&mut self, _: &mut Context<'_, 'static>) -> Option<Instant> {
        None
    }

    fn service(&mut self) -> Option<&mut dyn Service<'static>> {
        Some(match self {
            Self::Scanning(server) => server.as_mut(),
            Self::Hashing(server) => server.as_mut(),
        })
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
        Self::with_window(link, places, 1024, config)
    }

    /// Each session has buffers of `window` bytes.
    pub fn with_window(link: Link, places: usize, window: usize, config: tcp::Config) -> Self {
        let mut network = Network::new(link);
        let server = server(&mut network, places, window, config);
        Self {
            link,
            network,
            server,
        }
    }

    /// The same with the server for many connections, in every run of the tests.
    pub fn hashed(link: Link, places: usize, config: tcp::Config) -> Self {
        let mut network = Network::new(link);
        let server = Server::hashing(&mut network, places, 1024, config);
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

    /// How many slots are taken, once everything at this moment is done.
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
        Self {
            client: client(network.client.sockets(), window, TIMEOUT),
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
