//! A close where there is no room: what the segments say.

use smoltcp::wire::{TcpControl, TcpRepr};
use uppercase::tcp::Config;

use super::common::busy::controls;
use super::common::hand::Hand;
use super::common::network::{Link, SECOND};
use super::common::scene::Scene;

/// smoltcp 0.14 goes on probing a window for which it has nothing left, without a pause.
#[test]
fn a_client_that_has_everything_and_no_room_is_not_asked_for_room() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let mut hand = Hand::connected(&mut scene, 40_000, 0);
        let text = TcpRepr {
            payload: b"x",
            ..hand.segment()
        };
        hand.send(&mut scene, &text);
        hand.next += 1;
        scene.settle();
        // The probe of its window is all that there is, and the close.
        scene.server.close();
        scene.pass(SECOND * 2);
        let heard = hand.hear(&mut scene);
        let last = heard.last().expect("a probe");
        assert_eq!(
            (last.control, &last.text[..]),
            (TcpControl::Fin, &b"X"[..]),
            "{link:?}"
        );
        // It has taken both, and has no more room than before.
        hand.expected += 2;
        hand.send(&mut scene, &hand.segment());
        scene.pass(SECOND * 9);
        assert_eq!(hand.hear(&mut scene), [], "{link:?}");
        let close = TcpRepr {
            control: TcpControl::Fin,
            ..hand.segment()
        };
        hand.send(&mut scene, &close);
        assert_eq!(controls(&hand.hear(&mut scene)), [TcpControl::None]);
        assert_eq!(scene.connections(), 0, "{link:?}");
    }
}

/// A client that takes nothing, and has sent so much that the server has `room` bytes left.
fn full(link: Link, room: usize) -> (Scene, Hand) {
    let mut scene = Scene::new(link, 1, Config::default());
    let mut hand = Hand::connected(&mut scene, 40_000, 0);
    // What the server is to answer, and as much again that it keeps until it can.
    for length in [1000, 2 * 1024 - 1000 - room] {
        let text = TcpRepr {
            payload: &[b'x'; 1024][..length],
            ..hand.segment()
        };
        hand.send(&mut scene, &text);
        scene.settle();
        hand.next += length;
    }
    hand.hear(&mut scene);
    (scene, hand)
}

#[test]
fn a_close_behind_text_that_does_not_fit_is_told_how_far_the_server_is() {
    for link in Link::ALL {
        let (mut scene, hand) = full(link, 48);
        // What it had, what it can take, and what it cannot.
        let rest = TcpRepr {
            control: TcpControl::Fin,
            seq_number: hand.next - 500,
            payload: &[b'x'; 500 + 49],
            ..hand.segment()
        };
        hand.send(&mut scene, &rest);
        let heard = hand.hear(&mut scene);
        assert_eq!(heard.len(), 1, "{link:?}");
        assert_eq!(heard[0].acknowledged, Some(hand.next), "{link:?}");
        assert_eq!(heard[0].window, 48, "{link:?}");
    }
}

#[test]
fn a_close_behind_text_that_fills_the_window_is_taken_with_the_text() {
    for link in Link::ALL {
        let (mut scene, hand) = full(link, 48);
        let rest = TcpRepr {
            control: TcpControl::Fin,
            payload: &[b'x'; 48],
            ..hand.segment()
        };
        hand.send(&mut scene, &rest);
        let heard = hand.hear(&mut scene);
        let last = heard.last().expect("an answer");
        assert_eq!(last.acknowledged, Some(hand.next + 49), "{link:?}");
    }
}

/// smoltcp 0.14 drops the text that is beyond the window that it has told of, and takes the close.
#[test]
fn a_close_behind_text_that_fits_since_a_moment_ago_loses_none_of_it() {
    for link in Link::ALL {
        let (mut scene, mut hand) = full(link, 48);
        // The server can send some, and then has room for more than it says.
        let some = TcpRepr {
            window_len: 30,
            ..hand.segment()
        };
        hand.send(&mut scene, &some);
        let heard = hand.hear(&mut scene);
        assert_eq!(heard.len(), 1, "{link:?}");
        assert_eq!((heard[0].text.len(), heard[0].window), (30, 48), "{link:?}");
        hand.expected += 30;
        hand.send(&mut scene, &hand.segment());
        assert_eq!(hand.hear(&mut scene), [], "{link:?}");
        let rest = TcpRepr {
            control: TcpControl::Fin,
            payload: &[b'x'; 60],
            ..hand.segment()
        };
        hand.send(&mut scene, &rest);
        let heard = hand.hear(&mut scene);
        assert_eq!(heard.len(), 1, "{link:?}");
        assert_eq!(heard[0].acknowledged, Some(hand.next + 61), "{link:?}");
    }
}

/// smoltcp 0.14 drops such a segment: the text ends where its window begins.
#[test]
fn a_close_behind_text_that_has_been_received_is_taken() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let mut hand = Hand::connected(&mut scene, 40_000, 1024);
        let text = TcpRepr {
            payload: b"text",
            window_len: 1024,
            ..hand.segment()
        };
        hand.send(&mut scene, &text);
        let heard = hand.hear(&mut scene);
        assert_eq!(heard[0].text, b"TEXT", "{link:?}");
        hand.expected += 4;
        // The answer, which acknowledges it, was lost.
        let close = TcpRepr {
            control: TcpControl::Fin,
            ..text
        };
        hand.send(&mut scene, &close);
        let heard = hand.hear(&mut scene);
        let last = heard.last().expect("an answer");
        assert_eq!(last.acknowledged, Some(text.seq_number + 5), "{link:?}");
    }
}

#[test]
fn a_close_behind_text_that_does_not_fit_opens_the_window_all_the_same() {
    for link in Link::ALL {
        let (mut scene, hand) = full(link, 48);
        let rest = TcpRepr {
            control: TcpControl::Fin,
            payload: &[b'x'; 49],
            window_len: 30,
            ..hand.segment()
        };
        hand.send(&mut scene, &rest);
        let heard = hand.hear(&mut scene);
        let lengths: Vec<_> = heard.iter().map(|heard| heard.text.len()).collect();
        assert_eq!(lengths, [0, 30], "{link:?}");
        assert_eq!(heard[1].acknowledged, Some(hand.next), "{link:?}");
    }
}
