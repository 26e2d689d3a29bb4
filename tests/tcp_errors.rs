//! Each way in which a TCP client fails has its name.

mod common;

use smoltcp::time::Duration;
use smoltcp::wire::{IpAddress, IpCidr, IpEndpoint, TcpControl, TcpRepr};
use uppercase::PORT;
use uppercase::tcp::{Config, Error};

use common::frames::{Unreachable, packet, read_tcp, segment, tcp, unreachable};
use common::network::{Actor, Link, NOBODY, Network, SECOND, SERVER};
use common::scene::{Caller, Scene};
use common::talk::{TIMEOUT, Talk};

/// How a client ends that connects to `server`, where no server is.
fn outcome(network: &mut Network, server: IpEndpoint) -> Result<(), Error> {
    let mut talk = Talk::new(network, server, 512, b"hello?");
    network.run(TIMEOUT * 2, &mut [], &mut [&mut talk]);
    talk.outcome.expect("it has ended")
}

#[test]
fn an_address_on_another_network_needs_a_gateway() {
    for link in Link::ETHERNET {
        let mut network = Network::new(link);
        let far = IpEndpoint::new(link.far_address(), PORT);
        assert_eq!(outcome(&mut network, far), Err(Error::NoRoute), "{link:?}");
    }
}

#[test]
fn an_address_of_the_other_ip_version_needs_one_too() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let other = if link.ipv6 {
            IpAddress::v4(192, 168, 69, 1)
        } else {
            IpAddress::v6(0xfdaa, 0, 0, 0, 0, 0, 0, 1)
        };
        let server = IpEndpoint::new(other, PORT);
        assert_eq!(
            outcome(&mut network, server),
            Err(Error::NoRoute),
            "{link:?}"
        );
    }
}

#[test]
fn an_address_that_is_no_host_is_an_error_and_not_a_panic() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let addresses = if link.ipv6 {
            [
                IpAddress::v6(0, 0, 0, 0, 0, 0, 0, 0),
                IpAddress::v6(0xff02, 0, 0, 0, 0, 0, 0, 1),
            ]
        } else {
            [IpAddress::v4(0, 0, 0, 0), IpAddress::v4(224, 0, 0, 1)]
        };
        for address in addresses {
            let server = IpEndpoint::new(address, PORT);
            assert!(outcome(&mut network, server).is_err(), "{server}");
        }
        let server = IpEndpoint::new(link.address(SERVER), 0);
        assert!(outcome(&mut network, server).is_err(), "{server}");
        let broadcast = IpEndpoint::new(IpAddress::v4(255, 255, 255, 255), PORT);
        assert!(outcome(&mut network, broadcast).is_err(), "{broadcast}");
    }
}

#[test]
fn nobody_has_the_address() {
    for link in Link::ETHERNET {
        let mut network = Network::new(link);
        let nobody = IpEndpoint::new(link.address(NOBODY), PORT);
        assert_eq!(
            outcome(&mut network, nobody),
            Err(Error::NoNeighbor),
            "{link:?}"
        );
    }
}

#[test]
fn nobody_has_the_address_of_the_gateway() {
    for link in Link::ETHERNET {
        let mut network = Network::with(link, &[], Some(link.address(NOBODY)));
        let far = IpEndpoint::new(link.far_address(), PORT);
        assert_eq!(
            outcome(&mut network, far),
            Err(Error::NoNeighbor),
            "{link:?}"
        );
    }
}

#[test]
fn a_server_behind_a_gateway_is_reached() {
    for link in Link::ALL {
        let prefix = if link.ipv6 { 128 } else { 32 };
        let far = IpCidr::new(link.far_address(), prefix);
        let mut network = Network::with(link, &[far], Some(link.address(SERVER)));
        let mut server = common::scene::server(&mut network, 1, 512, Config::default());
        let there = IpEndpoint::new(far.address(), PORT);
        let mut talk = Talk::new(&mut network, there, 512, b"far away");
        network.run(TIMEOUT, &mut [&mut server], &mut [&mut talk]);
        assert_eq!(talk.expect_answer(), b"FAR AWAY", "{link:?}");
    }
}

#[test]
fn nothing_listens_on_the_port() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        assert_eq!(
            outcome(&mut network, link.server()),
            Err(Error::Refused),
            "{link:?}"
        );
    }
}

#[test]
fn a_host_that_swallows_everything_times_out() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        // The neighbors know each other before.
        assert_eq!(outcome(&mut network, link.server()), Err(Error::Refused));
        network
            .to_server
            .filter(move |frame| read_tcp(link, frame).is_none());
        let begin = network.now();
        assert_eq!(
            outcome(&mut network, link.server()),
            Err(Error::TimedOut),
            "{link:?}"
        );
        assert_eq!(network.now(), begin + TIMEOUT, "{link:?}");
    }
}

#[test]
fn a_server_that_falls_silent_later_times_out() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let mut caller = Caller::connected(&mut scene);
        scene.network.cut();
        caller.say(&mut scene, b"are you there?");
        scene.pass(TIMEOUT - SECOND);
        assert_eq!(caller.hear(&mut scene), (vec![], Ok(false)), "{link:?}");
        scene.pass(SECOND);
        assert_eq!(
            caller.hear(&mut scene),
            (vec![], Err(Error::TimedOut)),
            "{link:?}"
        );
    }
}

#[test]
fn a_server_that_never_closes_times_out_after_the_answer() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let mut caller = Caller::connected(&mut scene);
        caller.say(&mut scene, b"a line");
        scene.settle();
        caller.finish(&mut scene);
        scene.network.cut();
        assert_eq!(caller.hear(&mut scene), (b"A LINE".to_vec(), Ok(false)));
        scene.pass(TIMEOUT);
        assert_eq!(
            caller.hear(&mut scene),
            (vec![], Err(Error::TimedOut)),
            "{link:?}"
        );
    }
}

