//! ICMP errors about packets that the attacker has not seen (RFC 5927).

use smoltcp::wire::{IpEndpoint, TcpRepr, TcpSeqNumber};
use uppercase::tcp::Error;

use super::common::ask::{self, Ask};
use super::common::chance::Chance;
use super::common::frames::{
    Unreachable, packet, packet_start, read_udp, segment, tcp, udp, unreachable,
};
use super::common::network::{Actor, CLIENT, Link, Network, SECOND};
use super::common::talk::TIMEOUT;
use super::opening::Opening;

const REASONS: [Unreachable; 4] = [
    Unreachable::Port,
    Unreachable::Host,
    Unreachable::Network,
    Unreachable::Route,
];

/// An error about this segment.
fn error(link: Link, from: IpEndpoint, quoted: &TcpRepr<'_>, reason: Unreachable) -> Vec<u8> {
    let frame = tcp(link, from.addr, link.server().addr, quoted);
    let packet = packet(link, &frame).expect("it has a segment");
    unreachable(link, link.address(9), reason, packet, 60)
}

/// "The TCP SEQ number should be within the range of the data already sent, but not yet
/// acknowledged" (RFC 5927, 4.1). The attacker knows the four-tuple.
#[test]
fn none_of_ten_thousand_errors_with_a_guessed_sequence_number_ends_a_handshake() {
    let mut chance = Chance::new(2);
    for link in Link::ALL {
        let mut opening = Opening::new(link);
        let (syn, from) = (opening.syn, opening.from);
        for number in 0..10_000 {
            let guess = (chance.below(1 << 16) << 16 | chance.below(1 << 16)) as u32 as i32;
            let guess = match number {
                0 => syn.seq_number + 1,
                1 => syn.seq_number - 1,
                _ => TcpSeqNumber(guess),
            };
            assert_ne!(
                guess, syn.seq_number,
                "the test has the right number by chance"
            );
            let quoted = TcpRepr {
                seq_number: guess,
                ..syn
            };
            let message = error(link, from, &quoted, REASONS[number % REASONS.len()]);
            opening.network.to_client.inject(&message);
        }
        opening.expect_service();
    }
}

/// The right sequence number does not help without the rest of the quote.
#[test]
fn an_error_about_another_four_tuple_ends_no_handshake() {
    for link in Link::ALL {
        let mut opening = Opening::new(link);
        let (syn, from) = (opening.syn, opening.from);
        let other_port = IpEndpoint::new(from.addr, from.port ^ 1);
        let quotes = [
            (other_port, segment(other_port, link.server())),
            (from, segment(from, IpEndpoint::new(link.server().addr, 99))),
        ];
        for (from, quoted) in quotes {
            let quoted = TcpRepr {
                seq_number: syn.seq_number,
                ..quoted
            };
            let message = error(link, from, &quoted, Unreachable::Port);
            opening.network.to_client.inject(&message);
        }
        let frame = tcp(link, from.addr, link.address(77), &syn);
        let packet = packet(link, &frame).expect("it has a segment");
        let message = unreachable(link, link.address(9), Unreachable::Port, packet, 60);
        opening.network.to_client.inject(&message);
        opening.expect_service();
    }
}

/// RFC 1122, 3.2.2: an error is sent to the host that the packet came from.
#[test]
fn an_error_for_another_address_ends_no_handshake() {
    for link in Link::V4 {
        let mut opening = Opening::new(link);
        let (syn, from) = (opening.syn, opening.from);
        for to in [[224, 0, 0, 1], [192, 168, 69, 255], [192, 168, 69, 200]] {
            let mut message = error(link, from, &syn, Unreachable::Port);
            let header = &mut message[packet_start(link)..][..20];
            header[16..].copy_from_slice(&to);
            header[10..12].fill(0);
            let sum = !smoltcp::wire::checksum::data(header);
            header[10..12].copy_from_slice(&sum.to_be_bytes());
            opening.network.to_client.inject(&message);
        }
        opening.expect_service();
    }
}

/// And what is right in every respect is believed at once.
#[test]
fn an_error_with_the_number_of_the_syn_ends_a_handshake() {
    for link in Link::ALL {
        let mut opening = Opening::new(link);
        let (syn, from) = (opening.syn, opening.from);
        let message = error(link, from, &syn, Unreachable::Port);
        opening.network.to_client.inject(&message);
        opening.settle();
        assert_eq!(opening.talk.outcome, Some(Err(Error::Refused)), "{link:?}");
    }
}

/// An attacker that does not know the port tries all of them.
#[test]
fn errors_about_every_port_end_no_request_over_udp() {
    for link in Link::ALL {
        for reason in [Unreachable::Port, Unreachable::Host] {
            let mut network = Network::new(link);
            let mut server = ask::server(&mut network, 500, 4);
            let mut asking = Ask::new(&mut network, link.server(), &[b"mine"]);
            // The first answer is lost; the line is sent again after a second.
            network
                .to_client
                .filter(move |frame| read_udp(link, frame).is_none());
            let clients: &mut [&mut dyn Actor] = &mut [&mut asking];
            network.run_for(SECOND / 2, &mut [&mut server], clients);
            for port in 49_152..=u16::MAX {
                let from = IpEndpoint::new(link.address(CLIENT), port);
                let frame = udp(link, from, link.server(), b"mine");
                let packet = packet(link, &frame).expect("it has a datagram");
                let message = unreachable(link, link.address(9), reason, packet, 60);
                network.to_client.inject(&message);
                network.settle(&mut [&mut server], &mut [&mut asking]);
            }
            network.to_client.pass_all();
            network.run(TIMEOUT, &mut [&mut server], &mut [&mut asking]);
            assert_eq!(asking.expect_answers(), [b"MINE"]);
        }
    }
}
