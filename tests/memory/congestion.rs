//! Congestion control (RFC 9293, 3.8.2; RFC 5681): a bottleneck with a short queue loses segments,
//! and the text passes all the same. Each connection begins with a small window.

use super::common;

use smoltcp::time::Duration;
use smoltcp::wire::{TcpControl, TcpRepr};
use uppercase::simulation::{Conditions, Lane};
use uppercase::tcp::{self, CongestionControl};

use common::frames::read_tcp;
use common::hand::Hand;
#[cfg(feature = "paths")]
use common::hand::Heard;
use common::network::{Actor, Link, MINUTE, Network, SECOND};
use common::scene::{Scene, Server, client};
use common::talk::Talk;
use common::text::{mixed, upper};

/// A host's buffers.
const WINDOW: usize = tcp::UNSCALED_WINDOW << 2;
const LENGTH: usize = 2_000_000;
/// The most that a sender may begin with, of segments of 1460 bytes (RFC 5681, 3.1).
const INITIAL_WINDOW: usize = 3 * 1460;

fn server(network: &mut Network, hashed: bool, config: tcp::Config) -> Server {
    let server = if hashed {
        Server::hashing
    } else {
        Server::scanning
    };
    server(network, 1, WINDOW, config)
}

/// Two megabytes there and back, where one of the lanes carries 10 Mbit/s and has a queue of 30 kB.
/// Without congestion control this takes more than an hour.
#[track_caller]
fn passes(link: Link, hashed: bool, lane: impl Fn(&Network) -> &Lane) {
    let mut network = Network::new(link);
    let mut server = server(&mut network, hashed, tcp::Config::default());
    lane(&network).set(
        Conditions::default()
            .with_bandwidth(Some(10_000_000))
            .with_queue(20)
            .with_delay(Duration::from_millis(5)),
    );
    let text = mixed(LENGTH);
    let mut talk = Talk::new(&mut network, link.server(), WINDOW, &text);
    network.run(MINUTE, &mut [&mut server], &mut [&mut talk]);
    assert!(talk.expect_answer() == upper(&text), "{link:?}");
}

#[test]
fn a_long_answer_passes_a_bottleneck() {
    for link in Link::ALL {
        for hashed in [false, true] {
            passes(link, hashed, |network| &network.to_client);
        }
    }
}

#[test]
fn a_long_request_passes_a_bottleneck() {
    for link in Link::ALL {
        passes(link, false, |network| &network.to_server);
    }
}

/// How much of a long answer comes before any of it is acknowledged, over a first connection, when
/// much has been acknowledged, and over the next connection.
fn answers(link: Link, hashed: bool, congestion_control: Option<CongestionControl>) -> [usize; 3] {
    let mut config = tcp::Config::default();
    config.congestion_control = congestion_control.unwrap_or(config.congestion_control);
    let mut scene = Scene::new(link, 1, config);
    scene.network = Network::new(link);
    scene.server = server(&mut scene.network, hashed, config);
    let mut hand = Hand::connected(&mut scene, 40_000, u16::MAX);
    let first = ask(&mut scene, &mut hand);
    let grown = (0..10).map(|_| ask(&mut scene, &mut hand)).max();
    let reset = TcpRepr {
        control: TcpControl::Rst,
        ..hand.segment()
    };
    hand.send(&mut scene, &reset);
    hand.hear(&mut scene);
    let mut next = Hand::another(&mut scene, 40_001, u16::MAX);
    [first, grown.unwrap_or(0), ask(&mut scene, &mut next)]
}

/// Sends 14 kB; returns how much is answered at once. Then all that is answered is acknowledged.
fn ask(scene: &mut Scene, hand: &mut Hand) -> usize {
    for _ in 0..10 {
        let text = TcpRepr {
            payload: &[b'x'; 1400],
            window_len: u16::MAX,
            ..hand.segment()
        };
        hand.send(scene, &text);
        hand.next += 1400;
    }
    let mut answers = Vec::new();
    loop {
        let heard = hand.hear(scene);
        let length = heard.iter().map(|heard| heard.text.len()).sum::<usize>();
        if length == 0 {
            return answers[0];
        }
        answers.push(length);
        hand.expected += length;
        let acknowledgement = TcpRepr {
            window_len: u16::MAX,
            ..hand.segment()
        };
        hand.send(scene, &acknowledgement);
    }
}

#[test]
fn each_connection_of_a_server_begins_with_a_small_window_that_grows() {
    for link in Link::ALL {
        for hashed in [false, true] {
            let [first, grown, next] = answers(link, hashed, None);
            assert!(first <= INITIAL_WINDOW, "{link:?}: {first}");
            assert!(grown > INITIAL_WINDOW, "{link:?}: {grown}");
            assert_eq!(next, first, "{link:?}");
        }
    }
}

#[test]
fn another_congestion_control_can_be_chosen_for_a_server() {
    for hashed in [false, true] {
        let [first, ..] = answers(Link::IP_V4, hashed, Some(CongestionControl::None));
        assert_eq!(first, 14_000, "hashed: {hashed}");
        let [first, ..] = answers(Link::IP_V4, hashed, Some(CongestionControl::Reno));
        assert!(first <= INITIAL_WINDOW, "hashed: {hashed}: {first}");
    }
}

