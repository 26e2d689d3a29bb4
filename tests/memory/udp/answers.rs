//! What the server answers, and from where.

use smoltcp::wire::{IpCidr, IpEndpoint};
use uppercase::stack::from_fn;
use uppercase::{PORT, udp};

use super::common::ask::{Ask, TIMEOUT, ask, parts, server};
use super::common::network::{Link, Network, SECOND, SERVER};
use super::common::text::{mixed, upper};

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
fn a_server_that_holds_no_answer_makes_those_of_512_bytes_at_most() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let parts = udp::Parts {
            held: Vec::new().into(),
            ..parts(1000, 4)
        };
        let server = udp::Server::from_parts(network.server.sockets(), parts, PORT);
        let mut server = server.expect("there is room");
        let text = [b'x'; 513];
        let lines = [&text[..512], b"x", &text[..300]];
        let mut asking = Ask::new(&mut network, link.server(), &lines);
        network.run(TIMEOUT, &mut [&mut server], &mut [&mut asking]);
        for (line, answer) in lines.iter().zip(asking.expect_answers()) {
            assert_eq!(answer, upper(line), "{link:?}");
        }
        let mut asking = Ask::new(&mut network, link.server(), &[&text[..]]);
        network.run(TIMEOUT, &mut [&mut server], &mut [&mut asking]);
        assert!(server.counters().too_large > 0, "{link:?}");
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

#[test]
fn the_answer_comes_from_the_address_that_was_asked() {
    for link in Link::ALL {
        let prefix = if link.ipv6 { 64 } else { 24 };
        let second = IpCidr::new(link.address(33), prefix);
        let mut network = Network::with(link, &[second], None);
        let mut server = server(&mut network, 1000, 4);
        for host in [SERVER, 33] {
            let to = IpEndpoint::new(link.address(host), PORT);
            // The client takes an answer from this address only.
            let answer = ask(&mut network, Some(&mut server), to, b"who?");
            assert_eq!(answer, Ok(b"WHO?".to_vec()), "{link:?}");
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
        let delay = network.server.poll(now, &mut server).delay(now);
        assert_eq!(delay, None, "{link:?}");
        assert_eq!(
            network.client.poll(now, &mut from_fn(|_| None)).delay(now),
            None,
            "{link:?}"
        );
        assert_eq!(server.counters().answered, 3, "{link:?}");
    }
}
