//! The link layer: what is answered, what is asked for, and where frames go.
//!
//! Where the answers to datagrams go is in `neighbors.rs`.

use super::common;

mod clients;
mod connections;

use smoltcp::socket::udp::{PacketBuffer, PacketMetadata, Socket};
use smoltcp::wire::{EthernetAddress, EthernetFrame, IpAddress, IpEndpoint};
use uppercase::stack::from_fn;
use uppercase::{PORT, udp};

use common::ask::parts;
use common::discovery::{Message, Said, discovery, said};
use common::frames::{self, read_udp};
use common::network::{CLIENT, Link, Network, SECOND, SERVER, hardware_address};

const STRANGER: u8 = 40;
const CARD: EthernetAddress = EthernetAddress([2, 0, 0, 0, 7, 7]);

/// The host that is tested has the client's address; frames that it sends are kept.
fn network(link: Link) -> Network {
    let network = Network::new(link);
    network.to_server.capture();
    network
}

/// What the host sends after a frame has arrived, at once.
fn sent_after(network: &mut Network, frame: &[u8]) -> Vec<Vec<u8>> {
    network.to_client.inject(frame);
    let now = network.now();
    let _ = network.client.poll(now, &mut from_fn(|_| None));
    network.to_server.captured()
}

fn own(link: Link) -> Said {
    let card = hardware_address(CLIENT);
    Said::Tells(link.address(CLIENT), card, CARD)
}

#[test]
fn a_question_for_our_address_is_answered_to_the_card_that_asks() {
    for link in Link::ETHERNET {
        let mut network = network(link);
        let question = discovery(
            link,
            CARD,
            (link.address(STRANGER), CARD),
            Message::Question(CLIENT),
        );
        let sent = sent_after(&mut network, &question);
        let said: Vec<_> = sent.iter().map(|frame| said(frame)).collect();
        assert_eq!(said, [Some(own(link))], "{link:?}");
    }
}

#[test]
fn a_host_that_wants_our_address_is_told_that_it_is_taken() {
    for link in Link::ETHERNET {
        let mut network = network(link);
        let probe = discovery(
            link,
            CARD,
            (link.address(STRANGER), CARD),
            Message::Probe(CLIENT),
        );
        let sent = sent_after(&mut network, &probe);
        let told = sent.iter().map(|frame| said(frame));
        // It has no address that an advertisement could be sent to: all nodes hear it.
        let to = match link.ipv6 {
            true => EthernetAddress([0x33, 0x33, 0, 0, 0, 1]),
            false => CARD,
        };
        let expected = Said::Tells(link.address(CLIENT), hardware_address(CLIENT), to);
        assert_eq!(told.collect::<Vec<_>>(), [Some(expected)], "{link:?}");
    }
}

#[test]
fn questions_for_others_and_in_our_own_name_are_not_answered() {
    for link in Link::ETHERNET {
        for (from, message) in [
            (STRANGER, Message::Question(SERVER)),
            (STRANGER, Message::Probe(SERVER)),
            (STRANGER, Message::Answer),
            (CLIENT, Message::Question(CLIENT)),
        ] {
            // As in IPv6 a host does not hear other hosts' groups, the frame is to its card.
            let mut network = network(link);
            let frame = discovery(link, CARD, (link.address(from), CARD), message);
            let sent = sent_after(&mut network, &frame);
            let told = sent.iter().filter_map(|frame| said(frame));
            let told = told.filter(|said| matches!(said, Said::Tells(..)));
            let is_own_name = from == CLIENT;
            assert!(
                is_own_name && link.ipv6 || told.count() == 0,
                "{link:?}, {from}, {message:?}"
            );
        }
    }
}

/// RFC 4861, 7.1.1: no host beyond a router can have sent a message with the hop limit 255.
#[test]
fn a_solicitation_that_a_router_has_forwarded_is_not_answered() {
    let link = Link::ETHERNET_V6;
    for hop_limit in [1, 64, 254] {
        let mut network = network(link);
        let mut question = discovery(
            link,
            CARD,
            (link.address(STRANGER), CARD),
            Message::Question(CLIENT),
        );
        question[14 + 7] = hop_limit;
        assert!(sent_after(&mut network, &question).is_empty());
    }
}

/// 200 hosts ask in turn, three times each: no address resolution is needed for the answers.
#[test]
fn two_hundred_hosts_that_take_turns_are_answered_at_once() {
    for link in Link::ETHERNET {
        let mut network = network(link);
        let server = udp::Server::from_parts(network.client.sockets(), parts(128, 4), PORT);
        let mut server = server.expect("there is room");
        for round in 0..3 {
            for host in 50..250 {
                let from = IpEndpoint::new(link.address(host), 40_000);
                let own = IpEndpoint::new(link.address(CLIENT), PORT);
                let mut frame = frames::udp(link, from, own, b"my turn");
                let card = EthernetAddress([2, 0, 0, 0, 9, host]);
                EthernetFrame::new_unchecked(&mut frame[..]).set_src_addr(card);
                network.to_client.inject(&frame);
                let now = network.now();
                let _ = network.client.poll(now, &mut server);
                let sent = network.to_server.captured();
                assert_eq!(sent.len(), 1, "{link:?}, {round}, {host}");
                assert_eq!(EthernetFrame::new_unchecked(&sent[0]).dst_addr(), card);
                let answer = read_udp(link, &sent[0]).map(|(_, to, text)| (to, text));
                assert_eq!(answer, Some((from, &b"MY TURN"[..])), "{link:?}");
            }
        }
    }
}

