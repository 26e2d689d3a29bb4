//! Where answers go on Ethernet: to the card that the question came from, without a neighbor request.

use super::common;

use smoltcp::wire::{EthernetAddress, EthernetFrame, IpAddress, IpEndpoint, TcpControl, TcpRepr};
use uppercase::{PORT, udp};

use common::ask::parts;
use common::discovery::{Message, discovery};
use common::frames::{self, read_udp};
use common::network::{CLIENT, Link, NOBODY, Network, SECOND, hardware_address};

/// A host on the link that the server's host does not know.
const STRANGER: u8 = 40;
const CARD: EthernetAddress = EthernetAddress([2, 0, 0, 0, 7, 7]);

/// A UDP server on the host that may have a gateway, which is the client's elsewhere, and frames
/// from any sender.
struct Place {
    link: Link,
    network: Network,
    server: udp::Server<'static>,
}

impl Place {
    fn new(link: Link, gateway: Option<IpAddress>) -> Self {
        let mut network = Network::with(link, &[], gateway);
        let server = udp::Server::from_parts(network.client.sockets(), parts(128, 4), PORT);
        network.to_server.capture();
        Self {
            link,
            network,
            server: server.expect("there is room"),
        }
    }

    /// What leaves after a question: the card it is for, and whether it is the answer. It must
    /// leave at once.
    fn ask(&mut self, from: IpAddress, card: EthernetAddress) -> Vec<(EthernetAddress, bool)> {
        let from = IpEndpoint::new(from, 40_000);
        let own = IpEndpoint::new(self.link.address(CLIENT), PORT);
        let mut frame = frames::udp(self.link, from, own, b"where am i?");
        let mut ethernet = EthernetFrame::new_unchecked(&mut frame[..]);
        ethernet.set_src_addr(card);
        ethernet.set_dst_addr(hardware_address(CLIENT));
        self.network.to_client.inject(&frame);
        self.network.settle(&mut [], &mut [&mut self.server]);
        let frames = self.network.to_server.captured();
        let frames = frames.iter().map(|frame| {
            let to = EthernetFrame::new_unchecked(&frame[..]).dst_addr();
            let answer = read_udp(self.link, frame);
            let is_answer = answer.is_some_and(|(asked, to, text)| {
                (asked.port, to, text) == (PORT, from, b"WHERE AM I?")
            });
            (to, is_answer)
        });
        frames.collect()
    }
}

#[test]
fn an_answer_goes_to_the_card_that_asked_without_address_resolution() {
    for link in Link::ETHERNET {
        let mut place = Place::new(link, None);
        for host in STRANGER..STRANGER + 50 {
            let card = EthernetAddress([2, 0, 0, 0, 7, host]);
            let answers = place.ask(link.address(host), card);
            assert_eq!(answers, [(card, true)], "{link:?}, {host}");
        }
    }
}

#[test]
fn an_answer_to_another_network_goes_to_the_gateway_that_brought_the_question() {
    for link in Link::ETHERNET {
        let mut place = Place::new(link, Some(link.address(STRANGER)));
        let answers = place.ask(link.far_address(), CARD);
        assert_eq!(answers, [(CARD, true)], "{link:?}");
    }
}

/// So a forged sender misleads answers only until the owner of the address asks again.
#[test]
fn a_host_with_another_card_is_followed() {
    for link in Link::ETHERNET {
        let mut place = Place::new(link, None);
        for card in [CARD, hardware_address(99), CARD] {
            let answers = place.ask(link.address(STRANGER), card);
            assert_eq!(answers, [(card, true)], "{link:?}");
        }
    }
}

#[test]
fn a_card_that_is_a_group_is_not_answered() {
    for link in Link::ETHERNET {
        for group in [
            EthernetAddress::BROADCAST,
            EthernetAddress([1, 0, 0x5e, 0, 0, 1]),
        ] {
            let mut place = Place::new(link, None);
            let answers = place.ask(link.address(STRANGER), group);
            let to_group = answers.iter().any(|(_, is_answer)| *is_answer);
            assert!(!to_group, "{link:?}, {group}: {answers:?}");
        }
    }
}

/// Broadcast, the groups of IPv4, IPv6 and bridges, and a locally administered one.
const GROUPS: [EthernetAddress; 6] = [
    EthernetAddress::BROADCAST,
    EthernetAddress([1, 0, 0x5e, 0, 0, 1]),
    EthernetAddress([0x33, 0x33, 0, 0, 0, 1]),
    EthernetAddress([1, 0x80, 0xc2, 0, 0, 0]),
    EthernetAddress([1, 0, 0, 0, 0, 0]),
    EthernetAddress([3, 2, 3, 4, 5, 6]),
];

#[test]
fn frames_whose_sender_is_a_group_are_dropped_and_hold_up_no_answer() {
    for link in Link::ETHERNET {
        for group in GROUPS {
            let mut place = Place::new(link, None);
            let nobody = link.address(NOBODY);
            let own = IpEndpoint::new(link.address(CLIENT), PORT);
            let from = IpEndpoint::new(nobody, 40_000);
            let request = TcpRepr {
                control: TcpControl::Syn,
                ..frames::segment(from, own)
            };
            let from_group = |mut frame: Vec<u8>| {
                let mut ethernet = EthernetFrame::new_unchecked(&mut frame[..]);
                ethernet.set_src_addr(group);
                ethernet.set_dst_addr(hardware_address(CLIENT));
                frame
            };
            let frames = [
                from_group(frames::udp(link, from, own, b"from a group")),
                from_group(frames::tcp(link, nobody, own.addr, &request)),
                discovery(link, group, (nobody, CARD), Message::Question(CLIENT)),
                discovery(link, group, (nobody, CARD), Message::Answer),
                discovery(link, CARD, (nobody, group), Message::Question(CLIENT)),
                discovery(link, CARD, (nobody, group), Message::Answer),
            ];
            for (number, frame) in frames.into_iter().enumerate() {
                place.network.to_client.inject(&frame);
                place.network.settle(&mut [], &mut [&mut place.server]);
                let sent = place.network.to_server.captured();
                assert!(sent.is_empty(), "{link:?}, {group}, frame {number}");
                let dropped = place.network.client.counters().group_source;
                assert_eq!(dropped, number as u32 + 1, "{link:?}, {group}");
                // Nor is anything left that would be sent later.
                let card = EthernetAddress([2, 0, 0, 0, 8, number as u8]);
                let answers = place.ask(link.address(STRANGER), card);
                assert_eq!(answers, [(card, true)], "{link:?}, {group}, {number}");
            }
            place
                .network
                .run_for(SECOND, &mut [], &mut [&mut place.server]);
            assert!(place.network.to_server.captured().is_empty(), "{link:?}");
        }
    }
}

/// So what is tested above does not depend on the rest of these messages.
#[test]
fn messages_about_one_card_are_taken() {
    for link in Link::ETHERNET {
        for asks in [false, true] {
            let mut place = Place::new(link, None);
            let message = match asks {
                true => Message::Question(CLIENT),
                false => Message::Answer,
            };
            let message = discovery(link, CARD, (link.address(NOBODY), CARD), message);
            place.network.to_client.inject(&message);
            place.network.settle(&mut [], &mut [&mut place.server]);
            let sent = place.network.to_server.captured();
            assert_eq!(sent.len(), usize::from(asks), "{link:?}");
            assert_eq!(place.network.client.counters().group_source, 0, "{link:?}");
        }
    }
}
