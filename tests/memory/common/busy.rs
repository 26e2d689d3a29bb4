//! A server with all slots taken, and a client host that hears everything and says nothing of
//! itself: each of its segments is made by hand.

use smoltcp::wire::{IpAddress, IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::stack::{Counters, PendingSyn};
use uppercase::tcp::Config;

use super::frames::{segment, tcp};
use super::hand::{self, Heard};
use super::network::{CLIENT, Link};
use super::scene::{Caller, Scene};

/// What all clients begin with.
pub const FIRST: TcpSeqNumber = TcpSeqNumber(1_000);

/// A server that gives up no connection.
pub fn patient() -> Config {
    Config::default()
        .with_handshake_timeout(None)
        .with_idle_timeout(None)
        .with_silence_timeout(None)
        .with_keep_alive(None)
}

pub struct Busy {
    pub scene: Scene,
    pub holders: Vec<Caller>,
}

impl Busy {
    /// A server with one slot, which is taken, and room for `backlog` SYNs that wait.
    pub fn new(link: Link, backlog: usize) -> Self {
        Self::with_places(link, 1, 1, backlog)
    }

    pub fn with_places(link: Link, places: usize, taken: usize, backlog: usize) -> Self {
        Self::of(Scene::new(link, places, patient()), taken, backlog)
    }

    /// The same of a server of any kind.
    pub fn of(mut scene: Scene, taken: usize, backlog: usize) -> Self {
        let backlog = vec![PendingSyn::EMPTY; backlog];
        scene.network.server = Box::new(scene.network.server.with_backlog(backlog));
        let holders = (0..taken).map(|_| Caller::connected(&mut scene)).collect();
        // The client's host would reset what it has not asked for.
        scene.network.to_client.capture();
        scene.network.to_client.filter(|_| false);
        Self { scene, holders }
    }

    pub fn counters(&self) -> Counters {
        self.scene.network.server.counters()
    }

    pub fn request(&self, port: u16) -> TcpRepr<'static> {
        let link = self.scene.link;
        TcpRepr {
            control: TcpControl::Syn,
            seq_number: FIRST,
            max_seg_size: Some(1400),
            ..segment(IpEndpoint::new(link.address(CLIENT), port), link.server())
        }
    }

    /// What follows the server's answer to a request.
    pub fn confirmation(&self, port: u16, cookie: TcpSeqNumber) -> TcpRepr<'static> {
        TcpRepr {
            control: TcpControl::None,
            seq_number: FIRST + 1,
            ack_number: Some(cookie + 1),
            max_seg_size: None,
            ..self.request(port)
        }
    }

    pub fn frame(&self, segment: &TcpRepr<'_>) -> Vec<u8> {
        self.frame_from(self.scene.link.address(CLIENT), segment)
    }

    fn frame_from(&self, from: IpAddress, segment: &TcpRepr<'_>) -> Vec<u8> {
        let link = self.scene.link;
        tcp(link, from, link.server().addr, segment)
    }

    pub fn send(&mut self, segment: &TcpRepr<'_>) -> Vec<Heard> {
        self.put(&self.frame(segment))
    }

    pub fn send_from(&mut self, from: IpAddress, segment: &TcpRepr<'_>) -> Vec<Heard> {
        self.put(&self.frame_from(from, segment))
    }

    pub fn put(&mut self, frame: &[u8]) -> Vec<Heard> {
        self.scene.network.to_server.inject(frame);
        self.hear()
    }

    pub fn hear(&mut self) -> Vec<Heard> {
        hand::hear(&mut self.scene)
    }

    /// Aborts the newest of the connections, which frees its slot; returns what was sent then.
    pub fn leave(&mut self) -> Vec<Heard> {
        self.hear();
        let mut holder = self.holders.pop().expect("somebody is there");
        holder.abort(&mut self.scene);
        self.hear()
    }

    /// The server closes, between two polls.
    pub fn close(&mut self) {
        self.scene.server.close();
    }

    /// Frees a slot that no pending SYN takes.
    #[track_caller]
    pub fn leave_it(&mut self) {
        assert_eq!(opened(&self.leave()), [0; 0]);
    }

    /// Resets the connection from this port.
    pub fn reset(&mut self, port: u16) -> Vec<Heard> {
        let reset = TcpRepr {
            control: TcpControl::Rst,
            seq_number: FIRST + 1,
            ..self.request(port)
        };
        self.send(&reset)
    }

    /// What a client is answered that finds no room to wait.
    #[track_caller]
    pub fn cookie(&mut self, port: u16) -> TcpSeqNumber {
        let mut heard = self.send(&self.request(port));
        // Those that wait are answered, too.
        heard.retain(|heard| heard.port == port);
        let [answer] = &heard[..] else {
            panic!("{heard:?}");
        };
        assert_eq!((answer.port, answer.control), (port, TcpControl::Syn));
        assert_eq!(answer.acknowledged, Some(FIRST + 1));
        assert_eq!(answer.window, 0);
        answer.number
    }

    /// Brings a cookie back.
    pub fn confirm(&mut self, port: u16, cookie: TcpSeqNumber) -> Vec<Heard> {
        self.send(&self.confirmation(port, cookie))
    }
}

/// To which ports connections are opened.
pub fn opened(heard: &[Heard]) -> Vec<u16> {
    let opened = heard
        .iter()
        .filter(|heard| heard.control == TcpControl::Syn);
    opened.map(|heard| heard.port).collect()
}

/// What is heard, without numbers.
pub fn controls(heard: &[Heard]) -> Vec<TcpControl> {
    heard.iter().map(|heard| heard.control).collect()
}
