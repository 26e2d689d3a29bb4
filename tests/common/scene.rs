//! A TCP server and clients that a test moves by hand, one step after the other.

use std::task::Poll;

use smoltcp::socket::tcp::SocketBuffer;
use smoltcp::time::Duration;
use smoltcp::wire::IpEndpoint;
use uppercase::tcp;

use super::network::{Actor, Link, Network};
use super::talk::{TIMEOUT, Talk};

/// Buffers that only the heap can size, for as many connections as you like.
pub fn buffers(bytes: usize) -> (SocketBuffer<'static>, SocketBuffer<'static>) {
    (
        SocketBuffer::new(vec![0; bytes]),
        SocketBuffer::new(vec![0; bytes]),
    )
}

/// A server with this many places, each with buffers of `window` bytes.
pub fn server(
    network: &mut Network,
    places: usize,
    window: usize,
    config: tcp::Config,
) -> tcp::Server<'static> {
    let mut pool = Vec::new();
    pool.resize_with(places, tcp::Place::new);
    let buffers = (0..places).map(|_| buffers(window));
    tcp::Server::from_parts(network.server.sockets(), pool, buffers, config).expect("there is room")
}

/// Two hosts, one with a server.
pub struct Scene {
    pub link: Link,
    pub network: Network,
    pub server: tcp::Server<'static>,
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
