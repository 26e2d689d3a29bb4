//! Datagrams from senders that cannot be answered, or should not be: other clients are served.

use smoltcp::wire::{IpAddress, IpEndpoint, IpProtocol, Ipv6Packet};
use uppercase::PORT;
use uppercase::udp::{self, Counters};

use super::by_hand::{answers_to, known_client};
use super::common::ask::{ask, parts, server};
use super::common::frames;
use super::common::network::{CLIENT, Link, NOBODY, Network, SECOND, SERVER};

#[test]
fn a_datagram_for_a_group_is_not_answered() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 1000, 4);
        let from = known_client(link, &mut network, &mut server);
        let groups = if link.ipv6 {
            vec![IpAddress::v6(0xff02, 0, 0, 0, 0, 0, 0, 1)]
        } else {
            vec![
                IpAddress::v4(255, 255, 255, 255),
                IpAddress::v4(192, 168, 69, 255),
            ]
        };
        for group in &groups {
            let to = IpEndpoint::new(*group, PORT);
            let answers = answers_to(link, &mut network, &mut server, &[(from, to, b"all")]);
            assert_eq!(answers, [], "{link:?} {group}");
        }
        let mut expected = Counters::default();
        expected.answered = 1;
        expected.unanswerable = groups.len() as u32;
        assert_eq!(server.counters(), expected, "{link:?}");
    }
}

#[test]
fn a_datagram_from_port_0_is_not_answered() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 1000, 4);
        let from = known_client(link, &mut network, &mut server);
        let nowhere = IpEndpoint::new(from.addr, 0);
        let datagrams: [(_, _, &[u8]); 2] = [
            (nowhere, link.server(), b"whence?"),
            (from, link.server(), b"next"),
        ];
        let answers = answers_to(link, &mut network, &mut server, &datagrams);
        assert_eq!(answers, [(link.server(), b"NEXT".to_vec())], "{link:?}");
        assert_eq!(server.counters().unanswerable, 1, "{link:?}");
    }
}

#[test]
fn a_datagram_from_where_there_is_no_route_to_is_not_answered() {
    for link in Link::ETHERNET {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 500, 4);
        let from = known_client(link, &mut network, &mut server);
        let far = IpEndpoint::new(link.far_address(), 40_000);
        let datagrams: [(_, _, &[u8]); 2] =
            [(far, link.server(), b"far"), (from, link.server(), b"near")];
        let answers = answers_to(link, &mut network, &mut server, &datagrams);
        assert_eq!(answers, [(link.server(), b"NEAR".to_vec())], "{link:?}");
        assert_eq!(server.counters().unanswerable, 1, "{link:?}");
    }
}

#[test]
fn two_servers_do_not_answer_each_other_without_end() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut here = server(&mut network, 500, 4);
        let parts = parts(500, 4);
        let sockets = network.client.sockets();
        let mut there = udp::Server::from_parts(sockets, parts, PORT).expect("room");
        let forged = IpEndpoint::new(link.address(CLIENT), PORT);
        let frame = frames::udp(link, forged, link.server(), b"ping");
        network.to_server.inject(&frame);
        network.settle(&mut [&mut here], &mut [&mut there]);
        let (here, there) = (here.counters(), there.counters());
        assert_eq!((here.answered, there.answered), (0, 0), "{link:?}");
        assert_eq!((here.unanswerable, there.unanswerable), (1, 0), "{link:?}");
    }
}

#[test]
fn a_forged_sender_does_not_delay_the_answers_to_others() {
    for link in Link::ETHERNET {
        for text in [&b"catch me"[..], b""] {
            let mut network = Network::new(link);
            let mut server = server(&mut network, 500, 4);
            known_client(link, &mut network, &mut server);
            let begin = network.now();
            for number in 0..20 {
                let forged = IpEndpoint::new(link.address(NOBODY + number), 40_000);
                let frame = frames::udp(link, forged, link.server(), text);
                network.to_server.inject(&frame);
                let answer = ask(&mut network, Some(&mut server), link.server(), b"honest");
                assert_eq!(answer, Ok(b"HONEST".to_vec()), "{link:?}");
            }
            assert_eq!(network.now(), begin, "{link:?}");
        }
    }
}

#[test]
fn a_forged_sender_does_not_delay_the_answers_in_fragments() {
    let link = Link::ETHERNET_V6;
    let mut network = Network::new(link).with_fragmentation(6000);
    let mut server = server(&mut network, 6000, 4);
    let honest = known_client(link, &mut network, &mut server);
    let nobody = IpEndpoint::new(link.address(NOBODY), 40_000);
    let grows = "ΐ".repeat(400);
    let fragments = |network: &mut Network| {
        let frames = network.to_client.captured();
        let packets = frames
            .iter()
            .filter_map(|frame| frames::packet(link, frame));
        packets
            .map(|packet| Ipv6Packet::new_unchecked(packet).next_header())
            .filter(|protocol| *protocol == IpProtocol::Ipv6Frag)
            .count()
    };
    network.to_client.capture();
    for _ in 1..=20 {
        for from in [nobody, honest] {
            let frame = frames::udp(link, from, link.server(), grows.as_bytes());
            network.to_server.inject(&frame);
        }
        network.settle(&mut [&mut server], &mut []);
        assert_eq!(fragments(&mut network), 4);
    }
}

#[test]
fn two_servers_on_high_ports_do_not_answer_each_other_without_end() {
    let link = Link::IP_V4;
    let mut network = Network::new(link);
    let storage = || Box::leak(Box::new(udp::Buffers::<4, 100>::new()));
    let mut one = udp::Server::new(network.server.sockets(), storage(), 40_000).unwrap();
    let mut other = udp::Server::new(network.client.sockets(), storage(), 40_001).unwrap();
    let forged = frames::udp(
        link,
        IpEndpoint::new(link.address(CLIENT), 40_001),
        IpEndpoint::new(link.address(SERVER), 40_000),
        b"x",
    );
    network.to_server.inject(&forged);
    for _ in 0..1000 {
        let now = network.now();
        let _ = network.server.poll(now, &mut one);
        let _ = network.client.poll(now, &mut other);
        network.sleep(SECOND / 1000);
    }
    let answers = one.counters().answered + other.counters().answered;
    assert!(answers < 200, "{answers} answers to one datagram");
}
