//! RFC 5961, 5.2: payload is taken only from segments with an acknowledgement that is possible.

use smoltcp::wire::{TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::tcp::Config;

use super::common::chance::Chance;
use super::common::hand::Hand;
use super::common::network::{Link, SECOND};
use super::common::scene::Scene;
use super::open::{Victim, each};

/// The attacker hits the window each time, and guesses only the acknowledgement.
#[test]
fn none_of_ten_thousand_guesses_injects_a_byte() {
    let mut chance = Chance::new(1);
    each(|mut open| {
        let (mut challenges, own) = (0, open.sent);
        for number in 0..10_000 {
            let guess = (chance.below(1 << 16) << 16 | chance.below(1 << 16)) as u32 as i32;
            let ack_number = Some(TcpSeqNumber(guess)).filter(|guess| *guess != own);
            let forged = TcpRepr {
                control: TcpControl::Psh,
                ack_number,
                payload: b"forged",
                ..open.segment()
            };
            challenges += open.send(&forged).len();
            if number % 1000 == 999 {
                open.scene.pass(SECOND);
            }
        }
        assert!(challenges <= 10, "{challenges} challenges in 10 s");
        let heard = open.caller.hear(&mut open.scene);
        assert_eq!(heard, (vec![], Ok(false)));
        open.expect_work();
    });
}

/// "The ACK value is considered acceptable only if it is in the range of
/// ((SND.UNA - MAX.SND.WND) <= SEG.ACK <= SND.NXT). All incoming segments whose ACK value doesn't
/// satisfy the above condition MUST be discarded and an ACK sent back."
#[test]
fn an_impossible_acknowledgement_is_answered_by_a_challenge() {
    each(|mut open| {
        for ahead in [1, 1000, 1 << 30, i32::MIN, -(1 << 30) - 100_000] {
            let mut forged = open.segment();
            forged.ack_number = Some(TcpSeqNumber(open.sent.0.wrapping_add(ahead)));
            forged.payload = b"forged";
            let heard = open.send(&forged);
            open.expect_challenge(&heard);
            assert_eq!(open.send(&forged), [], "not twice a second");
            open.scene.pass(SECOND);
        }
        if open.victim == Victim::Client {
            assert_eq!(open.caller.hear(&mut open.scene), (vec![], Ok(false)));
        }
        open.expect_work();
    });
}

/// RFC 9293, 3.10.7.4: "If the ACK acks something not yet sent (SEG.ACK > SND.NXT), then send an
/// ACK, drop the segment, and return." smoltcp 0.14 takes it for what waits in its buffer.
#[test]
fn bytes_that_were_not_sent_cannot_be_acknowledged() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let mut hand = Hand::connected(&mut scene, 40_000, 10);
        let question = TcpRepr {
            payload: b"more than the window takes",
            window_len: 10,
            ..hand.segment()
        };
        hand.send(&mut scene, &question);
        hand.next += question.payload.len();
        let heard = hand.hear(&mut scene);
        let sent: Vec<_> = heard.iter().flat_map(|heard| heard.text.clone()).collect();
        assert_eq!(sent, b"MORE THAN ", "{link:?}");
        for (ahead, is_acceptable) in [(11, false), (20, false), (26, false), (10, true)] {
            let acknowledgement = TcpRepr {
                ack_number: Some(hand.expected + ahead),
                window_len: 100,
                ..hand.segment()
            };
            hand.send(&mut scene, &acknowledgement);
            let heard = hand.hear(&mut scene);
            let text: Vec<_> = heard.iter().flat_map(|heard| heard.text.clone()).collect();
            if is_acceptable {
                assert_eq!(text, b"THE WINDOW TAKES", "{link:?}");
            } else {
                assert_eq!(text, b"", "{ahead}, {link:?}");
                assert_eq!(heard.len(), 1, "{ahead}, {link:?}");
                assert_eq!(heard[0].number, hand.expected + 10, "{ahead}, {link:?}");
            }
            scene.pass(SECOND);
            hand.hear(&mut scene);
        }
    }
}
