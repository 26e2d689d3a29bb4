//! When a line is sent, and sent again, and which answer is believed.

use std::cell::RefCell;
use std::rc::Rc;

use smoltcp::time::Duration;
use smoltcp::wire::IpEndpoint;
use uppercase::PORT;
use uppercase::simulation::{Conditions, Probability};
use uppercase::stack::from_fn;
use uppercase::udp::{Client, Error};

use super::common::ask::{Ask, TIMEOUT, ask, parts, server};
use super::common::frames::{self, packet, read_udp};
use super::common::network::{HOUR, Link, NOBODY, Network, SECOND, SERVER};

#[test]
fn a_line_that_is_lost_is_sent_again_after_1_2_and_4_seconds() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 500, 2);
        let left = Rc::new(RefCell::new(3));
        network.to_server.filter(move |frame| {
            let lost = read_udp(link, frame).is_some() && *left.borrow() > 0;
            if lost {
                *left.borrow_mut() -= 1;
            }
            !lost
        });
        let mut asking = Ask::new(&mut network, link.server(), &[b"again"]);
        network.to_server.capture();
        let mut times = Vec::new();
        while asking.answers.is_empty() {
            network.run_for(
                Duration::from_millis(100),
                &mut [&mut server],
                &mut [&mut asking],
            );
            for frame in network.to_server.captured() {
                if read_udp(link, &frame).is_some() {
                    times.push(network.now().total_millis() / 1000);
                }
            }
        }
        assert_eq!(asking.expect_answers(), [b"AGAIN"], "{link:?}");
        assert_eq!(times, [0, 1, 3, 7], "{link:?}");
        assert_eq!(server.counters().answered, 1);
    }
}

#[test]
fn a_late_answer_to_one_line_is_not_taken_for_the_answer_to_the_next() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 500, 2);
        // Each answer arrives twice, the second time before the next answer.
        network
            .to_client
            .set(Conditions::default().with_duplication(Probability::ALWAYS));
        let mut one = Ask::new(&mut network, link.server(), &[b"one", b"two", b"three"]);
        network.run(TIMEOUT, &mut [&mut server], &mut [&mut one]);
        assert_eq!(
            one.expect_answers(),
            [&b"ONE"[..], b"TWO", b"THREE"],
            "{link:?}"
        );
    }
}

#[test]
fn answers_from_anybody_else_are_ignored() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 500, 2);
        network.to_server.capture();
        let mut asking = Ask::new(&mut network, link.server(), &[b"whom to believe?"]);
        // The server's answer is lost the first time; the forged ones come in the meantime.
        network
            .to_client
            .filter(move |frame| read_udp(link, frame).is_none());
        network.run_for(SECOND / 2, &mut [&mut server], &mut [&mut asking]);
        network.to_client.pass_all();
        let kept = network.to_server.captured();
        let (client, _, _) = kept
            .iter()
            .find_map(|frame| read_udp(link, frame))
            .expect("the line was sent");
        for forger in [
            IpEndpoint::new(link.address(SERVER), PORT + 1),
            IpEndpoint::new(link.address(NOBODY), PORT),
            IpEndpoint::new(link.far_address(), PORT),
        ] {
            let frame = frames::udp(link, forger, client, b"ME, ME, ME!");
            network.to_client.inject(&frame);
        }
        network.run(TIMEOUT, &mut [&mut server], &mut [&mut asking]);
        assert_eq!(asking.expect_answers(), [b"WHOM TO BELIEVE?"], "{link:?}");
    }
}

#[test]
fn every_line_is_sent_from_a_port_of_its_own() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 500, 2);
        let lines = vec![&b"line"[..]; 2000];
        let mut asking = Ask::new(&mut network, link.server(), &lines);
        network.to_server.capture();
        network.run(TIMEOUT, &mut [&mut server], &mut [&mut asking]);
        let kept = network.to_server.captured();
        let lines = kept.iter().filter_map(|frame| read_udp(link, frame));
        let mut ports: Vec<u16> = lines.map(|(from, _, _)| from.port).collect();
        assert_eq!(ports.len(), 2000, "{link:?}");
        assert!(ports.iter().all(|port| *port >= 49152), "{link:?}");
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 2000, "{link:?}");
    }
}

#[test]
fn the_longest_timeout_means_no_limit() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = server(&mut network, 500, 2);
        network
            .to_client
            .filter(move |frame| read_udp(link, frame).is_none());
        for timeout in [Duration::MAX, Duration::from_micros(i64::MAX as u64)] {
            let mut asking = Ask::new(&mut network, link.server(), &[b"patience"]);
            let parts = parts(100, 1);
            asking.client = Client::from_parts(network.client.sockets(), parts, timeout)
                .expect("there is room");
            network.run_for(HOUR, &mut [&mut server], &mut [&mut asking]);
            assert_eq!(asking.answers, [], "{link:?}");
        }
    }
}

#[test]
fn a_line_to_an_unused_address_does_not_hold_up_the_next() {
    for link in Link::ETHERNET {
        // In one packet, and in fragments.
        for length in [100, 3000] {
            for waits in [0, 20] {
                let mut network = Network::new(link).with_fragmentation(3000);
                // From now on the server's hardware address is known.
                let nothing = ask(&mut network, None, link.server(), b"hi");
                assert_eq!(nothing, Err(Error::NothingListens), "{link:?}");
                let asking = Ask::new(&mut network, link.server(), &[b"unused"]);
                let mut client = asking.client;

                let nobody = IpEndpoint::new(link.address(NOBODY), PORT);
                let line = vec![b'x'; length];
                let mut context = network.context();
                assert_eq!(client.send(&mut context, nobody, &line), Ok(()));
                for _ in 0..=waits {
                    let _ = network.client.poll(
                        network.now(),
                        &mut from_fn(|context| {
                            let _ = client.receive(context, &mut [0; 10]);
                            client.deadline()
                        }),
                    );
                    network.sleep(SECOND / 2);
                }
                assert_eq!(client.deadline().is_none(), waits == 20);

                network.to_server.capture();
                let mut context = network.context();
                assert_eq!(client.send(&mut context, link.server(), &line), Ok(()));
                network.settle(&mut [], &mut []);
                let kept = network.to_server.captured();
                let sent: usize = kept
                    .iter()
                    .filter_map(|frame| packet(link, frame))
                    .map(<[u8]>::len)
                    .sum();
                assert!(sent > length, "{link:?}, {length}, {waits}: {sent}");
            }
        }
    }
}
