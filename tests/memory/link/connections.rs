//! Where the segments of a connection go: to the card that the peer's latest one came from.

use smoltcp::wire::{
    EthernetAddress, EthernetFrame, IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber,
};
use uppercase::{PORT, tcp};

use super::common::discovery::{Message, Said, discovery, said};
use super::common::frames::{self, read_tcp};
use super::common::network::{CLIENT, Link, Network, SECOND};
use super::{CARD, STRANGER, network};

const OTHER: EthernetAddress = EthernetAddress([2, 0, 0, 0, 7, 8]);

/// A server on the client's host, and a peer by hand.
struct Place {
    link: Link,
    network: Network,
    server: tcp::Server<'static>,
    next: TcpSeqNumber,
    acknowledged: TcpSeqNumber,
}

impl Place {
    /// With a connection from `CARD`.
    fn new(link: Link) -> Self {
        let mut network = network(link);
        let pool = Box::leak(Box::new(tcp::Pool::<2, 1024, 1024>::new()));
        let config = tcp::Config::default();
        let server = tcp::Server::new(network.client.sockets(), pool, config);
        let mut place = Self {
            link,
            network,
            server: server.expect("there is room"),
            next: TcpSeqNumber(1000),
            acknowledged: TcpSeqNumber(0),
        };
        let syn = TcpRepr {
            control: TcpControl::Syn,
            ..place.segment()
        };
        place.send(CARD, &syn);
        let sent = place.sent();
        let (_, _, answer) = read_tcp(link, &sent[0]).expect("an answer");
        place.acknowledged = answer.seq_number + 1;
        place.next += 1;
        let ack = TcpRepr {
            ack_number: Some(place.acknowledged),
            ..place.segment()
        };
        place.send(CARD, &ack);
        place
    }

    fn endpoints(&self) -> (IpEndpoint, IpEndpoint) {
        let peer = IpEndpoint::new(self.link.address(STRANGER), 40_000);
        (peer, IpEndpoint::new(self.link.address(CLIENT), PORT))
    }

    fn segment(&self) -> TcpRepr<'static> {
        let (peer, own) = self.endpoints();
        TcpRepr {
            seq_number: self.next,
            ..frames::segment(peer, own)
        }
    }

    fn send(&mut self, card: EthernetAddress, segment: &TcpRepr<'_>) {
        let (peer, own) = self.endpoints();
        let mut frame = frames::tcp(self.link, peer.addr, own.addr, segment);
        EthernetFrame::new_unchecked(&mut frame[..]).set_src_addr(card);
        self.network.to_client.inject(&frame);
        self.poll();
    }

    fn text(&mut self, card: EthernetAddress, text: &[u8]) {
        let segment = TcpRepr {
            ack_number: Some(self.acknowledged),
            payload: text,
            ..self.segment()
        };
        self.send(card, &segment);
        self.next += text.len();
    }

    fn poll(&mut self) -> Option<smoltcp::time::Duration> {
        let now = self.network.now();
        let next = self.network.client.poll(now, &mut self.server);
        next.delay(now)
    }

    fn sent(&mut self) -> Vec<Vec<u8>> {
        self.network.to_server.captured()
    }

    /// The cards that segments were sent to.
    fn cards(&mut self) -> Vec<EthernetAddress> {
        let sent = self.sent();
        let segments = sent
            .iter()
            .filter(|frame| read_tcp(self.link, frame).is_some());
        let cards = segments.map(|frame| EthernetFrame::new_unchecked(&frame[..]).dst_addr());
        cards.collect()
    }
}

#[test]
fn a_connection_follows_its_peer_to_another_card() {
    for link in Link::ETHERNET {
        let mut place = Place::new(link);
        for card in [CARD, OTHER, CARD] {
            place.sent();
            place.text(card, b"text");
            let cards = place.cards();
            assert!(
                !cards.is_empty() && cards.iter().all(|to| *to == card),
                "{link:?}"
            );
        }
    }
}

/// Lets a peer fall silent, and answers from another card when it is asked for; returns where the
/// answer to its text is sent, and whether the peer has been asked for by then.
fn sent_to_a_silent_peer(link: Link) -> Vec<(EthernetAddress, bool)> {
    let mut place = Place::new(link);
    place.sent();
    place.text(CARD, b"text");
    let (peer, _) = place.endpoints();
    let (mut is_asked, mut sent_to) = (false, Vec::new());
    let end = place.network.now() + SECOND * 30;
    while place.network.now() < end && sent_to.last() != Some(&(OTHER, true)) {
        let delay = place.poll().expect("it is sent again");
        for frame in place.sent() {
            let to = EthernetFrame::new_unchecked(&frame[..]).dst_addr();
            if read_tcp(link, &frame).is_some() {
                sent_to.push((to, is_asked));
            } else if said(&frame) == Some(Said::Asks(peer.addr)) {
                is_asked = true;
                let answer = discovery(link, OTHER, (peer.addr, OTHER), Message::Answer);
                place.network.to_client.inject(&answer);
            }
        }
        place.network.sleep(delay);
    }
    sent_to
}

/// An answer that is not acknowledged is sent again: first to the same card, then the peer is asked
/// for, as it may have another one.
#[test]
fn a_peer_that_falls_silent_is_asked_for_and_found_at_another_card() {
    for link in Link::ETHERNET {
        let sent = sent_to_a_silent_peer(link);
        let (last, before) = sent.split_last().expect("some");
        assert_eq!(*last, (OTHER, true), "{link:?}: {sent:?}");
        assert_eq!(before, [(CARD, false); 3], "{link:?}");
    }
}

/// A flood fills the table of the hosts that have sent datagrams last; connections are not in it.
#[test]
fn forged_datagrams_do_not_turn_a_connection_away() {
    for link in Link::ETHERNET {
        let mut place = Place::new(link);
        let own = IpEndpoint::new(link.address(CLIENT), 500);
        for number in 0..1000_u32 {
            let host = 100 + (number % 100) as u8;
            let forged = IpEndpoint::new(link.address(host), number as u16 + 1);
            let frame = frames::udp(link, forged, own, b"forged");
            place.network.to_client.inject(&frame);
            place.poll();
        }
        place.sent();
        place.text(CARD, b"text");
        assert!(place.cards().iter().all(|to| *to == CARD), "{link:?}");
    }
}