/// RFC 5681, 3.2 (4): "many bogus duplicate ACKs are sent to the data sender in order to artificially inflate
/// cwnd and cause a higher than appropriate sending rate to be used".
#[cfg(feature = "paths")]
#[test]
fn duplicate_acknowledgements_without_end_do_not_open_the_window() {
    const SEGMENT: usize = 1400;
    for control in [
        #[cfg(feature = "cubic")]
        CongestionControl::Cubic,
        CongestionControl::Reno,
    ] {
        let config = tcp::Config::default().with_congestion_control(control);
        let mut scene = Scene::with_window(Link::IP_V4, 1, WINDOW, config);
        let mut hand = Hand::connected(&mut scene, 40_000, u16::MAX);
        let mut flight = 0;
        for _ in 0..40 {
            let text = TcpRepr {
                payload: &[b'x'; SEGMENT],
                window_len: u16::MAX,
                ..hand.segment()
            };
            hand.send(&mut scene, &text);
            hand.next += SEGMENT;
            flight += text_len(&hand.hear(&mut scene));
        }
        assert!(flight > SEGMENT, "{control:?}: {flight}");
        let duplicate = TcpRepr {
            window_len: u16::MAX,
            ..hand.segment()
        };
        let mut sent = 0;
        for _ in 0..200 {
            hand.send(&mut scene, &duplicate);
            sent += text_len(&hand.hear(&mut scene));
        }
        // 3.2 (2) and (3): the least window, three segments, and one for each that was in flight.
        let most = (2 + 3 + flight.div_ceil(SEGMENT)) * SEGMENT;
        assert!(sent <= most, "{control:?}: {sent} after {flight}");
    }
}

#[cfg(feature = "paths")]
fn text_len(heard: &[Heard]) -> usize {
    heard.iter().map(|heard| heard.text.len()).sum()
}

/// How much a client sends before any of it is acknowledged: over its first connection and, when
/// that one has carried much, over its second.
fn requests(link: Link, congestion_control: Option<CongestionControl>) -> [usize; 2] {
    let mut network = Network::new(link);
    let mut server = server(&mut network, false, tcp::Config::default());
    let mut talk = Talk::new(&mut network, link.server(), WINDOW, &[b'x'; 200_000]);
    if let Some(congestion_control) = congestion_control {
        talk.choose(congestion_control);
    }
    // The hosts get to know each other.
    network.run(MINUTE, &mut [&mut server], &mut [&mut talk]);
    let far = Conditions::default()
        .with_delay(SECOND / 10)
        .with_queue(1000);
    network.to_server.set(far);
    network.to_client.set(far);
    [(); 2].map(|()| {
        talk.connect(&mut network, link.server());
        network.to_server.capture();
        let (servers, clients): (&mut [&mut dyn Actor], &mut [&mut dyn Actor]) =
            (&mut [&mut server], &mut [&mut talk]);
        // The answer to its request has come, and the first acknowledgement has not.
        network.run_for(SECOND / 4, servers, clients);
        let sent = network.to_server.captured();
        network.run(MINUTE, servers, clients);
        let segments = sent.iter().filter_map(|frame| read_tcp(link, frame));
        segments.map(|(_, _, segment)| segment.payload.len()).sum()
    })
}

#[test]
fn each_connection_of_a_client_begins_with_a_small_window() {
    for link in Link::ALL {
        for sent in requests(link, None) {
            assert!((1..=INITIAL_WINDOW).contains(&sent), "{link:?}: {sent}");
        }
    }
}

#[test]
fn another_congestion_control_can_be_chosen_for_a_client() {
    for sent in requests(Link::IP_V4, Some(CongestionControl::None)) {
        assert!(sent > INITIAL_WINDOW, "{sent}");
    }
}

/// Both hosts are this package's, and both lose segments, acknowledgements too.
#[test]
fn connections_that_share_a_bottleneck_come_to_their_end() {
    let text = mixed(500_000);
    for control in [
        #[cfg(feature = "cubic")]
        CongestionControl::Cubic,
        CongestionControl::Reno,
    ] {
        for (queue, delay) in [(20, 1), (20, 25), (66, 1), (66, 25), (133, 1)] {
            let link = Link::IP_V4;
            let mut network = Network::new(link);
            let config = tcp::Config::default().with_congestion_control(control);
            let mut server = Server::hashing(&mut network, 4, WINDOW, config);
            let path = Conditions::default()
                .with_bandwidth(Some(10_000_000))
                .with_queue(queue)
                .with_delay(Duration::from_millis(delay));
            network.to_client.set(path);
            network.to_server.set(path);
            let mut talks = [(); 4].map(|()| {
                let mut client = client(network.client.sockets(), WINDOW, MINUTE);
                client.set_congestion_control(control);
                Talk::by(client, &mut network, link.server(), &text)
            });
            let mut clients: Vec<&mut dyn Actor> = Vec::new();
            for talk in &mut talks {
                clients.push(talk);
            }
            network.run(MINUTE, &mut [&mut server], &mut clients);
            for talk in &talks {
                assert!(talk.expect_answer() == upper(&text), "{control:?}, {queue}");
            }
        }
    }
}
