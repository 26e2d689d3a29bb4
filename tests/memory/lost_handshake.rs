//! A client has opened its connection, and each acknowledgement that it has sent was lost: the server
//! is in SYN-RECEIVED.

use super::common;

use smoltcp::wire::{IpEndpoint, TcpControl, TcpRepr};

use common::busy::patient;
use common::hand::Hand;
use common::network::{Link, SECOND};
use common::scene::Scene;

/// The client, after the server has sent all the SYN-ACKs that it sends for one SYN.
fn unheard(link: Link) -> (Scene, Hand) {
    let mut scene = Scene::new(link, 2, patient());
    let hand = Hand::connected(&mut scene, 40_000, 1024);
    let mut hand = Hand {
        from: IpEndpoint::new(hand.from.addr, 40_001),
        ..hand
    };
    hand.send(&mut scene, &hand.syn());
    let heard = hand.hear(&mut scene);
    hand.next = hand.syn().seq_number + 1;
    hand.expected = heard[0].number + 1;
    scene.pass(SECOND * 100);
    let again = hand.hear(&mut scene);
    assert!(!again.is_empty(), "it is sent again, {link:?}");
    let same = again.iter().all(|again| *again == heard[0]);
    assert!(same, "{again:?}, {link:?}");
    (scene, hand)
}

/// A client that waits for the server to speak sends a keep-alive in the end, with "SEG.SEQ =
/// SND.NXT-1" (RFC 9293, 3.8.4), with a byte or without.
#[test]
fn a_keep_alive_opens_a_connection_after_its_acknowledgements_were_lost() {
    for link in Link::ALL {
        for payload in [&b""[..], b"\0"] {
            let (mut scene, hand) = unheard(link);
            let keep_alive = TcpRepr {
                seq_number: hand.next - 1,
                window_len: 1024,
                payload,
                ..hand.segment()
            };
            hand.send(&mut scene, &keep_alive);
            hand.hear(&mut scene);
            assert_eq!(scene.server.counters().opened, 3, "{link:?}");
            let text = TcpRepr {
                window_len: 1024,
                payload: b"now",
                ..hand.segment()
            };
            hand.send(&mut scene, &text);
            let heard = hand.hear(&mut scene);
            assert_eq!(heard[0].text, b"NOW", "{link:?}");
        }
    }
}

/// Its acknowledgement is as exact as that of any other segment.
#[test]
fn a_keep_alive_with_another_acknowledgement_opens_nothing() {
    for link in Link::ALL {
        for ahead in [1, -1, 1000, i32::MIN] {
            let (mut scene, hand) = unheard(link);
            let mut keep_alive = TcpRepr {
                seq_number: hand.next - 1,
                ..hand.segment()
            };
            keep_alive.ack_number = keep_alive
                .ack_number
                .map(|number| smoltcp::wire::TcpSeqNumber(number.0.wrapping_add(ahead)));
            hand.send(&mut scene, &keep_alive);
            hand.hear(&mut scene);
            assert_eq!(scene.server.counters().opened, 2, "{ahead}, {link:?}");
        }
    }
}

/// Its SYN comes again, as all SYN-ACKs were lost: there may be more of them.
#[test]
fn copies_of_a_syn_draw_more_answers_after_a_while() {
    for link in Link::ALL {
        let (mut scene, hand) = unheard(link);
        for _ in 0..3 {
            hand.send(&mut scene, &hand.syn());
            scene.pass(SECOND * 200);
            let heard = hand.hear(&mut scene);
            let answers = heard
                .iter()
                .filter(|heard| heard.control == TcpControl::Syn);
            assert!((1..4).contains(&answers.count()), "{heard:?}, {link:?}");
        }
        hand.send(&mut scene, &hand.segment());
        hand.hear(&mut scene);
        assert_eq!(scene.server.counters().opened, 3, "{link:?}");
    }
}
