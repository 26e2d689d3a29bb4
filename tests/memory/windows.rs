//! The window of a server, and segments from beyond it.

use super::common;

use smoltcp::iface::{Interface, SocketSet, SocketStorage};
use smoltcp::socket::tcp::Socket;
use smoltcp::time::Instant;
use smoltcp::wire::{
    HardwareAddress, IpCidr, IpEndpoint, TcpControl, TcpPacket, TcpRepr, TcpSeqNumber,
};
use uppercase::simulation;
use uppercase::stack::ClientSlot;
use uppercase::tcp::{self, Session, SetupError};

use common::frames::{self, packet_start, read_tcp};
use common::hand::Hand;
use common::network::{CLIENT, Link, MINUTE, Network, SERVER};
use common::scene::{Scene, Server, buffers};

#[test]
fn a_window_that_smoltcp_would_refuse_by_a_panic_is_an_error() {
    for (more, expected) in [
        (0, None),
        (1, Some(SetupError::WindowTooLarge { bytes: 1 << 30 })),
    ] {
        // Memory that is never touched.
        let receive = buffers(tcp::LARGEST_WINDOW + more).0;
        let storage = Box::leak(Box::new(SocketStorage::EMPTY));
        let session: Result<Session<'_>, _> = Session::new(storage, receive, buffers(1).1);
        assert_eq!(session.err(), expected);
    }
}

/// A scene in which both buffers of the server are full, and its client's window is closed.
fn full(link: Link) -> (Scene, Hand) {
    let mut scene = Scene::new(link, 2, tcp::Config::default());
    let mut hand = Hand::connected(&mut scene, 40_000, 0);
    fill(&mut scene, &mut hand);
    (scene, hand)
}

fn fill(scene: &mut Scene, hand: &mut Hand) {
    for _ in 0..2 {
        let text = TcpRepr {
            payload: &[b'x'; 1024],
            ..hand.segment()
        };
        hand.send(scene, &text);
        hand.next += 1024;
        let heard = hand.hear(scene);
        assert!(heard.iter().all(|heard| heard.text.is_empty()));
    }
}

/// A segment from `ahead` bytes beyond the closed window, which opens the client's.
fn opening(hand: &Hand, ahead: usize) -> TcpRepr<'static> {
    TcpRepr {
        seq_number: hand.next + ahead,
        window_len: 5000,
        ..hand.segment()
    }
}

/// How much of the answer comes for a segment.
fn answer_to(scene: &mut Scene, hand: &Hand, segment: &TcpRepr<'_>) -> usize {
    hand.send(scene, segment);
    let heard = hand.hear(scene);
    // The edge has not moved: nothing from beyond it was taken but what is tested here.
    for heard in &heard {
        assert_eq!(heard.acknowledged, Some(hand.next), "{heard:?}");
        assert!(heard.control != TcpControl::Fin, "{heard:?}");
    }
    let bare = heard.iter().filter(|heard| heard.text.is_empty());
    assert!(bare.count() <= 1, "{heard:?}");
    heard.iter().map(|heard| heard.text.len()).sum()
}

#[test]
fn a_window_is_opened_from_beyond_the_servers_own() {
    for link in Link::ALL {
        for (ahead, control, payload) in [
            (0, TcpControl::None, &b""[..]),
            (0, TcpControl::Psh, b"?"),
            (1, TcpControl::None, b""),
            (1, TcpControl::Psh, b"more"),
            (1, TcpControl::Fin, b""),
            (1, TcpControl::Fin, b"more"),
        ] {
            let (mut scene, hand) = full(link);
            let segment = TcpRepr {
                control,
                payload,
                ..opening(&hand, ahead)
            };
            let answer = answer_to(&mut scene, &hand, &segment);
            assert_eq!(answer, 1024, "{link:?}, {segment:?}");
        }
    }
}

