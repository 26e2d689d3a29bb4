//! The UDP server: what it answers, what it drops, and that it goes on.

mod common;

use smoltcp::wire::{IpAddress, IpCidr, IpEndpoint, IpProtocol, Ipv6Packet};
use uppercase::PORT;
use uppercase::udp::{self, Counters};

use common::ask::{Ask, TIMEOUT, ask, fragmenter, server};
use common::frames::{self, read_udp};
use common::network::{CLIENT, Link, NOBODY, Network, SECOND, SERVER};
use common::text::{mixed, upper};

#[test]
fn a_line_comes_back_in_capitals_over_every_link() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 1000, 2);
        let lines: [&[u8]; 4] = [b"hello, world", b"", "ΐ ﬃ straße".as_bytes(), b"x"];
        let mut asking = Ask::new(&mut network, link.server(), &lines);
        network.run(TIMEOUT, &mut [&mut server], &mut [&mut asking]);
        let answers = asking.expect_answers();
        for (line, answer) in lines.iter().zip(answers) {
            assert_eq!(answer, upper(line), "{link:?}");
        }
        assert_eq!(server.counters().answered, 4, "{link:?}");
    }
}

#[test]
fn datagrams_of_every_length_up_to_the_mtu_are_answered() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 2000, 2);
        let text = vec![b'x'; link.longest_unfragmented()];
        let lengths = (1..100).chain(text.len() - 20..=text.len());
        let lines: Vec<&[u8]> = lengths.map(|length| &text[..length]).collect();
        let mut asking = Ask::new(&mut network, link.server(), &lines);
        network.run(TIMEOUT, &mut [&mut server], &mut [&mut asking]);
        for (line, answer) in lines.iter().zip(asking.expect_answers()) {
            assert_eq!(answer, upper(line), "{link:?}");
        }
    }
}

#[test]
fn any_bytes_are_answered_and_what_is_not_utf8_stays() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 2000, 2);
        let all: Vec<u8> = (0..=255).collect();
        let text = mixed(400);
        let pieces: Vec<&[u8]> = text.chunks(7).chain([&all[..]]).collect();
        let mut asking = Ask::new(&mut network, link.server(), &pieces);
        network.run(TIMEOUT, &mut [&mut server], &mut [&mut asking]);
        for (line, answer) in pieces.iter().zip(asking.expect_answers()) {
            assert_eq!(answer, upper(line), "{link:?}");
        }
    }
}

#[test]
fn a_character_cut_by_the_end_of_a_datagram_is_not_carried_into_the_next() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 2000, 2);
        let mut asking = Ask::new(&mut network, link.server(), &[b"caf\xc3", b"\xa9 noir"]);
        network.run(TIMEOUT, &mut [&mut server], &mut [&mut asking]);
        let expected: [&[u8]; 2] = [b"CAF\xc3", b"\xa9 NOIR"];
        assert_eq!(asking.expect_answers(), expected, "{link:?}");
    }
}

/// Puts datagrams in front of the server at once and returns what it sends back: from where, the
/// text.
fn answers_to(
    link: Link,
    network: &mut Network,
    server: &mut uppercase::udp::Server<'static>,
    datagrams: &[(IpEndpoint, IpEndpoint, &[u8])],
) -> Vec<(IpEndpoint, Vec<u8>)> {
    network.to_client.capture();
    for (from, to, text) in datagrams {
        let frame = frames::udp(link, *from, *to, text);
        network.to_server.inject(&frame);
    }
    network.settle(&mut [server], &mut []);
    let kept = network.to_client.captured();
    let answers = kept.iter().filter_map(|frame| read_udp(link, frame));
    answers
        .filter(|(from, _, _)| from.port == PORT)
        .map(|(from, _, text)| (from, text.to_vec()))
        .collect()
}

/// A port of the client's host, which is made known to the server's.
fn known_client(
    link: Link,
    network: &mut Network,
    server: &mut uppercase::udp::Server<'static>,
) -> IpEndpoint {
    assert_eq!(
        ask(network, Some(server), link.server(), b"hi"),
        Ok(b"HI".to_vec())
    );
    IpEndpoint::new(link.address(CLIENT), 40_000)
}

