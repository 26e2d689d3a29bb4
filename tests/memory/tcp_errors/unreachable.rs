//! Messages that a host or a port is unreachable (ICMP): which are believed.

use smoltcp::time::Duration;
use smoltcp::wire::{IpAddress, IpEndpoint, TcpControl, TcpRepr};
use uppercase::PORT;
use uppercase::tcp::{Config, Error};

use super::common::frames::{Unreachable, packet, read_tcp, segment, tcp, unreachable};
use super::common::network::{Actor, Link, Network, SERVER};
use super::common::scene::{self, Caller, Scene};
use super::common::talk::{TIMEOUT, Talk};

/// Answers each SYN of the client by an ICMP message from `router`; returns how it ends, and after
/// how long.
fn return_to_sender(
    link: Link,
    network: &mut Network,
    server: IpEndpoint,
    router: IpAddress,
    reason: Unreachable,
) -> (Result<(), Error>, Duration) {
    network.to_server.capture();
    // The host of the server does not answer itself.
    network
        .to_client
        .filter(move |frame| read_tcp(link, frame).is_none());
    let mut talk = Talk::new(network, server, 512, b"hello?");
    let begin = network.now();
    while !talk.is_done() {
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
    let waited = network.now() - begin;
    (talk.outcome.expect("it has ended"), waited)
}

/// RFC 1122, 4.2.3.9: "Since these Unreachable messages indicate soft error conditions, TCP MUST NOT
/// abort the connection, and it SHOULD make the information available to the application."
#[test]
fn a_message_that_the_host_is_unreachable_names_the_failure_of_a_handshake_that_times_out() {
    for link in Link::ALL {
        for reason in [Unreachable::Network, Unreachable::Host, Unreachable::Route] {
            let (outcome, waited) = return_to_sender(
                link,
                &mut Network::new(link),
                link.server(),
                link.address(9),
                reason,
            );
            assert_eq!(outcome, Err(Error::Unreachable), "{link:?}, {reason:?}");
            assert!(waited >= TIMEOUT, "{waited}, {link:?}, {reason:?}");
        }
    }
}

#[test]
fn a_server_that_is_unreachable_for_a_moment_is_reached() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = scene::server(&mut network, 1, 512, Config::default());
        let mut talk = Talk::new(&mut network, link.server(), 512, b"and now?");
        network.to_server.capture();
        network.to_server.cut();
        let clients: &mut [&mut dyn Actor] = &mut [&mut talk];
        network.run_for(Duration::from_millis(200), &mut [], clients);
        for frame in network.to_server.captured() {
            if let Some(packet) = packet(link, &frame).filter(|_| read_tcp(link, &frame).is_some())
            {
                let router = link.address(9);
                let message = unreachable(link, router, Unreachable::Host, packet, 48);
                network.to_client.inject(&message);
            }
        }
        network.to_server.mend();
        network.run(TIMEOUT, &mut [&mut server], &mut [&mut talk]);
        assert_eq!(talk.expect_answer(), b"AND NOW?", "{link:?}");
    }
}

/// RFC 9293, 3.9.2.2: "These are hard error conditions, so TCP implementations SHOULD abort the
/// connection (SHLD-26)."
#[test]
fn a_message_that_the_port_is_unreachable_is_a_refusal() {
    for link in Link::ALL {
        let (outcome, waited) = return_to_sender(
            link,
            &mut Network::new(link),
            link.server(),
            link.server().addr,
            Unreachable::Port,
        );
        assert_eq!(outcome, Err(Error::Refused), "{link:?}");
        assert!(waited < Duration::from_secs(1), "{waited}, {link:?}");
    }
}

#[test]
fn a_gateway_can_say_that_a_host_is_unreachable() {
    for link in Link::ALL {
        let gateway = link.address(SERVER);
        let mut network = Network::with(link, &[], Some(gateway));
        let far = IpEndpoint::new(link.far_address(), PORT);
        let (outcome, _) = return_to_sender(link, &mut network, far, gateway, Unreachable::Host);
        assert_eq!(outcome, Err(Error::Unreachable), "{link:?}");
    }
}

#[test]
fn a_message_about_another_connection_is_ignored() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let mut server = scene::server(&mut network, 1, 512, Config::default());
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
            // RFC 5927, 5.2: "treat 'hard errors' for connections in synchronized states as 'soft
            // errors'".
            for reason in [Unreachable::Host, Unreachable::Port] {
                let message = unreachable(link, link.address(9), reason, packet, 48);
                scene.network.to_client.inject(&message);
            }
        }
        scene.settle();
        caller.say(&mut scene, b"two");
        caller.expect(&mut scene, b"TWO");
    }
}
