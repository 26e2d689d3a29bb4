//! The MTU of the path to a host of another network (RFC 1191, RFC 8201), and the messages that claim
//! to know it (RFC 5927).

use super::common;

use smoltcp::time::Duration;
use smoltcp::wire::{IpAddress, IpEndpoint, IpProtocol, TcpRepr, TcpSeqNumber, checksum};
use uppercase::{tcp, udp};

use common::frames::{ip, packet, read_tcp, udp as datagram};
use common::hand::Hand;
use common::network::{CLIENT, Link, Network, SECOND, SERVER};
use common::scene::Scene;

/// The links of hosts that know no gateway: every host is on them, in our network or not.
const LINKS: [Link; 2] = [Link::IP_V4, Link::IP_V6];
const V4: Link = Link::IP_V4;
/// Of a segment over IPv4 and IPv6 on a link of 1500 bytes.
const SIZES: [u16; 2] = [1460, 1440];

fn scene(link: Link) -> Scene {
    let scene = Scene::with_window(link, 4, 65_535, tcp::Config::default());
    scene.network.to_client.cut();
    scene.network.to_client.capture();
    scene
}

/// A client of another network.
fn far(scene: &mut Scene, port: u16) -> Hand {
    let size = SIZES[usize::from(scene.link.ipv6)];
    let from = IpEndpoint::new(scene.link.far_address(), port);
    Hand::open(scene, from, 65_535, size)
}

/// An IP packet with a segment.
#[derive(Debug)]
struct Sent {
    packet: Vec<u8>,
    number: TcpSeqNumber,
    text: usize,
}

impl Sent {
    /// Whether routers must not fragment it (IPv4).
    fn has_df(&self) -> bool {
        self.packet[6] & 0x40 != 0
    }
}

/// The segments with text that have left since this was called last.
fn sent(scene: &Scene) -> Vec<Sent> {
    let frames = scene.network.to_client.captured();
    let segments = frames.iter().filter_map(|frame| {
        let (_, _, segment) = read_tcp(scene.link, frame)?;
        let text = segment.payload.len();
        (text > 0).then(|| Sent {
            packet: packet(scene.link, frame).unwrap().to_vec(),
            number: segment.seq_number,
            text,
        })
    });
    segments.collect()
}

/// Sends text to be answered; returns what leaves at once.
fn ask(scene: &mut Scene, hand: &mut Hand, length: usize) -> Vec<Sent> {
    for piece in vec![b'x'; length].chunks(1000) {
        let segment = TcpRepr {
            payload: piece,
            window_len: 65_535,
            ..hand.segment()
        };
        hand.send(scene, &segment);
        hand.next += piece.len();
    }
    scene.settle();
    sent(scene)
}

/// Acknowledges all that was sent, and what leaves upon that, to the end of the answer; returns the
/// longest packet among it.
fn take(scene: &mut Scene, hand: &mut Hand, mut packets: Vec<Sent>) -> usize {
    let mut longest = 0;
    while let Some(last) = packets.last() {
        longest = packets
            .iter()
            .map(|sent| sent.packet.len())
            .fold(longest, usize::max);
        hand.expected = hand.expected.max(last.number + last.text);
        acknowledge(scene, hand);
        packets = sent(scene);
    }
    longest
}

fn acknowledge(scene: &mut Scene, hand: &Hand) {
    let acknowledgement = TcpRepr {
        window_len: 65_535,
        ..hand.segment()
    };
    hand.send(scene, &acknowledgement);
    scene.settle();
}

/// The error of a router that this packet is longer than `mtu`.
fn too_long(scene: &Scene, quoted: &[u8], mtu: u16) -> Vec<u8> {
    let (router, server) = (IpAddress::v4(10, 9, 9, 9), scene.link.address(SERVER));
    let quoted = &quoted[..quoted.len().min(28)];
    ip(
        scene.link,
        router,
        server,
        IpProtocol::Icmp,
        8 + quoted.len(),
        |message| {
            message[..2].copy_from_slice(&[3, 4]);
            message[6..8].copy_from_slice(&mtu.to_be_bytes());
            message[8..].copy_from_slice(quoted);
            let sum = !checksum::data(message);
            message[2..4].copy_from_slice(&sum.to_be_bytes());
        },
    )
}

#[test]
fn packets_to_another_network_have_1280_bytes_at_most_over_ipv6() {
    let mut scene = scene(Link::IP_V6);
    let mut hand = far(&mut scene, 40_000);
    let packets = ask(&mut scene, &mut hand, 20_000);
    assert_eq!(take(&mut scene, &mut hand, packets), 1280);
}

