//! Many connections at once, and segments that belong to none of them.

use smoltcp::wire::{IpAddress, IpEndpoint, Ipv4Packet, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::tcp::{self, Config, Entry, Hash, Mark, Scan, SetupError};

use crate::common::Text;
use crate::common::chance::Chance;
use crate::common::frames::{self, read_tcp, segment};
use crate::common::hand::Hand;
use crate::common::network::{Link, Network};
use crate::common::scene::{Scene, Server, sessions};
use crate::common::text::upper;

const FIRST: TcpSeqNumber = TcpSeqNumber(i32::MAX - 10);

/// A client on another network; its segments are made by hand.
struct Far {
    from: IpEndpoint,
    next: TcpSeqNumber,
    expected: TcpSeqNumber,
}

impl Far {
    fn new(number: usize) -> Self {
        let [.., a, b, c] = (number as u32).to_be_bytes();
        Self {
            // Many of them share a port, and many an address.
            from: IpEndpoint::new(IpAddress::v4(10, a, b % 16, c), 1000 + u16::from(b)),
            next: FIRST,
            expected: TcpSeqNumber(0),
        }
    }

    /// The one segment that the server sends in answer to this one.
    fn say(
        &mut self,
        network: &mut Network,
        server: &mut Server,
        segment: TcpRepr<'_>,
    ) -> Option<(TcpControl, Vec<u8>)> {
        let link = Link::IP_V4;
        let frame = frames::tcp(link, self.from.addr, link.server().addr, &segment);
        network.to_server.inject(&frame);
        network.settle(&mut [server], &mut []);
        let frames = network.to_client.captured();
        assert!(frames.len() <= 1, "{} frames", frames.len());
        let (from, to, answer) = read_tcp(link, frames.first()?).expect("a segment");
        assert_eq!((from, to), (link.server(), self.from));
        if answer.control == TcpControl::Syn {
            self.expected = answer.seq_number;
        }
        assert_eq!(answer.seq_number, self.expected);
        self.next += segment.segment_len();
        self.expected += answer.segment_len();
        assert_eq!(answer.ack_number, Some(self.next));
        Some((answer.control, answer.payload.to_vec()))
    }

    fn segment(&self) -> TcpRepr<'static> {
        TcpRepr {
            seq_number: self.next,
            ack_number: Some(self.expected),
            ..segment(self.from, Link::IP_V4.server())
        }
    }
}

#[test]
fn ten_thousand_connections_are_open_at_once_and_each_is_exact() {
    const CONNECTIONS: usize = 10_000;
    let mut network = Network::new(Link::IP_V4);
    network.to_client.cut();
    network.to_client.capture();
    let server = &mut Server::hashing(&mut network, CONNECTIONS, 64, Config::default());
    let mut clients: Vec<_> = (0..CONNECTIONS).map(Far::new).collect();
    for client in &mut clients {
        let request = TcpRepr {
            control: TcpControl::Syn,
            ack_number: None,
            ..client.segment()
        };
        let answer = client.say(&mut network, server, request);
        assert_eq!(answer, Some((TcpControl::Syn, vec![])));
        assert_eq!(client.say(&mut network, server, client.segment()), None);
    }
    assert_eq!(server.connections(), CONNECTIONS);
    let mut chance = Chance::new(1);
    for turn in 0..2 * CONNECTIONS {
        // Each one at least once.
        let number = if turn % 2 == 0 {
            turn / 2
        } else {
            chance.below(CONNECTIONS)
        };
        let text = format!("text {turn} of {number}");
        let text = TcpRepr {
            control: TcpControl::Psh,
            payload: text.as_bytes(),
            ..clients[number].segment()
        };
        let answer = clients[number].say(&mut network, server, text);
        let expected = upper(text.payload);
        assert_eq!(answer.map(|(_, text)| text), Some(expected), "{number}");
    }
    for client in &mut clients {
        let close = TcpRepr {
            control: TcpControl::Fin,
            ..client.segment()
        };
        let answer = client.say(&mut network, server, close);
        assert_eq!(answer, Some((TcpControl::Fin, vec![])));
        assert_eq!(client.say(&mut network, server, client.segment()), None);
    }
    assert_eq!(server.connections(), 0);
    assert_eq!(server.counters().opened, CONNECTIONS as u32);
    assert_eq!(server.counters().expired, 0);
}

#[test]
fn a_segment_for_no_connection_is_refused_and_hurts_no_other() {
    for link in Link::ALL {
        let mut scene = Scene::hashed(link, 2, Config::default());
        let hand = Hand::connected(&mut scene, 40_000, 1024);
        let stranger = Hand {
            from: IpEndpoint::new(hand.from.addr, 40_001),
            ..hand
        };
        stranger.send(&mut scene, &stranger.segment());
        let heard = stranger.hear(&mut scene);
        assert_eq!(heard.len(), 1, "{link:?}");
        assert_eq!((heard[0].port, heard[0].control), (40_001, TcpControl::Rst));
        let text = TcpRepr {
            payload: b"me",
            window_len: 1024,
            ..hand.segment()
        };
        hand.send(&mut scene, &text);
        assert_eq!(hand.hear(&mut scene)[0].text, b"ME", "{link:?}");
    }
}

#[test]
fn a_segment_in_fragments_is_taken_when_it_is_whole() {
    let link = Link::IP_V4;
    let mut scene = Scene::hashed(link, 2, Config::default());
    let hand = Hand::connected(&mut scene, 40_000, 1024);
    let text = TcpRepr {
        payload: &[b'x'; 80],
        window_len: 1024,
        ..hand.segment()
    };
    let whole = hand.frame(&text);
    for (from, to, more) in [(20, 60, true), (60, whole.len(), false)] {
        let mut part = whole[..20].to_vec();
        part.extend(&whole[from..to]);
        let mut header = Ipv4Packet::new_unchecked(&mut part[..]);
        header.set_total_len((20 + to - from) as u16);
        header.set_more_frags(more);
        header.set_frag_offset((from - 20) as u16);
        header.fill_checksum();
        assert_eq!(hand.hear(&mut scene), []);
        scene.network.to_server.inject(&part);
    }
    assert_eq!(hand.hear(&mut scene)[0].text, [b'X'; 80]);
}

#[test]
fn what_is_missing_is_said_at_the_start() {
    let start = |count, entries, port| {
        let mut network = Network::new(Link::IP_V4);
        let sockets = network.server.sockets();
        let index = Hash::new(vec![Entry::EMPTY; entries], 1);
        let config = Config::default().with_port(port);
        tcp::Server::from_parts(sockets, sessions::<Text>(count, 64), index, config).err()
    };
    assert_eq!(start(2, 2, 7), None);
    assert_eq!(start(0, 2, 7), Some(SetupError::NoSession));
    assert_eq!(start(2, 1, 7), Some(SetupError::NoSession));
    assert_eq!(start(2, 2, 0), Some(SetupError::Port));
}

#[test]
fn two_servers_on_one_port_and_too_many_servers_are_errors_at_the_start() {
    let mut network = Network::new(Link::IP_V4);
    let mut start = |port| {
        let config = Config::default().with_port(port);
        let index = Scan::new(vec![Mark::EMPTY; 1]);
        tcp::Server::from_parts(
            network.server.sockets(),
            sessions::<Text>(1, 64),
            index,
            config,
        )
        .err()
    };
    assert_eq!(start(1), None);
    assert_eq!(start(1), Some(SetupError::PortTaken));
    for port in 2..=8 {
        assert_eq!(start(port), None);
    }
    assert_eq!(start(9), Some(SetupError::TooManyServers));
}
