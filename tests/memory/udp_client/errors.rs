//! Each way in which a UDP client fails has its name.

use smoltcp::wire::{IpAddress, IpEndpoint};
use uppercase::PORT;
use uppercase::udp::{Client, Error};

use super::common::ask::{Ask, TIMEOUT, ask, parts, server};
use super::common::frames::{Unreachable, packet, read_udp, unreachable};
use super::common::network::{Link, NOBODY, Network, SECOND, SERVER};

#[test]
fn nothing_listens_on_the_port() {
    for link in Link::ALL {
        // Of a long line, the message of the host quotes the beginning only.
        for length in [0, 1, 100, 600, 1400] {
            let mut network = Network::new(link);
            let begin = network.now();
            assert_eq!(
                ask(&mut network, None, link.server(), &vec![b'x'; length]),
                Err(Error::NothingListens),
                "{link:?}, {length} bytes"
            );
            assert!(network.now() < begin + SECOND * 2, "it need not wait");
        }
    }
}

#[test]
fn a_router_says_that_the_host_is_unreachable() {
    for link in Link::ALL {
        for quoted in [if link.ipv6 { 48 } else { 28 }, 500] {
            let mut network = Network::with(link, &[], Some(link.address(SERVER)));
            let far = IpEndpoint::new(link.far_address(), PORT);
            let mut asking = Ask::new(&mut network, far, &[&[b'x'; 700]]);
            network.to_server.capture();
            network.run_for(SECOND / 2, &mut [], &mut [&mut asking]);
            let sent = network.to_server.captured();
            let line = sent.iter().find(|frame| read_udp(link, frame).is_some());
            let packet = packet(link, line.expect("it was sent")).expect("in a packet");
            let router = link.address(SERVER);
            let message = unreachable(link, router, Unreachable::Host, packet, quoted);
            network.to_client.inject(&message);
            network.settle(&mut [], &mut [&mut asking]);
            assert_eq!(asking.answers, [Err(Error::Unreachable)], "{link:?}");
        }
    }
}

#[test]
fn no_host_has_the_address_of_the_server_or_of_the_gateway() {
    for link in Link::ETHERNET {
        let mut network = Network::new(link);
        let nobody = IpEndpoint::new(link.address(NOBODY), PORT);
        let answer = ask(&mut network, None, nobody, b"hello?");
        assert_eq!(answer, Err(Error::NoNeighbor), "{link:?}");
        let mut network = Network::with(link, &[], Some(nobody.addr));
        let far = IpEndpoint::new(link.far_address(), PORT);
        let answer = ask(&mut network, None, far, b"hello?");
        assert_eq!(answer, Err(Error::NoNeighbor), "{link:?}");
    }
}

#[test]
fn there_is_no_way_to_the_address() {
    for link in Link::ETHERNET {
        let mut network = Network::new(link);
        let far = IpEndpoint::new(link.far_address(), PORT);
        let answer = ask(&mut network, None, far, b"hello?");
        assert_eq!(answer, Err(Error::NoRoute), "{link:?}");
    }
}

#[test]
fn what_no_line_can_be_sent_to_is_an_error_and_nothing_is_waited_for() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let sockets = network.client.sockets();
        let mut client = Client::from_parts(sockets, parts(100, 1), TIMEOUT).expect("room");
        let mut context = network.context();
        let mut bad = vec![IpEndpoint::new(link.address(SERVER), 0)];
        for address in [
            IpAddress::v4(0, 0, 0, 0),
            IpAddress::v4(255, 255, 255, 255),
            IpAddress::v4(192, 168, 69, 255),
            IpAddress::v4(224, 0, 0, 1),
            IpAddress::v6(0, 0, 0, 0, 0, 0, 0, 0),
            IpAddress::v6(0xff02, 0, 0, 0, 0, 0, 0, 1),
        ] {
            if !link.ipv6 || address != IpAddress::v4(192, 168, 69, 255) {
                bad.push(IpEndpoint::new(address, PORT));
            }
        }
        for bad in bad {
            let sent = client.send(&mut context, link.server(), b"before");
            assert_eq!(sent, Ok(()), "{link:?}, {bad}");
            let sent = client.send(&mut context, bad, b"hello?");
            assert_eq!(sent, Err(Error::Unaddressable), "{link:?}, {bad}");
            assert_eq!(client.deadline(), None, "{link:?}, {bad}");
            let answer = client.receive(&mut context, &mut [0; 10]);
            assert_eq!(answer, Err(Error::NothingSent), "{link:?}, {bad}");
        }
    }
}

#[test]
fn a_server_that_says_nothing_times_out() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 500, 2);
        network
            .to_client
            .filter(move |frame| read_udp(link, frame).is_none());
        let begin = network.now();
        let answer = ask(&mut network, Some(&mut server), link.server(), b"hello?");
        assert_eq!(answer, Err(Error::TimedOut), "{link:?}");
        assert_eq!(network.now(), begin + TIMEOUT, "{link:?}");
        // Sent at 0, 1, 3 and 7 s.
        assert_eq!(server.counters().answered, 4, "{link:?}");
        network.to_client.pass_all();
        let answer = ask(&mut network, Some(&mut server), link.server(), b"and now?");
        assert_eq!(answer, Ok(b"AND NOW?".to_vec()), "{link:?}");
    }
}

#[test]
fn a_line_or_an_answer_that_is_too_long_is_an_error_that_says_so() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 2000, 2);
        let parts = parts(1000, 1);
        let mut client =
            Client::from_parts(network.client.sockets(), parts, TIMEOUT).expect("there is room");
        let mut context = network.context();
        let expected = Err(Error::LineTooLong { longest: 1000 });
        assert_eq!(
            client.send(&mut context, link.server(), &[b'x'; 1001]),
            expected
        );
        let mut asking = Ask::new(&mut network, link.server(), &[b"nine byte", b"four"]);
        asking.room = 8;
        network.run(TIMEOUT, &mut [&mut server], &mut [&mut asking]);
        let expected = [
            Err(Error::AnswerTooLong { length: 9 }),
            Ok(b"FOUR".to_vec()),
        ];
        assert_eq!(asking.answers, expected, "{link:?}");
    }
    for link in Link::V6 {
        let mut network = Network::new(link);
        let longest = link.longest_unfragmented();
        let answer = ask(&mut network, None, link.server(), &vec![0; longest + 1]);
        assert_eq!(answer, Err(Error::LineTooLong { longest }), "{link:?}");
    }
}

#[test]
fn a_client_without_a_line_has_nothing_to_wait_for() {
    let mut network = Network::new(Link::ETHERNET_V4);
    let sockets = network.client.sockets();
    let mut client = Client::from_parts(sockets, parts(100, 1), TIMEOUT).expect("there is room");
    assert_eq!(client.deadline(), None);
    let mut context = network.context();
    let answer = client.receive(&mut context, &mut [0; 10]);
    assert_eq!(answer, Err(Error::NothingSent));
}
