//! An open connection between two real hosts, and segments that are forged for either of them.

use smoltcp::wire::{IpEndpoint, TcpRepr, TcpSeqNumber};
use uppercase::tcp::{Config, Error};

use super::common::frames::{read_tcp, segment, tcp, unborrowed};
use super::common::network::Link;
use super::common::scene::{Caller, Scene};

/// The host that forged segments are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victim {
    Server,
    Client,
}

pub const VICTIMS: [Victim; 2] = [Victim::Server, Victim::Client];

/// The receive buffer of either side, and so its window, in bytes.
pub const WINDOW: usize = 1024;

pub struct Open {
    pub scene: Scene,
    pub caller: Caller,
    pub victim: Victim,
    /// The endpoint of the victim, and the one that forged segments seem to come from.
    own: IpEndpoint,
    peer: IpEndpoint,
    /// RCV.NXT and SND.NXT of the victim.
    pub expected: TcpSeqNumber,
    pub sent: TcpSeqNumber,
}

impl Open {
    /// A connection on which a line was sent and answered.
    #[track_caller]
    pub fn new(link: Link, victim: Victim) -> Self {
        Self::with(link, victim, Config::default())
    }

    #[track_caller]
    pub fn with(link: Link, victim: Victim, config: Config) -> Self {
        let mut scene = Scene::new(link, 1, config);
        let mut caller = Caller::connected(&mut scene);
        scene.network.to_server.capture();
        scene.network.to_client.capture();
        caller.say(&mut scene, b"one");
        caller.expect(&mut scene, b"ONE");
        let network = &scene.network;
        let lane = match victim {
            Victim::Server => &network.to_client,
            Victim::Client => &network.to_server,
        };
        let frames = lane.captured();
        let last = frames.iter().rev().find_map(|frame| read_tcp(link, frame));
        let (own, peer, last) = last.expect("it has acknowledged");
        let (expected, sent) = (
            last.ack_number.expect("the connection is open"),
            last.seq_number + last.segment_len(),
        );
        network.to_server.captured();
        Self {
            victim,
            own,
            peer,
            expected,
            sent,
            scene,
            caller,
        }
    }

    /// A segment without payload of which every number is right.
    pub fn segment(&self) -> TcpRepr<'static> {
        TcpRepr {
            seq_number: self.expected,
            ack_number: Some(self.sent),
            ..segment(self.peer, self.own)
        }
    }

    /// Puts a segment on the wire; the victim is not polled.
    pub fn inject(&self, segment: &TcpRepr<'_>) {
        let frame = tcp(self.scene.link, self.peer.addr, self.own.addr, segment);
        match self.victim {
            Victim::Server => self.scene.network.to_server.inject(&frame),
            Victim::Client => self.scene.network.to_client.inject(&frame),
        }
    }

    /// What the victim sends on a segment, without payload.
    #[track_caller]
    pub fn send(&mut self, segment: &TcpRepr<'_>) -> Vec<TcpRepr<'static>> {
        self.heard();
        self.inject(segment);
        self.scene.settle();
        self.heard()
    }

    /// What the victim has sent since the last call, without payload.
    pub fn heard(&self) -> Vec<TcpRepr<'static>> {
        let network = &self.scene.network;
        let lane = match self.victim {
            Victim::Server => &network.to_client,
            Victim::Client => &network.to_server,
        };
        let frames = lane.captured();
        let segments = frames.iter().filter_map(|frame| {
            let (_, _, segment) = read_tcp(self.scene.link, frame)?;
            Some(unborrowed(&segment))
        });
        segments.collect()
    }

    /// Fails unless this is one challenge ACK (RFC 5961, 3.2): `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`.
    #[track_caller]
    pub fn expect_challenge(&self, heard: &[TcpRepr<'_>]) {
        let [challenge] = heard else {
            panic!("{} segments instead of one: {heard:?}", heard.len());
        };
        let numbers = (challenge.seq_number, challenge.ack_number);
        assert_eq!(numbers, (self.sent, Some(self.expected)), "{challenge:?}");
        assert_eq!(challenge.segment_len(), 0, "{challenge:?}");
    }

    /// Fails unless the connection still does its work.
    #[track_caller]
    pub fn expect_work(&mut self) {
        self.caller.say(&mut self.scene, b"two");
        self.caller.expect(&mut self.scene, b"TWO");
    }

    /// Fails unless the victim's connection was ended by a reset.
    #[track_caller]
    pub fn expect_end(&mut self) {
        match self.victim {
            Victim::Server => assert_eq!(self.scene.connections(), 0),
            Victim::Client => {
                let heard = self.caller.hear(&mut self.scene);
                assert_eq!(heard, (vec![], Err(Error::Reset)));
            }
        }
    }
}

/// Calls this with connections of each link and victim.
pub fn each(mut test: impl FnMut(Open)) {
    for link in Link::ALL {
        for victim in VICTIMS {
            test(Open::new(link, victim));
        }
    }
}