#[test]
fn a_client_that_reads_late_does_not_time_out() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let mut caller = Caller::connected(&mut scene);
        // More than the buffers hold, so that some of it cannot be confirmed.
        let mut sent = 0;
        for _ in 0..5 {
            let network = &mut scene.network;
            let context = &mut network.context();
            sent += caller
                .client
                .send(context, &[b'x'; 1024])
                .expect("it is open");
            scene.settle();
        }
        scene.pass(TIMEOUT * 5);
        let mut heard = Vec::new();
        while heard.len() < sent {
            let (more, end) = caller.hear(&mut scene);
            assert_eq!(end, Ok(false), "after {} bytes, {link:?}", heard.len());
            heard.extend(more);
            scene.pass(SECOND * 9);
        }
        assert_eq!(heard, vec![b'X'; sent]);
    }
}

#[test]
fn what_arrived_before_a_reset_is_delivered_before_the_error() {
    for link in Link::ALL {
        let config = Config {
            idle_timeout: Some(SECOND),
            ..Config::default()
        };
        let mut scene = Scene::new(link, 1, config);
        let mut caller = Caller::connected(&mut scene);
        caller.say(&mut scene, b"the beginning");
        scene.pass(SECOND * 2);
        assert_eq!(
            caller.hear(&mut scene),
            (b"THE BEGINNING".to_vec(), Err(Error::Reset)),
            "{link:?}"
        );
        assert_eq!(caller.hear(&mut scene), (vec![], Err(Error::Reset)));
        // The same client can start again.
        caller.connect(&mut scene);
        scene.settle();
        caller.say(&mut scene, b"again");
        caller.expect(&mut scene, b"AGAIN");
    }
}

/// Answers the client's first connection request by an ICMP message from `router`.
fn return_to_sender(
    link: Link,
    network: &mut Network,
    server: IpEndpoint,
    router: IpAddress,
    reason: Unreachable,
) -> Result<(), Error> {
    network.to_server.capture();
    // The host of the server says nothing itself.
    network
        .to_client
        .filter(move |frame| read_tcp(link, frame).is_none());
    let mut talk = Talk::new(network, server, 512, b"hello?");
    for _ in 0..5 {
        let clients: &mut [&mut dyn Actor] = &mut [&mut talk];
        network.run_for(Duration::from_millis(200), &mut [], clients);
        for frame in network.to_server.captured() {
            if let Some((_, to, _)) = read_tcp(link, &frame)
                && to == server
            {
                let packet = packet(link, &frame).expect("it has a segment");
                // A router need not return more than 8 bytes of the payload (RFC 792).
                let quoted = if link.ipv6 { 48 } else { 28 };
                let message = unreachable(link, router, reason, packet, quoted);
                network.to_client.inject(&message);
            }
        }
    }
    assert!(talk.is_done(), "{link:?}");
    talk.outcome.expect("it has ended")
}

#[test]
fn a_message_that_the_host_is_unreachable_is_believed() {
    for link in Link::ALL {
        let router = link.address(9);
        assert_eq!(
            return_to_sender(
                link,
                &mut Network::new(link),
                link.server(),
                router,
                Unreachable::Host
            ),
            Err(Error::Unreachable),
            "{link:?}"
        );
    }
}

#[test]
fn a_message_that_the_port_is_unreachable_is_a_refusal() {
    for link in Link::ALL {
        assert_eq!(
            return_to_sender(
                link,
                &mut Network::new(link),
                link.server(),
                link.server().addr,
                Unreachable::Port
            ),
            Err(Error::Refused),
            "{link:?}"
        );
    }
}

#[test]
fn a_gateway_can_say_that_a_host_is_unreachable() {
    for link in Link::ALL {
        let gateway = link.address(SERVER);
        let mut network = Network::with(link, &[], Some(gateway));
        let far = IpEndpoint::new(link.far_address(), PORT);
        assert_eq!(
            return_to_sender(link, &mut network, far, gateway, Unreachable::Host),
            Err(Error::Unreachable),
            "{link:?}"
        );
    }
}

#[test]
fn a_message_about_another_connection_is_ignored() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = common::scene::server(&mut network, 1, 512, Config::default());
        let mut talk = Talk::new(&mut network, link.server(), 512, b"mine");
        let stranger = IpEndpoint::new(link.address(2), 1234);
        let other = TcpRepr {
            control: TcpControl::Syn,
            ..segment(stranger, link.server())
        };
        let frame = tcp(link, stranger.addr, link.server().addr, &other);
        let packet = packet(link, &frame).expect("it has a segment");
        let message = unreachable(link, link.address(9), Unreachable::Host, packet, 48);
        network.to_client.inject(&message);
        network.run(TIMEOUT, &mut [&mut server], &mut [&mut talk]);
        assert_eq!(talk.expect_answer(), b"MINE", "{link:?}");
    }
}

#[test]
fn an_open_connection_survives_messages_that_it_is_unreachable() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let mut caller = Caller::connected(&mut scene);
        scene.network.to_server.capture();
        caller.say(&mut scene, b"one");
        caller.expect(&mut scene, b"ONE");
        for frame in scene.network.to_server.captured() {
            let Some(packet) = packet(link, &frame).filter(|_| read_tcp(link, &frame).is_some())
            else {
                continue;
            };
            let message = unreachable(link, link.address(9), Unreachable::Host, packet, 48);
            scene.network.to_client.inject(&message);
        }
        scene.settle();
        caller.say(&mut scene, b"two");
        caller.expect(&mut scene, b"TWO");
    }
}