/// RFC 9293, 3.10.7.2: a SYN may bring text, which is acknowledged later or sent again.
#[test]
fn a_syn_with_payload_limits_the_segments_of_its_connection_too() {
    for (link, longest) in [(Link::IP_V6, 1280), (Link::IP_V4, 1500)] {
        let mut scene = scene(link);
        let from = IpEndpoint::new(link.far_address(), 40_000);
        let size = SIZES[usize::from(link.ipv6)];
        let mut hand = Hand::open_with(&mut scene, from, 65_535, size, &[b'x'; 300]);
        let packets = ask(&mut scene, &mut hand, 20_000);
        assert_eq!(take(&mut scene, &mut hand, packets), longest);
    }
}

#[test]
fn packets_on_the_link_are_as_long_as_its_mtu() {
    for link in LINKS {
        let mut scene = scene(link);
        let from = IpEndpoint::new(link.address(CLIENT), 40_000);
        let size = SIZES[usize::from(link.ipv6)];
        let mut hand = Hand::open(&mut scene, from, 65_535, size);
        let packets = ask(&mut scene, &mut hand, 20_000);
        assert!(link.ipv6 || packets.iter().all(Sent::has_df));
        assert_eq!(take(&mut scene, &mut hand, packets), 1500, "{link:?}");
    }
}

#[test]
fn what_a_router_refuses_is_sent_again_at_once_in_shorter_packets() {
    for (claimed, mtu) in [(1300, 1300), (1280, 1280), (576, 576), (68, 576), (0, 576)] {
        let mut scene = scene(V4);
        let mut hand = far(&mut scene, 40_000);
        let first = ask(&mut scene, &mut hand, 20_000);
        assert!(first.iter().all(Sent::has_df));
        assert_eq!(first[0].packet.len(), 1500);
        let error = too_long(&scene, &first[0].packet, claimed);
        scene.network.to_server.inject(&error);
        scene.settle();
        let again = sent(&scene);
        assert_eq!(again[0].number, first[0].number, "{claimed}");
        assert_eq!(again[0].packet.len(), mtu, "{claimed}");
        assert!(again.iter().all(Sent::has_df));
        // Of what was in flight, the peer has got nothing but this.
        hand.expected = again[0].number + again[0].text;
        acknowledge(&mut scene, &hand);
        let next = sent(&scene);
        assert_eq!(next[0].number, hand.expected, "{claimed}");
        assert_eq!(take(&mut scene, &mut hand, next), mtu, "{claimed}");
    }
}

#[test]
fn a_path_is_remembered_for_new_connections_for_ten_minutes() {
    let mut scene = scene(V4);
    let mut hand = far(&mut scene, 40_000);
    let first = ask(&mut scene, &mut hand, 5_000);
    let error = too_long(&scene, &first[0].packet, 1300);
    scene.network.to_server.inject(&error);
    scene.settle();
    let again = sent(&scene);
    assert_eq!(take(&mut scene, &mut hand, again), 1300);
    for (port, wait, mtu) in [(40_001, 1, 1300), (40_002, 590, 1300), (40_003, 20, 1500)] {
        scene.pass(Duration::from_secs(wait));
        sent(&scene);
        let mut hand = far(&mut scene, port);
        let packets = ask(&mut scene, &mut hand, 5_000);
        assert_eq!(take(&mut scene, &mut hand, packets), mtu, "{port}");
    }
}

/// RFC 1191, 6.3, and RFC 5927, 7: what a router has said is remembered for ten minutes, and the peer may have
/// sent it. Other hosts may be behind the same address.
#[test]
fn an_error_counts_for_others_when_the_peer_has_acknowledged_something() {
    let mut scene = scene(V4);
    let mut silent = far(&mut scene, 40_000);
    let first = ask(&mut scene, &mut silent, 5_000);
    let error = too_long(&scene, &first[0].packet, 68);
    scene.network.to_server.inject(&error);
    scene.settle();
    let again = sent(&scene);
    assert_eq!(again[0].packet.len(), 576);
    let mut other = far(&mut scene, 40_001);
    let packets = ask(&mut scene, &mut other, 5_000);
    assert_eq!(take(&mut scene, &mut other, packets), 1500);
    assert_eq!(take(&mut scene, &mut silent, again), 576);
    let mut next = far(&mut scene, 40_002);
    let packets = ask(&mut scene, &mut next, 5_000);
    assert_eq!(take(&mut scene, &mut next, packets), 576);
}

#[test]
fn an_error_that_no_router_of_the_path_has_sent_changes_nothing() {
    type Change = fn(&mut [u8]);
    let forgeries: [(&str, Change); 6] = [
        ("not sent yet", |packet| packet[24] ^= 0x40),
        ("long acknowledged", |packet| packet[24] ^= 0x80),
        ("another port", |packet| packet[23] ^= 1),
        ("another peer", |packet| packet[16] ^= 1),
        ("another host", |packet| packet[12] ^= 1),
        ("another protocol", |packet| packet[9] = 17),
    ];
    for (name, forge) in forgeries {
        let mut scene = scene(V4);
        let mut hand = far(&mut scene, 40_000);
        let mut first = ask(&mut scene, &mut hand, 20_000);
        let mut forged = first[0].packet.clone();
        forge(&mut forged);
        let error = too_long(&scene, &forged, 576);
        scene.network.to_server.inject(&error);
        scene.settle();
        assert!(sent(&scene).is_empty(), "{name}");
        first.drain(..first.len() - 1);
        assert_eq!(take(&mut scene, &mut hand, first), 1500, "{name}");
    }
}