#[test]
fn text_is_acknowledged_from_beyond_the_servers_window_as_often_as_it_takes() {
    for link in Link::ALL {
        let (mut scene, mut hand) = full(link);
        // smoltcp answers the first one of these in a second.
        for _ in 0..3 {
            let a_part = TcpRepr {
                window_len: 100,
                ..opening(&hand, 1)
            };
            assert_eq!(answer_to(&mut scene, &hand, &a_part), 100, "{link:?}");
            hand.expected += 100;
            let shut = TcpRepr {
                window_len: 0,
                ..opening(&hand, 1)
            };
            hand.send(&mut scene, &shut);
            // A part of the text that waits is answered, which makes room.
            let heard = hand.hear(&mut scene);
            assert!(heard.iter().all(|heard| heard.text.is_empty()));
            let fill = TcpRepr {
                payload: &[b'x'; 100],
                ..hand.segment()
            };
            hand.send(&mut scene, &fill);
            hand.next += 100;
            let last = hand.hear(&mut scene).pop();
            assert_eq!(last.expect("an answer").window, 0, "{link:?}");
        }
    }
}

#[test]
fn nothing_else_is_taken_from_beyond_the_window() {
    for link in Link::ALL {
        let (mut scene, hand) = full(link);
        let from = IpEndpoint::new(hand.from.addr, 40_001);
        let other = Hand { from, ..hand };
        let unsent = hand.expected + 2000;
        for segment in [
            opening(&hand, 2),
            TcpRepr {
                payload: b"far",
                ..opening(&hand, 2)
            },
            TcpRepr {
                seq_number: hand.next - 2,
                ..opening(&hand, 0)
            },
            TcpRepr {
                control: TcpControl::Syn,
                ..opening(&hand, 1)
            },
            TcpRepr {
                control: TcpControl::Rst,
                ..opening(&hand, 1)
            },
            TcpRepr {
                ack_number: Some(unsent),
                ..opening(&hand, 1)
            },
        ] {
            let answer = answer_to(&mut scene, &hand, &segment);
            assert_eq!(answer, 0, "{link:?}, {segment:?}");
            assert_eq!(scene.connections(), 1, "{link:?}, {segment:?}");
        }
        let start = packet_start(link) + if link.ipv6 { 40 } else { 20 };
        let mut no_ack = hand.frame(&opening(&hand, 1));
        let mut segment = TcpPacket::new_unchecked(&mut no_ack[start..]);
        segment.set_ack(false);
        segment.fill_checksum(&hand.from.addr, &link.server().addr);
        let mut damaged = hand.frame(&opening(&hand, 1));
        TcpPacket::new_unchecked(&mut damaged[start..]).set_window_len(4999);
        let mut damaged_header = hand.frame(&opening(&hand, 1));
        // The time to live; in IPv6, the sender.
        damaged_header[packet_start(link) + 8] ^= 1;
        for frame in [no_ack, damaged, damaged_header] {
            scene.network.to_server.inject(&frame);
            assert_eq!(hand.hear(&mut scene), [], "{link:?}");
        }
        other.send(&mut scene, &opening(&other, 1));
        let heard = other.hear(&mut scene);
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert_eq!(heard[0].control, TcpControl::Rst);
        // It is still as it was.
        let answer = answer_to(&mut scene, &hand, &opening(&hand, 1));
        assert_eq!(answer, 1024, "{link:?}");
    }
}

/// Takes what waits in both buffers, and acknowledges the first half.
fn open_up(scene: &mut Scene, hand: &mut Hand) {
    assert_eq!(answer_to(scene, hand, &opening(hand, 0)), 1024);
    hand.expected += 1024;
    assert_eq!(answer_to(scene, hand, &opening(hand, 0)), 1024);
}

/// Three acknowledgements too many mean a loss (RFC 5681, 3.2). After two nothing is sent again,
/// unless one is counted twice.
fn three_too_many(scene: &mut Scene, hand: &Hand) {
    let again = [(); 3].map(|()| answer_to(scene, hand, &opening(hand, 1)));
    assert_eq!(again, [0, 0, 1024]);
}

#[test]
fn acknowledgements_are_not_counted_twice_where_the_window_is_open_again() {
    for link in Link::ALL {
        let (mut scene, mut hand) = full(link);
        open_up(&mut scene, &mut hand);
        three_too_many(&mut scene, &hand);
    }
}

