//! The TCP server and client against each other, in memory, on a virtual clock.

use super::common;

use uppercase::tcp::{self, Mark, Scan};

use common::Text;
use common::network::{Actor, HOUR, Link, MINUTE, Network};
use common::scene::{server, sessions};
use common::talk::Talk;
use common::text::{mixed, upper};

/// One client's exchange with a fresh server.
fn exchange(
    link: Link,
    window: usize,
    config: tcp::Config,
    text: &[u8],
    change: impl Fn(&mut Talk),
) -> Talk {
    let mut network = Network::new(link);
    let mut server = server(&mut network, 1, window, config);
    let mut talk = Talk::new(&mut network, link.server(), window, text);
    change(&mut talk);
    network.run(HOUR, &mut [&mut server], &mut [&mut talk]);
    talk
}

#[test]
fn a_line_comes_back_in_capitals_over_every_link() {
    for link in Link::ALL {
        let talk = exchange(link, 1024, tcp::Config::default(), b"hello, world", |_| {});
        assert_eq!(talk.expect_answer(), b"HELLO, WORLD", "{link:?}");
    }
}

#[test]
fn a_line_is_answered_before_the_client_closes() {
    for link in Link::ALL {
        let talk = exchange(link, 1024, tcp::Config::default(), b"no newline", |talk| {
            talk.closes_first = false;
        });
        assert_eq!(talk.expect_answer(), b"NO NEWLINE", "{link:?}");
    }
}

#[test]
fn the_server_closes_after_one_answer_where_it_is_told_to() {
    let config = tcp::Config::default().with_once(true);
    for link in Link::ALL {
        let talk = exchange(link, 1024, config, "one straße".as_bytes(), |talk| {
            talk.closes_first = false;
        });
        assert_eq!(talk.expect_answer(), "ONE STRASSE".as_bytes(), "{link:?}");
    }
}

#[test]
fn pieces_of_every_size_come_back_whole() {
    let text = mixed(300);
    for piece in 1..text.len() {
        let talk = exchange(Link::ALL[0], 512, tcp::Config::default(), &text, |talk| {
            talk.piece = piece
        });
        assert_eq!(talk.expect_answer(), upper(&text), "pieces of {piece}");
    }
}

#[test]
fn a_megabyte_passes_through_small_buffers_byte_for_byte() {
    let text = mixed(1 << 20);
    for (link, window) in Link::ALL.into_iter().zip([500, 1460, 3000, 4096]) {
        let talk = exchange(link, window, tcp::Config::default(), &text, |_| {});
        assert!(
            talk.expect_answer() == upper(&text),
            "{link:?}, {window} bytes"
        );
    }
}

#[test]
fn buffers_of_every_small_size_work() {
    let text = mixed(200);
    for window in (1..80).chain([535, 536, 537, 1459, 1460, 1461, 65534, 65535]) {
        let talk = exchange(Link::ALL[0], window, tcp::Config::default(), &text, |_| {});
        assert_eq!(
            talk.expect_answer(),
            upper(&text),
            "buffers of {window} bytes"
        );
    }
}

#[test]
fn the_room_in_which_bytes_are_moved_may_have_any_size() {
    let text = mixed(10_000);
    let link = Link::ETHERNET_V4;
    for size in [0, 1, 2, 511, 512, 513, 5000] {
        let mut network = Network::new(link);
        let (sessions, index) = (sessions(1, 2000), Scan::new(vec![Mark::EMPTY]));
        let config = tcp::Config::default();
        let server: Result<tcp::Server<'_, Text>, _> =
            tcp::Server::from_parts(network.server.sockets(), sessions, index, config);
        let mut server = server.expect("there is room").with_chunk(vec![0; size]);
        let mut talk = Talk::new(&mut network, link.server(), 2000, &text);
        network.run(HOUR, &mut [&mut server], &mut [&mut talk]);
        assert!(talk.expect_answer() == upper(&text), "{size} bytes");
    }
}

#[test]
fn clients_that_find_no_place_wait_for_one() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 2, 512, tcp::Config::default());
        let mut talks: Vec<Talk> = (0..6)
            .map(|_| Talk::new(&mut network, link.server(), 512, b"me too"))
            .collect();
        let mut clients: Vec<&mut dyn Actor> = Vec::new();
        for talk in &mut talks {
            clients.push(talk);
        }
        network.run(MINUTE, &mut [&mut server], &mut clients);
        for talk in &talks {
            assert_eq!(talk.expect_answer(), b"ME TOO", "{link:?}");
        }
    }
}
