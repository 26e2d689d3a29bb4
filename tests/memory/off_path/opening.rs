//! A client that is opening a connection, and has not been answered yet.

use smoltcp::time::Duration;
use smoltcp::wire::{IpEndpoint, TcpControl, TcpRepr};
use uppercase::tcp::Config;

use super::common::frames::{read_tcp, unborrowed};
use super::common::network::{Actor, Link, Network, SECOND};
use super::common::scene;
use super::common::talk::{TIMEOUT, Talk};

/// A client in SYN-SENT. Its server will be reached in two seconds.
pub struct Opening {
    pub network: Network,
    pub server: scene::Server,
    pub talk: Talk,
    /// What the client has sent, and from where.
    pub syn: TcpRepr<'static>,
    pub from: IpEndpoint,
}

impl Opening {
    #[track_caller]
    pub fn new(link: Link) -> Self {
        let mut network = Network::new(link);
        let mut server = scene::server(&mut network, 1, 512, Config::default());
        let mut before = Talk::new(&mut network, link.server(), 512, b"neighbors");
        network.run(TIMEOUT, &mut [&mut server], &mut [&mut before]);
        network
            .to_server
            .cut_between(network.now(), network.now() + SECOND * 2);
        network.to_server.capture();
        let mut talk = Talk::new(&mut network, link.server(), 512, b"mine");
        let clients: &mut [&mut dyn Actor] = &mut [&mut talk];
        network.run_for(Duration::from_millis(10), &mut [&mut server], clients);
        let frames = network.to_server.captured();
        let mut syns = frames.iter().filter_map(|frame| read_tcp(link, frame));
        let (from, _, syn) = syns
            .find(|(_, _, syn)| syn.control == TcpControl::Syn)
            .expect("a SYN");
        let syn = unborrowed(&syn);
        Self {
            network,
            server,
            talk,
            syn,
            from,
        }
    }

    /// Lets both hosts do all that there is to do at this moment.
    pub fn settle(&mut self) {
        self.network
            .settle(&mut [&mut self.server], &mut [&mut self.talk]);
    }

    /// Fails unless the server serves the client in the end.
    #[track_caller]
    pub fn expect_service(&mut self) {
        self.network
            .run(TIMEOUT, &mut [&mut self.server], &mut [&mut self.talk]);
        assert_eq!(self.talk.expect_answer(), b"MINE");
    }
}
