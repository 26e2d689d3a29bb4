//! Answers that are larger than a packet, or than there is room for.

use smoltcp::wire::IpEndpoint;
use uppercase::{PORT, udp};

use super::by_hand::{answers_to, known_client};
use uppercase::stack::from_fn;

use super::common::ask::{ask, parts, server};
use super::common::frames::{self, fragment};
use super::common::network::{Link, Network};
use super::common::text::{mixed, upper};

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
        // Twelve; the service is not asked before all have arrived.
        for number in 0..12_u8 {
            let frame = frames::udp(link, from, link.server(), &[b'a' + number; 100]);
            network.to_server.inject(&frame);
        }
        for _ in 0..12 {
            let _ = network.server.poll(network.now(), &mut from_fn(|_| None));
        }
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
fn datagrams_that_come_at_once_are_not_lost_where_the_service_takes_them() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 500, 3);
        let from = known_client(link, &mut network, &mut server);
        for number in 0..12_u8 {
            let frame = frames::udp(link, from, link.server(), &[b'a' + number; 100]);
            network.to_server.inject(&frame);
        }
        let answers = answers_to(link, &mut network, &mut server, &[]);
        let texts: Vec<u8> = answers.iter().map(|(_, text)| text[0]).collect();
        assert_eq!(texts, b"ABCDEFGHIJKL", "{link:?}");
    }
}

#[test]
fn answers_in_several_fragments_do_not_overwrite_each_other() {
    for link in Link::ALL {
        let mut network = Network::new(link).with_fragmentation(4000);
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
        expect_whole_answers(link, &network.to_client.captured());
    }
}

#[test]
fn answers_of_several_servers_in_fragments_do_not_overwrite_each_other() {
    for link in Link::ALL {
        let mut network = Network::new(link).with_fragmentation(4000);
        let mut servers = [0, 1].map(|more| {
            let sockets = network.server.sockets();
            let server = udp::Server::from_parts(sockets, parts(40_000, 8), PORT + more);
            server.expect("there is room").with_transform()
        });
        let [first, second] = &mut servers;
        let from = known_client(link, &mut network, first);
        network.to_client.capture();
        for number in 0..4_u8 {
            let text = format!("{number}{}", "ΐ".repeat(600));
            let to = IpEndpoint::new(link.server().addr, PORT + u16::from(number % 2));
            let frame = frames::udp(link, from, to, text.as_bytes());
            network.to_server.inject(&frame);
        }
        // Each has an answer to send in the same pass: there is room to receive all at once.
        network.settle(&mut [first, second], &mut []);
        expect_whole_answers(link, &network.to_client.captured());
    }
}

/// Four answers, each in fragments that follow each other.
#[track_caller]
fn expect_whole_answers(link: Link, frames: &[Vec<u8>]) {
    let mut texts = Vec::new();
    for frame in frames {
        let Some(packet) = frames::packet(link, frame) else {
            continue;
        };
        let Some(part) = fragment(packet) else {
            continue;
        };
        if part.offset == 0 {
            texts.push(Vec::new());
        }
        let text: &mut Vec<u8> = texts.last_mut().expect("the first fragment comes first");
        assert_eq!(text.len(), part.offset, "in order");
        text.extend_from_slice(part.data);
    }
    texts.sort_by_key(|text| text[8]);
    assert_eq!(texts.len(), 4, "{link:?}");
    for (number, text) in texts.iter().enumerate() {
        let expected = format!("{number}{}", "ΐ".repeat(600));
        assert_eq!(text[8..], upper(expected.as_bytes()), "{link:?}");
    }
}

#[test]
fn the_2048_bytes_of_the_classic_exercise_are_answered() {
    for link in Link::ALL {
        let mut network = Network::new(link).with_fragmentation(6144);
        let mut server = server(&mut network, 6144, 4);
        let mut text = mixed(2048);
        text.truncate(2048);
        let answer = ask(&mut network, Some(&mut server), link.server(), &text);
        assert_eq!(answer, Ok(upper(&text)), "{link:?}");
    }
}
