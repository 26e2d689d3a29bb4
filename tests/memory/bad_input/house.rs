//! A host with both servers, and one with both clients.

use std::task::Poll;

use smoltcp::phy::Medium;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpEndpoint;
use uppercase::{Context, PORT, tcp, udp};

use super::common::network::{Actor, Link, MINUTE, SECOND};
use super::common::scene::Scene;
use super::common::talk::Talk;

/// A UDP client that begins again after each end, also after an error.
struct Restless {
    client: udp::Client<'static>,
    server: IpEndpoint,
    next: Instant,
}

impl Restless {
    fn new(scene: &mut Scene) -> Self {
        let buffers = Box::leak(Box::new(udp::Buffers::<2, 2000>::new()));
        let sockets = scene.network.client.sockets();
        let client = udp::Client::new(sockets, buffers, SECOND * 3);
        Self {
            client: client.expect("there is room"),
            server: scene.link.server(),
            next: Instant::ZERO,
        }
    }
}

impl Actor for Restless {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        let mut answer = [0; 2000];
        if self.client.receive(context, &mut answer) == Ok(Poll::Pending) {
            return self.client.deadline();
        }
        if context.now >= self.next {
            let _ = self.client.send(context, self.server, b"a line");
            self.next = context.now + Duration::from_millis(5);
        }
        Some(self.next)
    }
}

/// Both hosts, all four programs.
pub struct House {
    pub scene: Scene,
    pub datagrams: udp::Server<'static>,
    restless: Restless,
    talk: Talk,
}

impl House {
    pub fn new(link: Link) -> Self {
        let config = tcp::Config::default().with_handshake_timeout(Some(SECOND));
        let mut scene = Scene::new(link, 3, config);
        let buffers = Box::leak(Box::new(udp::Buffers::<2, 2000>::new()));
        let datagrams = udp::Server::new(scene.network.server.sockets(), buffers, PORT);
        let restless = Restless::new(&mut scene);
        let talk = Talk::new(&mut scene.network, link.server(), 500, &[b'x'; 3000]);
        Self {
            scene,
            datagrams: datagrams.expect("there is room"),
            restless,
            talk,
        }
    }

    pub fn run_for(&mut self, time: Duration) {
        self.scene.network.run_for(
            time,
            &mut [&mut self.scene.server, &mut self.datagrams],
            &mut [&mut self.restless, &mut self.talk],
        );
        if self.talk.is_done() {
            let server = self.scene.link.server();
            self.talk.connect(&mut self.scene.network, server);
        }
    }

    /// Lets the servers do what is to do at this moment.
    pub fn settle(&mut self) {
        let network = &mut self.scene.network;
        network.settle(&mut [&mut self.scene.server, &mut self.datagrams], &mut []);
    }

    /// Puts a frame in front of both hosts.
    pub fn forge(&mut self, frame: &[u8]) {
        self.scene.network.to_server.inject(frame);
        self.scene.network.to_client.inject(frame);
    }

    pub fn expect_everything_back(&mut self) {
        // All connections that forged frames opened have come to their end.
        self.scene.pass(MINUTE * 10);
        assert_eq!(self.scene.connections(), 0);
        self.scene.expect_service();
        if self.scene.link.medium == Medium::Ip {
            let answered = self.datagrams.counters().answered;
            self.run_for(SECOND);
            assert!(self.datagrams.counters().answered > answered);
        }
    }
}
