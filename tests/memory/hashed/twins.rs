//! Both kinds of server get the same segments at the same times, and say the same.

use smoltcp::time::Duration;
use smoltcp::wire::{IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::simulation::seeds;
use uppercase::tcp::Config;

use crate::common::chance::Chance;
use crate::common::frames::{read_tcp, segment, tcp, unborrowed};
use crate::common::network::{CLIENT, Link, Network, SECOND};
use crate::common::scene::{Scene, Server};

const CLIENTS: usize = 12;
/// More than clients: when a slot is given to the next one, the two choose another one.
const PLACES: usize = 2 * CLIENTS;
const PORT: u16 = 40_000;

/// A client that forgets, repeats and leaves as chance wills.
#[derive(Clone, Copy, Default)]
struct Client {
    next: i32,
    expected: i32,
}

impl Client {
    /// Something that it says next.
    fn say(&mut self, port: u16, link: Link, chance: &mut Chance) -> Vec<u8> {
        let from = IpEndpoint::new(link.address(CLIENT), port);
        let mut said = TcpRepr {
            seq_number: TcpSeqNumber(self.next),
            ack_number: Some(TcpSeqNumber(self.expected)),
            window_len: *chance.pick(&[0, 10, 1000]),
            ..segment(from, link.server())
        };
        match chance.below(20) {
            0..3 => {
                self.next = chance.below(1 << 31) as i32;
                said.control = TcpControl::Syn;
                said.seq_number = TcpSeqNumber(self.next);
                said.ack_number = None;
            }
            3..10 => {
                said.control = TcpControl::Psh;
                said.payload = &b"some words, a few of them, or more"[..1 + chance.below(34)];
            }
            10..12 => said.control = TcpControl::Fin,
            12 => said.control = TcpControl::Rst,
            _ => {}
        }
        self.next = said.seq_number.0.wrapping_add(said.segment_len() as i32);
        if chance.once_in(6) {
            // It is lost.
            self.next = said.seq_number.0;
        }
        tcp(link, from.addr, link.server().addr, &said)
    }

    fn hear(&mut self, heard: &TcpRepr<'_>) {
        let from = heard.seq_number.0;
        if heard.control == TcpControl::Syn || from == self.expected {
            self.expected = from.wrapping_add(heard.segment_len() as i32);
        }
    }
}

fn scene(link: Link, config: Config, seed: u64, hashed: bool) -> Scene {
    let mut network = Network::with_seed(link, seed);
    let server = if hashed {
        Server::hashing
    } else {
        Server::scanning
    };
    let server = server(&mut network, PLACES, 100, config);
    network.to_client.cut();
    network.to_client.capture();
    Scene {
        link,
        network,
        server,
    }
}

/// Lets time pass, and returns what the server has said meanwhile to each client.
fn heard(scene: &mut Scene, time: Duration) -> Vec<(IpEndpoint, TcpRepr<'static>, Vec<u8>)> {
    scene.pass(time);
    let frames = scene.network.to_client.captured();
    let segments = frames.iter().filter_map(|frame| {
        let (_, to, segment) = read_tcp(scene.link, frame)?;
        let text = segment.payload.to_vec();
        Some((to, unborrowed(&segment), text))
    });
    let mut segments: Vec<_> = segments.collect();
    // Which slot comes first does not matter.
    segments.sort_by_key(|(to, ..)| to.port);
    segments
}

#[test]
fn both_servers_send_the_same_to_all_clients() {
    let mut frames = 0;
    for seed in seeds(0..100) {
        let link = [Link::IP_V4, Link::IP_V6][seed as usize % 2];
        let config = Config::default()
            .with_once(seed % 4 == 3)
            .with_idle_timeout(Some(SECOND * 100));
        let mut scenes = [true, false].map(|hashed| scene(link, config, seed, hashed));
        let mut clients = [Client::default(); CLIENTS];
        let mut chance = Chance::new(seed);
        for step in 0..300 {
            for _ in 0..chance.below(4) {
                let number = chance.below(CLIENTS);
                let port = PORT + number as u16;
                let frame = clients[number].say(port, link, &mut chance);
                for scene in &scenes {
                    scene.network.to_server.inject(&frame);
                }
            }
            let time = *chance.pick(&[0, 0, 0, 10, 300, 3000, 30_000]);
            let [one, other] = scenes
                .each_mut()
                .map(|scene| heard(scene, Duration::from_millis(time)));
            for (one, other) in one.iter().zip(&other) {
                assert_eq!(one, other, "seed {seed}, step {step}");
            }
            assert_eq!(one.len(), other.len(), "seed {seed}, step {step}");
            let counts = scenes
                .each_ref()
                .map(|scene| (scene.server.counters(), scene.server.connections()));
            assert_eq!(counts[0], counts[1], "seed {seed}, step {step}");
            for (to, segment, text) in &one {
                let segment = TcpRepr {
                    payload: text,
                    ..*segment
                };
                clients[usize::from(to.port - PORT)].hear(&segment);
            }
            frames += one.len();
        }
    }
    assert!(frames > 10_000, "they have said little: {frames} frames");
}
