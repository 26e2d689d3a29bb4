//! What is sent without a question: a neighbor is asked for first.

use smoltcp::time::Duration;
use smoltcp::wire::{EthernetFrame, IpEndpoint};
use uppercase::stack::from_fn;
use uppercase::{PORT, tcp, udp};

use super::common::ask::parts;
use super::common::discovery::{Message, Said, discovery, said};
use super::common::frames::{read_tcp, read_udp};
use super::common::network::{Link, Network, SECOND};
use super::{CARD, STRANGER, network};

/// A client that begins to ask a host of which nothing is known.
enum Asker {
    Udp(udp::Client<'static>),
    Tcp(tcp::Client),
}

impl Asker {
    const ALL: [fn(&mut Network, IpEndpoint) -> Self; 2] = [Self::udp, Self::tcp];

    fn udp(network: &mut Network, server: IpEndpoint) -> Self {
        let sockets = network.client.sockets();
        let client = udp::Client::from_parts(sockets, parts(100, 4), SECOND * 10);
        let mut client = client.expect("there is room");
        let sent = client.send(&mut network.context(), server, b"who is there?");
        sent.expect("there is a way");
        Self::Udp(client)
    }

    fn tcp(network: &mut Network, server: IpEndpoint) -> Self {
        let storage = Box::leak(Box::new(tcp::ClientStorage::<1024, 1024>::new()));
        let client = tcp::Client::new(network.client.sockets(), storage, SECOND * 10);
        let mut client = client.expect("sizes that work");
        let begun = client.connect(&mut network.context(), server);
        begun.expect("there is a way");
        Self::Tcp(client)
    }

    /// Polls the client's host; returns what it sends, and when it wants to be polled again.
    fn poll(&mut self, network: &mut Network) -> (Vec<Vec<u8>>, Option<Duration>) {
        let now = network.now();
        let next = network.client.poll(
            now,
            &mut from_fn(|context| match self {
                Self::Udp(client) => {
                    let _ = client.receive(context, &mut [0; 100]);
                    client.deadline()
                }
                Self::Tcp(client) => {
                    let _ = client.is_open(context);
                    client.deadline()
                }
            }),
        );
        (network.to_server.captured(), next.delay(now))
    }
}

fn is_first(link: Link, frame: &[u8]) -> bool {
    read_udp(link, frame).is_some() || read_tcp(link, frame).is_some()
}

#[test]
fn the_first_packet_leaves_as_soon_as_the_neighbor_answers() {
    for link in Link::ETHERNET {
        for begin in Asker::ALL {
            let mut network = network(link);
            let server = IpEndpoint::new(link.address(STRANGER), PORT);
            let mut asker = begin(&mut network, server);
            let (sent, delay) = asker.poll(&mut network);
            let said: Vec<_> = sent.iter().map(|frame| said(frame)).collect();
            assert_eq!(said, [Some(Said::Asks(server.addr))], "{link:?}");
            assert_eq!(delay, Some(SECOND), "{link:?}");

            network.sleep(Duration::from_millis(300));
            let answer = discovery(link, CARD, (server.addr, CARD), Message::Answer);
            network.to_client.inject(&answer);
            let (sent, _) = asker.poll(&mut network);
            assert_eq!(sent.len(), 1, "{link:?}");
            assert!(is_first(link, &sent[0]), "{link:?}");
            assert_eq!(EthernetFrame::new_unchecked(&sent[0]).dst_addr(), CARD);
        }
    }
}

#[test]
fn a_neighbor_is_asked_for_each_second_and_no_longer_than_it_is_wished_for() {
    for link in Link::ETHERNET {
        for begin in Asker::ALL {
            let mut network = network(link);
            let server = IpEndpoint::new(link.address(STRANGER), PORT);
            let mut asker = begin(&mut network, server);
            let begin = network.now();
            let mut asked = Vec::new();
            for _ in 0..100 {
                let (sent, delay) = asker.poll(&mut network);
                for frame in sent {
                    assert_eq!(said(&frame), Some(Said::Asks(server.addr)), "{link:?}");
                    asked.push((network.now() - begin).secs());
                }
                match delay {
                    Some(delay) => network.sleep(delay),
                    None => break,
                }
            }
            // The client gives up after 10 seconds.
            assert_eq!(asked[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "{link:?}");
            assert!(asked.len() <= 12, "{link:?}: {asked:?}");
            assert!(network.now() - begin < SECOND * 14, "{link:?}");
        }
    }
}

/// So no flood fills the table with hosts that are not there.
#[test]
fn an_answer_that_was_not_asked_for_is_not_believed() {
    for link in Link::ETHERNET {
        for message in [Message::Answer, Message::Question(super::CLIENT)] {
            let mut network = network(link);
            let server = IpEndpoint::new(link.address(STRANGER), PORT);
            let early = discovery(link, CARD, (server.addr, CARD), message);
            super::sent_after(&mut network, &early);
            let mut asker = Asker::udp(&mut network, server);
            let (sent, _) = asker.poll(&mut network);
            let said: Vec<_> = sent.iter().map(|frame| said(frame)).collect();
            assert_eq!(said, [Some(Said::Asks(server.addr))], "{link:?}");
        }
    }
}

#[test]
fn a_neighbor_that_asks_for_us_while_it_is_asked_for_is_known() {
    for link in Link::ETHERNET {
        let mut network = network(link);
        let server = IpEndpoint::new(link.address(STRANGER), PORT);
        let mut asker = Asker::udp(&mut network, server);
        asker.poll(&mut network);
        let message = Message::Question(super::CLIENT);
        let question = discovery(link, CARD, (server.addr, CARD), message);
        network.to_client.inject(&question);
        let (sent, _) = asker.poll(&mut network);
        assert!(sent.iter().any(|frame| is_first(link, frame)), "{link:?}");
    }
}
