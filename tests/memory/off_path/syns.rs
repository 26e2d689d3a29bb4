//! RFC 5961, 4.2: a SYN for a connection that is open is answered by a challenge ACK.

use smoltcp::wire::{IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::tcp::Config;

use super::common::hand::Hand;
use super::common::network::{Link, SECOND};
use super::common::scene::Scene;
use super::open::{WINDOW, each};

/// "If the SYN bit is set, irrespective of the sequence number, TCP MUST send an ACK (also referred
/// to as challenge ACK) to the remote peer".
#[test]
fn a_syn_in_an_open_connection_is_answered_by_a_challenge_and_changes_nothing() {
    each(|mut open| {
        let window = WINDOW as i32;
        for ahead in [0, 1, 100, -1, -4, window - 1, window, 1 << 30, i32::MIN] {
            for with_ack in [true, false] {
                let mut syn = open.segment();
                syn.control = TcpControl::Syn;
                syn.seq_number.0 = syn.seq_number.0.wrapping_add(ahead);
                syn.ack_number = syn.ack_number.filter(|_| with_ack);
                let heard = open.send(&syn);
                open.expect_challenge(&heard);
                assert_eq!(open.send(&syn), [], "not twice a second");
                open.scene.pass(SECOND);
            }
        }
        open.expect_work();
    });
}

/// The challenge tells it that the server still has its old connection: it answers by a reset at the
/// number that is expected (RFC 9293, 3.10.7.3), and its SYN opens a new one.
#[test]
fn a_client_that_has_started_anew_gets_a_new_connection_at_its_second_syn() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let hand = Hand::connected(&mut scene, 40_000, 1024);
        let syn = TcpRepr {
            seq_number: TcpSeqNumber(-77),
            ..hand.syn()
        };
        hand.send(&mut scene, &syn);
        let heard = hand.hear(&mut scene);
        let [challenge] = &heard[..] else {
            panic!("{heard:?}, {link:?}");
        };
        assert_eq!(challenge.control, TcpControl::None, "{link:?}");
        let reset = TcpRepr {
            control: TcpControl::Rst,
            seq_number: challenge.acknowledged.expect("an ACK"),
            ack_number: None,
            ..hand.segment()
        };
        hand.send(&mut scene, &reset);
        assert_eq!(hand.hear(&mut scene), [], "{link:?}");
        hand.send(&mut scene, &syn);
        let heard = hand.hear(&mut scene);
        assert_eq!(heard[0].control, TcpControl::Syn, "{link:?}");
        assert_eq!(heard[0].acknowledged, Some(TcpSeqNumber(-76)), "{link:?}");
    }
}

/// The SYN-ACK is retransmitted by itself, so that copies of a SYN draw no answers.
#[test]
fn copies_of_a_syn_are_not_answered_before_the_client_has_acknowledged() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 2, Config::default());
        let hand = Hand::connected(&mut scene, 40_000, 1024);
        let other = Hand {
            from: IpEndpoint::new(hand.from.addr, 40_001),
            ..hand
        };
        other.send(&mut scene, &other.syn());
        assert_eq!(other.hear(&mut scene).len(), 1, "{link:?}");
        for _ in 0..10 {
            other.send(&mut scene, &other.syn());
            assert_eq!(other.hear(&mut scene), [], "{link:?}");
        }
    }
}