#[test]
fn acknowledgements_are_not_counted_twice_where_the_window_of_another_is_closed() {
    for link in Link::ALL {
        let (mut scene, closed) = full(link);
        let mut open = Hand::another(&mut scene, 40_001, 0);
        fill(&mut scene, &mut open);
        open_up(&mut scene, &mut open);
        // The window that was closed last is the other's, at the same number.
        assert_eq!(closed.next, open.next);
        let probe = TcpRepr {
            payload: b"?",
            ..closed.segment()
        };
        assert_eq!(answer_to(&mut scene, &closed, &probe), 0);
        three_too_many(&mut scene, &open);
    }
}

/// A client that scales its window, of a server with buffers of this size.
fn scaled(link: Link, size: usize, hashed: bool) -> (Scene, Hand) {
    let mut scene = Scene::new(link, 1, tcp::Config::default());
    scene.network = Network::new(link);
    let server = if hashed {
        Server::hashing
    } else {
        Server::scanning
    };
    scene.server = server(&mut scene.network, 1, size, tcp::Config::default());
    scene.network.to_client.cut();
    scene.network.to_client.capture();
    let mut hand = Hand {
        link,
        from: IpEndpoint::new(link.address(CLIENT), 40_000),
        next: TcpSeqNumber(1_000_000),
        expected: TcpSeqNumber(0),
    };
    let syn = TcpRepr {
        window_scale: Some(0),
        ..hand.syn()
    };
    hand.send(&mut scene, &syn);
    hand.next += 1;
    hand.expected = hand.hear(&mut scene)[0].number + 1;
    let confirmation = TcpRepr {
        window_len: 100,
        ..hand.segment()
    };
    hand.send(&mut scene, &confirmation);
    scene.settle();
    (scene, hand)
}

/// Sizes of receive buffers about those at which the window is scaled by another number of bits.
fn sizes() -> Vec<usize> {
    let about = (0..=4).flat_map(|scale| {
        let (first, last) = (65_535 << scale, (65_536 << scale) - 1);
        [
            first - 1,
            first,
            (first + last) / 2,
            last,
            last + 1,
            last * 3 / 2,
        ]
    });
    [1, 2, 700, 1399, 1400, 1401, 5000]
        .into_iter()
        .chain(about)
        .collect()
}

/// What smoltcp 0.14 computes (`socket/tcp.rs`): the number of bits in `Socket::new`, the first window
/// in `dispatch`, and how much text it takes in `process`.
fn is_safe(size: usize) -> bool {
    let bits = (usize::BITS - size.leading_zeros()).saturating_sub(16);
    size.min(65_535) << bits <= size
}

#[test]
fn the_largest_safe_size_is_found_for_every_limit() {
    let mut largest = 0;
    for size in 1..=8 << 20 {
        if is_safe(size) {
            largest = size;
        }
        assert_eq!(tcp::window_within(size), largest, "{size}");
    }
    assert_eq!(tcp::window_within(0), 0);
    assert_eq!(tcp::window_within(usize::MAX), tcp::LARGEST_WINDOW);
}

#[test]
fn sizes_that_are_not_safe_are_refused_by_servers_and_clients() {
    for size in sizes() {
        let expected = (!is_safe(size)).then_some(SetupError::Window { bytes: size });
        let pair = || (buffers(size).0, buffers(1).1);
        let (receive, transmit) = pair();
        let storage = Box::leak(Box::new(SocketStorage::EMPTY));
        let session: Result<Session<'_>, _> = Session::new(storage, receive, transmit);
        assert_eq!(session.err(), expected);
        let mut network = Network::new(Link::IP_V4);
        let (receive, transmit) = pair();
        let slot = Box::leak(Box::new(ClientSlot::new()));
        let client =
            tcp::Client::from_parts(network.client.sockets(), slot, receive, transmit, MINUTE);
        assert_eq!(client.err(), expected);
    }
}

const LENGTH: usize = 1400;

/// Where to write so that a window of `size` bytes is written beyond, and then filled.
fn overrun(size: usize) -> impl Iterator<Item = usize> {
    let beyond = size.saturating_sub(LENGTH / 2).max(1);
    let between = (LENGTH..beyond + 2 * LENGTH).step_by(LENGTH);
    [beyond].into_iter().chain(between).chain([0])
}

