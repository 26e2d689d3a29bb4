//! The window of a server, and segments from beyond it.

use super::common;

use smoltcp::iface::SocketStorage;
use smoltcp::wire::{IpEndpoint, TcpControl, TcpPacket, TcpRepr, TcpSeqNumber};
use uppercase::tcp::{self, Session, SetupError};

use common::frames::packet_start;
use common::hand::Hand;
use common::network::{CLIENT, Link, Network};
use common::scene::{Scene, Server, buffers};

#[test]
fn a_window_that_smoltcp_would_refuse_by_a_panic_is_an_error() {
    for (more, expected) in [
        (0, None),
        (1, Some(SetupError::WindowTooLarge { bytes: 1 << 30 })),
    ] {
        // Memory that nobody touches.
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
fn text_is_confirmed_from_beyond_the_servers_window_as_often_as_it_takes() {
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

/// Takes what waits in both buffers, and confirms the first half.
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

/// smoltcp 0.14 takes the window of its first answer for a scaled one. With the sizes that the
/// documentation of [`tcp::UNSCALED_WINDOW`] asks for, that is all of the buffer, and no more.
#[test]
fn who_writes_beyond_the_buffer_before_it_has_heard_of_a_window_ends_nothing() {
    const LENGTH: usize = 1400;
    for size in [0, 1, 2, 4].map(|scale| tcp::UNSCALED_WINDOW << scale) {
        for hashed in [false, true] {
            let (mut scene, hand) = scaled(Link::IP_V4, size, hashed);
            let beyond = size - LENGTH / 2;
            let between = (LENGTH..beyond).step_by(LENGTH);
            for at in [beyond].into_iter().chain(between).chain([0]) {
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
