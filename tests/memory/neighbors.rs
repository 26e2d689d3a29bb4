//! Where answers go on Ethernet: to where the question came from, and nobody is asked first.

use super::common;

use smoltcp::wire::{EthernetAddress, EthernetFrame, IpAddress, IpEndpoint};
use uppercase::{PORT, udp};

use common::ask::parts;
use common::frames::{self, read_udp};
use common::network::{CLIENT, Link, Network, hardware_address};

/// A host on the link that the server's has never heard of.
const STRANGER: u8 = 40;
const CARD: EthernetAddress = EthernetAddress([2, 0, 0, 0, 7, 7]);

/// A UDP server on the host that may have a gateway, which is the client's elsewhere, and frames
/// from whomever.
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

    /// What leaves when somebody asks: the card it is for, and whether it is the answer. It must
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
fn an_answer_goes_to_the_card_that_asked_and_nobody_is_asked_for_it() {
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