/// As many as a second brings, from all kinds of addresses: the answer leaves in the poll that
/// receives its question, and no neighbor is asked for.
#[test]
fn ten_thousand_forged_neighbors_hold_up_no_answer() {
    for link in Link::ETHERNET {
        let mut network = network(link);
        let server = udp::Server::from_parts(network.client.sockets(), parts(128, 4), PORT);
        let mut server = server.expect("there is room");
        let honest = IpEndpoint::new(link.address(STRANGER), 40_000);
        let own = IpEndpoint::new(link.address(CLIENT), PORT);
        for number in 0..10_000_u32 {
            let [.., high, low] = number.to_be_bytes();
            let forged = match link.ipv6 {
                true => IpAddress::v6(0xfdaa, 0, 0, 0, 0, 0, 1, number as u16),
                false => IpAddress::v4(192, 168, 69, 3 + (number % 250) as u8),
            };
            let card = EthernetAddress([2, 1, 0, 0, high, low]);
            let message = [Message::Question(CLIENT), Message::Answer][number as usize % 2];
            network
                .to_client
                .inject(&discovery(link, card, (forged, card), message));
            if number % 100 != 50 {
                let now = network.now();
                let _ = network.client.poll(now, &mut server);
                network.to_server.captured();
                continue;
            }
            let mut frame = frames::udp(link, honest, own, b"honest");
            EthernetFrame::new_unchecked(&mut frame[..]).set_src_addr(CARD);
            network.to_client.inject(&frame);
            let now = network.now();
            let _ = network.client.poll(now, &mut server);
            let sent = network.to_server.captured();
            let answered = sent.iter().filter(|frame| {
                let to = EthernetFrame::new_unchecked(&frame[..]).dst_addr();
                to == CARD && read_udp(link, frame).is_some_and(|(_, _, text)| text == b"HONEST")
            });
            assert_eq!(answered.count(), 1, "{link:?}, {number}");
            let asked = sent.iter().filter_map(|frame| said(frame));
            let asked = asked.filter(|said| matches!(said, Said::Asks(_)));
            assert_eq!(asked.count(), 0, "{link:?}, {number}");
        }
    }
}

/// A packet to a neighbor that is not known is lost, but no switch spreads it.
#[test]
fn what_is_sent_without_a_question_is_resolved_first() {
    for link in Link::ETHERNET {
        for waits in [false, true] {
            let mut network = network(link);
            let buffer = || PacketBuffer::new(vec![PacketMetadata::EMPTY; 4], vec![0; 100]);
            let mut socket = Socket::new(buffer(), buffer());
            socket.bind(500).expect("the port is not 0");
            let handle = network.client.sockets().add(socket).expect("there is room");
            let peer = IpEndpoint::new(link.address(STRANGER), 600);
            let mut is_sent = false;
            let mut service = from_fn(|context| {
                let is_known = context.resolve(&peer.addr);
                if !is_sent && (is_known || !waits) {
                    let socket = context.sockets.get_mut::<Socket<'_>>(handle);
                    socket.send_slice(b"news", peer).expect("there is room");
                    is_sent = true;
                }
                None
            });
            let now = network.now();
            let _ = network.client.poll(now, &mut service);
            let first = network.to_server.captured();
            let asked = first
                .iter()
                .filter(|frame| said(frame) == Some(Said::Asks(peer.addr)));
            assert_eq!(asked.count(), 1, "{link:?}");
            for frame in first.iter().filter(|frame| read_udp(link, frame).is_some()) {
                assert!(!waits);
                let to = EthernetFrame::new_unchecked(&frame[..]).dst_addr();
                assert_eq!(to, hardware_address(CLIENT), "{link:?}");
            }
            let answer = discovery(link, CARD, (peer.addr, CARD), Message::Answer);
            network.to_client.inject(&answer);
            let _ = network.client.poll(now, &mut service);
            let then = network.to_server.captured();
            let left = then.iter().filter(|frame| read_udp(link, frame).is_some());
            let left: Vec<_> = left
                .map(|frame| EthernetFrame::new_unchecked(&frame[..]).dst_addr())
                .collect();
            assert_eq!(left, if waits { vec![CARD] } else { vec![] }, "{link:?}");
        }
    }
}

/// A gateway's redirects, and routers that offer themselves, are not believed: the host is told
/// its gateway.
#[test]
fn router_advertisements_and_redirects_change_nothing() {
    let link = Link::ETHERNET_V6;
    for kind in [134, 137] {
        let mut network = network(link);
        let mut frame = discovery(
            link,
            CARD,
            (link.address(STRANGER), CARD),
            Message::Question(CLIENT),
        );
        frame[14 + 40] = kind;
        assert!(sent_after(&mut network, &frame).is_empty());
        network.run_for(SECOND, &mut [], &mut []);
        assert!(network.to_server.captured().is_empty());
    }
}