/// Whether smoltcp alone panics when a peer writes beyond a buffer of this size.
fn smoltcp_panics(size: usize) -> bool {
    let link = Link::IP_V4;
    let mut network = simulation::Network::new(link.medium, 1);
    let cable = network.link("server");
    let mut device = cable.port();
    let mut interface = Interface::new(
        smoltcp::iface::Config::new(HardwareAddress::Ip),
        &mut device,
        Instant::ZERO,
    );
    let own = IpCidr::new(link.address(SERVER), 24);
    interface.update_ip_addrs(|addresses| addresses.push(own).expect("there is room"));
    let mut socket = Socket::new(buffers(size).0, buffers(1).1);
    socket.listen(link.server().port).expect("it is closed");
    let mut sockets = SocketSet::new(Vec::new());
    sockets.add(socket);
    cable.from_host.capture();
    let mut hand = Hand {
        link,
        from: IpEndpoint::new(link.address(CLIENT), 40_000),
        next: TcpSeqNumber(1_000_000),
        expected: TcpSeqNumber(0),
    };
    let mut send = |hand: &Hand, segment: &TcpRepr<'_>| {
        cable.to_host.inject(&hand.frame(segment));
        interface.poll(network.now(), &mut device, &mut sockets);
    };
    let syn = TcpRepr {
        window_scale: Some(0),
        ..hand.syn()
    };
    send(&hand, &syn);
    let answer = cable.from_host.captured();
    let (_, _, answer) = read_tcp(link, &answer[0]).expect("a segment");
    hand.next += 1;
    hand.expected = answer.seq_number + 1;
    send(&hand, &hand.segment());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        for at in overrun(size) {
            let text = TcpRepr {
                seq_number: hand.next + at,
                payload: &[b'x'; LENGTH],
                ..hand.segment()
            };
            send(&hand, &text);
        }
    }));
    panicked.is_err()
}

#[test]
fn smoltcp_panics_at_those_sizes_and_at_no_other() {
    for size in sizes() {
        assert_eq!(smoltcp_panics(size), !is_safe(size), "{size}");
    }
}

#[test]
fn a_peer_that_writes_beyond_the_buffer_before_it_has_heard_of_a_window_ends_nothing() {
    for size in sizes().into_iter().filter(|size| is_safe(*size)) {
        for hashed in [false, true] {
            let (mut scene, hand) = scaled(Link::IP_V4, size, hashed);
            for at in overrun(size) {
                let text = TcpRepr {
                    seq_number: hand.next + at,
                    payload: &[b'x'; LENGTH],
                    window_len: 100,
                    ..hand.segment()
                };
                hand.send(&mut scene, &text);
                scene.settle();
            }
            assert_eq!(scene.connections(), 1, "{size}, hashed: {hashed}");
        }
    }
}

#[test]
fn a_server_that_writes_beyond_the_buffer_of_a_client_ends_nothing() {
    let link = Link::IP_V4;
    for size in sizes().into_iter().filter(|size| is_safe(*size)) {
        let mut network = Network::new(link);
        let (receive, transmit) = (buffers(size).0, buffers(1).1);
        let slot = Box::leak(Box::new(ClientSlot::new()));
        let client =
            tcp::Client::from_parts(network.client.sockets(), slot, receive, transmit, MINUTE);
        let mut client = client.expect("there is room");
        network.to_server.cut();
        network.to_server.capture();
        let connected = client.connect(&mut network.context(), link.server());
        assert_eq!(connected, Ok(()));
        network.settle(&mut [], &mut []);
        let request = network.to_server.captured();
        let (from, to, request) = read_tcp(link, &request[0]).expect("a segment");
        let mut send = |segment: TcpRepr<'_>| {
            let segment = TcpRepr {
                ack_number: Some(request.seq_number + 1),
                ..segment
            };
            let frame = frames::tcp(link, to.addr, from.addr, &segment);
            network.to_client.inject(&frame);
            network.settle(&mut [], &mut []);
        };
        let first = TcpSeqNumber(1_000_000);
        send(TcpRepr {
            control: TcpControl::Syn,
            seq_number: first,
            window_scale: Some(0),
            ..frames::segment(to, from)
        });
        for at in overrun(size) {
            send(TcpRepr {
                seq_number: first + 1 + at,
                payload: &[b'x'; LENGTH],
                ..frames::segment(to, from)
            });
        }
        assert_eq!(client.is_open(&mut network.context()), Ok(true), "{size}");
    }
}
