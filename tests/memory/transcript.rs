//! The transcript in memory: our own servers and our own clients.

use super::common;

use uppercase::tcp;

use common::network::{HOUR, Link, Network};
use common::talk::Talk;
use common::transcript::{Over, Request, check};
use common::{ask, scene};

/// What our own server answers to our own client.
fn answer(link: Link, request: &Request) -> Vec<u8> {
    let mut network = Network::new(link);
    let text = request.pieces.concat();
    match request.over {
        Over::Tcp => {
            let mut server = scene::server(&mut network, 1, 1024, tcp::Config::default());
            let mut talk = Talk::new(&mut network, link.server(), 1024, &text);
            if let [first, _, ..] = &request.pieces[..] {
                talk.piece = first.len();
            }
            network.run(HOUR, &mut [&mut server], &mut [&mut talk]);
            talk.expect_answer().to_vec()
        }
        Over::Udp => {
            let mut server = ask::server(&mut network, 256, 1);
            let answer = ask::ask(&mut network, Some(&mut server), link.server(), &text);
            answer.expect("an answer")
        }
    }
}

#[test]
fn answers_are_those_of_the_transcript_over_every_link() {
    for link in Link::ALL {
        check(|request| answer(link, request));
    }
}
