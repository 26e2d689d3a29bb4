//! SYNs and resets for a connection in TIME-WAIT (RFC 9293, 3.6.1; RFC 6191).

use smoltcp::wire::{TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::tcp::Config;

use super::common::hand::Hand;
use super::common::network::{Link, SECOND};
use super::common::scene::Scene;

/// A server in TIME-WAIT towards this client, with a slot more.
fn in_time_wait(link: Link) -> (Scene, Hand) {
    let config = Config::default().with_once(true);
    let mut scene = Scene::new(link, 2, config);
    let mut hand = Hand::connected(&mut scene, 40_000, 1024);
    let text = TcpRepr {
        payload: b"me",
        window_len: 1024,
        ..hand.segment()
    };
    hand.send(&mut scene, &text);
    hand.hear(&mut scene);
    hand.next += 2;
    hand.expected += 3;
    let close = TcpRepr {
        control: TcpControl::Fin,
        ..hand.segment()
    };
    hand.send(&mut scene, &close);
    hand.next += 1;
    hand.hear(&mut scene);
    (scene, hand)
}

fn syn(hand: &Hand, ahead: i32) -> TcpRepr<'static> {
    let mut syn = hand.syn();
    syn.seq_number.0 = hand.next.0.wrapping_add(ahead);
    syn
}

/// A new connection may begin with a sequence number that is "larger than the largest sequence
/// number it used on the previous connection incarnation" (RFC 9293, 3.6.1).
#[test]
fn a_syn_beyond_the_last_sequence_number_opens_a_new_connection() {
    for link in Link::ALL {
        for ahead in [1, 1000, 1 << 30, i32::MAX] {
            let (mut scene, hand) = in_time_wait(link);
            hand.send(&mut scene, &syn(&hand, ahead));
            let heard = hand.hear(&mut scene);
            assert_eq!(heard.len(), 1, "{ahead}, {link:?}");
            assert_eq!(heard[0].control, TcpControl::Syn, "{ahead}, {link:?}");
            let acknowledged = TcpSeqNumber(hand.next.0.wrapping_add(ahead).wrapping_add(1));
            assert_eq!(heard[0].acknowledged, Some(acknowledged), "{link:?}");
        }
    }
}

/// It "returns to TIME-WAIT state if the SYN turns out to be an old duplicate".
#[test]
fn a_late_copy_of_a_syn_opens_nothing() {
    for link in Link::ALL {
        let (mut scene, hand) = in_time_wait(link);
        for syn in [
            hand.syn(),
            syn(&hand, -1),
            syn(&hand, 0),
            syn(&hand, i32::MIN + 1),
        ] {
            hand.send(&mut scene, &syn);
            let heard = hand.hear(&mut scene);
            let [challenge] = &heard[..] else {
                panic!("{heard:?}, {link:?}");
            };
            assert_eq!(challenge.control, TcpControl::None, "{link:?}");
            assert_eq!(challenge.number, hand.expected, "{link:?}");
            assert_eq!(challenge.acknowledged, Some(hand.next), "{link:?}");
            assert_eq!(scene.connections(), 0, "{link:?}");
            scene.pass(SECOND);
        }
    }
}

/// Its client answers the challenge by a reset, and sends its SYN again.
#[test]
fn a_client_that_begins_below_the_last_sequence_number_is_served_at_its_second_syn() {
    for link in Link::ALL {
        let (mut scene, hand) = in_time_wait(link);
        hand.send(&mut scene, &syn(&hand, -1000));
        let heard = hand.hear(&mut scene);
        let reset = TcpRepr {
            control: TcpControl::Rst,
            seq_number: heard[0].acknowledged.expect("a challenge"),
            ack_number: None,
            ..hand.segment()
        };
        hand.send(&mut scene, &reset);
        hand.send(&mut scene, &syn(&hand, -1000));
        let heard = hand.hear(&mut scene);
        assert_eq!(heard[0].control, TcpControl::Syn, "{link:?}");
    }
}

/// Only a segment of the peer makes TIME-WAIT last longer.
#[test]
fn forged_segments_do_not_prolong_time_wait() {
    for link in Link::ALL {
        let (mut scene, hand) = in_time_wait(link);
        for number in 0..30 {
            hand.send(&mut scene, &syn(&hand, -1000));
            let far = TcpRepr {
                ack_number: Some(hand.expected + 77),
                ..hand.segment()
            };
            hand.send(&mut scene, &far);
            scene.pass(SECOND / 2);
            let heard = hand.hear(&mut scene);
            if heard.iter().any(|heard| heard.control == TcpControl::Rst) {
                assert!(number >= 18, "{number}");
                break;
            }
            assert!(number < 22, "it lasts 10 s");
        }
    }
}