#[test]
fn nobody_answers_what_was_sent_to_a_group() {
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
        let expected = Counters {
            answered: 1,
            too_large: 0,
            unanswerable: groups.len() as u32,
            undelivered: 0,
        };
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
fn the_answer_comes_from_the_address_that_was_asked() {
    for link in Link::ALL {
        let prefix = if link.ipv6 { 64 } else { 24 };
        let second = IpCidr::new(link.address(33), prefix);
        let mut network = Network::with(link, &[second], None);
        let mut server = server(&mut network, 1000, 4);
        for host in [SERVER, 33] {
            let to = IpEndpoint::new(link.address(host), PORT);
            // The client takes an answer from nobody else.
            let answer = ask(&mut network, Some(&mut server), to, b"who?");
            assert_eq!(answer, Ok(b"WHO?".to_vec()), "{link:?}");
        }
    }
}

/// A request that grows beyond what a server with buffers of `datagram` bytes can answer is
/// counted, and the next one is answered.
fn too_large(link: Link, datagram: usize, grows: &str) {
    let mut network = Network::new(link);
    let mut server = server(&mut network, datagram, 4);
    let from = known_client(link, &mut network, &mut server);
    let datagrams: [(_, _, &[u8]); 2] = [
        (from, link.server(), grows.as_bytes()),
        (from, link.server(), b"next"),
    ];
    let answers = answers_to(link, &mut network, &mut server, &datagrams);
    assert_eq!(answers, [(link.server(), b"NEXT".to_vec())], "{link:?}");
    assert_eq!(server.counters().too_large, 1, "{link:?}");
}

#[test]
fn an_answer_that_is_too_large_for_the_buffers_is_dropped_and_counted() {
    for link in Link::ALL {
        too_large(link, 600, &"ΐ".repeat(150));
    }
}

#[test]
fn an_ipv6_answer_that_is_too_large_for_the_link_is_dropped_and_counted() {
    for link in Link::V6 {
        too_large(link, 6000, &"ΐ".repeat(400));
    }
}

#[test]
fn when_the_queue_is_full_the_rest_is_lost_and_the_server_goes_on() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 500, 3);
        let from = known_client(link, &mut network, &mut server);
        // Twelve at once; the service is not asked before all have arrived.
        for number in 0..12_u8 {
            let frame = frames::udp(link, from, link.server(), &[b'a' + number; 100]);
            network.to_server.inject(&frame);
        }
        network.server.poll(network.now(), |_| None);
        let answers = answers_to(link, &mut network, &mut server, &[]);
        let texts: Vec<u8> = answers.iter().map(|(_, text)| text[0]).collect();
        // The first ones, in their order; how many fit is a matter of the ring buffer.
        assert!(!texts.is_empty() && b"ABCDEFGHIJKL".starts_with(&texts[..]));
        assert!(texts.len() < 12, "{link:?}");
        let answer = ask(&mut network, Some(&mut server), link.server(), b"after");
        assert_eq!(answer, Ok(b"AFTER".to_vec()), "{link:?}");
    }
}

#[test]
fn answers_in_several_fragments_do_not_overwrite_each_other() {
    for link in Link::V4 {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 4000, 4);
        let from = known_client(link, &mut network, &mut server);
        network.to_client.capture();
        for number in 0..4_u8 {
            let text = format!("{number}{}", "ΐ".repeat(600));
            let frame = frames::udp(link, from, link.server(), text.as_bytes());
            network.to_server.inject(&frame);
        }
        // All four are queued before the first is sent.
        network.settle(&mut [&mut server], &mut []);
        let kept = network.to_client.captured();
        let mut texts = Vec::new();
        for frame in &kept {
            let Some(packet) = frames::packet(link, frame) else {
                continue;
            };
            let packet = smoltcp::wire::Ipv4Packet::new_checked(packet).expect("a packet");
            if packet.next_header() != smoltcp::wire::IpProtocol::Udp {
                continue;
            }
            if packet.frag_offset() == 0 {
                texts.push(Vec::new());
            }
            let text = texts.last_mut().expect("the first fragment comes first");
            assert_eq!(text.len(), usize::from(packet.frag_offset()), "in order");
            text.extend_from_slice(packet.payload());
        }
        assert_eq!(texts.len(), 4, "{link:?}");
        for (number, text) in texts.iter().enumerate() {
            let expected = format!("{number}{}", "ΐ".repeat(600));
            assert_eq!(text[8..], upper(expected.as_bytes()), "{link:?}");
        }
    }
}

#[test]
fn the_2048_bytes_of_the_classic_exercise_are_answered() {
    for link in Link::V4 {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 6144, 4);
        let mut text = mixed(2048);
        text.truncate(2048);
        let answer = ask(&mut network, Some(&mut server), link.server(), &text);
        assert_eq!(answer, Ok(upper(&text)), "{link:?}");
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
fn two_servers_do_not_answer_each_other_for_ever() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut here = server(&mut network, 500, 4);
        let parts = common::ask::parts(500, 4);
        let sockets = network.client.sockets();
        let mut there = uppercase::udp::Server::from_parts(sockets, parts, PORT).expect("room");
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
            assert_eq!(server.counters().undelivered, 0, "{link:?}");
        }
    }
}

#[test]
fn an_answer_that_has_left_is_not_waited_for() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 500, 8);
        for text in [&b"some"[..], b"", b"text"] {
            assert!(ask(&mut network, Some(&mut server), link.server(), text).is_ok());
        }
        network.run_for(SECOND * 10, &mut [&mut server], &mut []);
        let now = network.now();
        let delay = network.server.poll(now, |context| server.poll(context));
        assert_eq!(delay, None, "{link:?}");
        assert_eq!(network.client.poll(now, |_| None), None, "{link:?}");
        assert_eq!(server.counters().answered, 3, "{link:?}");
        assert_eq!(server.counters().undelivered, 0, "{link:?}");
    }
}

#[test]
fn a_forged_sender_does_not_delay_the_answers_in_fragments() {
    let link = Link::ETHERNET_V6;
    let mut network = Network::new(link);
    let server = server(&mut network, 6000, 4);
    let mut server = server.with_fragmenter(fragmenter(network.server.sockets()));
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
        assert_eq!(server.counters().undelivered, 0);
    }
}

#[test]
fn two_servers_on_high_ports_do_not_answer_each_other_for_ever() {
    let link = Link::IP_V4;
    let mut network = Network::new(link);
    let storage = || Box::leak(Box::new(udp::Buffers::<100, 4>::new()));
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
        network.server.poll(now, |context| one.poll(context));
        network.client.poll(now, |context| other.poll(context));
        network.sleep(SECOND / 1000);
    }
    let answers = one.counters().answered + other.counters().answered;
    assert!(answers < 200, "{answers} answers to one datagram");
}