/// RFC 5927, 7.2: what has been acknowledged was not too long.
#[test]
fn an_error_that_contradicts_what_has_arrived_changes_nothing() {
    let mut scene = scene(V4);
    let mut hand = far(&mut scene, 40_000);
    let first = ask(&mut scene, &mut hand, 20_000);
    hand.expected = first[0].number + first[0].text;
    acknowledge(&mut scene, &hand);
    let mut next = sent(&scene);
    let error = too_long(&scene, &first[1].packet, 576);
    scene.network.to_server.inject(&error);
    scene.settle();
    assert!(sent(&scene).is_empty());
    next.drain(..next.len() - 1);
    assert_eq!(take(&mut scene, &mut hand, next), 1500);
}

#[test]
fn a_message_on_the_link_is_not_about_a_path() {
    let mut scene = scene(V4);
    let from = IpEndpoint::new(V4.address(CLIENT), 40_000);
    let mut hand = Hand::open(&mut scene, from, 65_535, SIZES[0]);
    let mut first = ask(&mut scene, &mut hand, 20_000);
    let error = too_long(&scene, &first[0].packet, 576);
    scene.network.to_server.inject(&error);
    scene.settle();
    assert!(sent(&scene).is_empty());
    first.drain(..first.len() - 1);
    assert_eq!(take(&mut scene, &mut hand, first), 1500);
}

/// RFC 2923, 2.1: the errors of routers are filtered, and long packets are silently lost.
#[test]
fn a_long_packet_that_is_lost_may_be_fragmented_and_is_followed_by_shorter_ones() {
    let mut scene = scene(V4);
    let mut hand = far(&mut scene, 40_000);
    let first = ask(&mut scene, &mut hand, 20_000);
    scene.pass(SECOND * 5 / 4);
    let mut again = sent(&scene);
    again.retain(|packet| packet.number == first[0].number);
    let [again] = &again[..] else {
        panic!("{}", again.len());
    };
    assert!(!again.has_df());
    assert_ne!(again.packet[4..6], [0; 2], "an identification");
    hand.expected = again.number + again.text;
    acknowledge(&mut scene, &hand);
    let next = sent(&scene);
    assert!(next.iter().all(Sent::has_df));
    assert_eq!(take(&mut scene, &mut hand, next), 1280);
    // And so are those of the next connection.
    let mut hand = far(&mut scene, 40_001);
    let packets = ask(&mut scene, &mut hand, 5_000);
    assert_eq!(take(&mut scene, &mut hand, packets), 1280);
}

#[test]
fn a_packet_of_a_length_that_has_arrived_is_not_too_long_when_it_is_lost() {
    let mut scene = scene(V4);
    let mut hand = far(&mut scene, 40_000);
    let first = ask(&mut scene, &mut hand, 20_000);
    hand.expected = first[0].number + first[0].text;
    acknowledge(&mut scene, &hand);
    sent(&scene);
    scene.pass(SECOND * 2);
    let again = sent(&scene);
    assert_eq!(again[0].packet.len(), 1500);
    assert!(again.iter().all(Sent::has_df));
}

#[test]
fn answers_to_datagrams_of_another_network_may_be_fragmented() {
    let mut network = Network::new(V4);
    let buffers = Box::leak(Box::new(udp::Buffers::<4, 1472>::new()));
    let mut server = udp::Server::new(network.server.sockets(), buffers, uppercase::PORT)
        .expect("there is room");
    network.to_client.cut();
    network.to_client.capture();
    let mut identifications = Vec::new();
    for (from, is_far) in [(V4.address(CLIENT), false), (V4.far_address(), true)] {
        for _ in 0..3 {
            let from = IpEndpoint::new(from, 40_000);
            let question = datagram(V4, from, V4.server(), &[b'x'; 1400]);
            network.to_server.inject(&question);
            network.settle(&mut [&mut server], &mut []);
            let answers = network.to_client.captured();
            let answer = packet(V4, &answers[0]).unwrap();
            assert_eq!(answer[6] & 0x40 == 0, is_far);
            assert_eq!(checksum::data(&answer[..20]), !0);
            if is_far {
                identifications.push([answer[4], answer[5]]);
            }
        }
    }
    identifications.dedup();
    assert_eq!(identifications.len(), 3, "{identifications:?}");
}
