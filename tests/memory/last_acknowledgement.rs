//! The last acknowledgement of a peer announces a zero window: smoltcp must not probe it.

use smoltcp::time::Duration;
use smoltcp::wire::{TcpControl, TcpRepr};
use uppercase::simulation::seeds;
use uppercase::tcp;

use super::common::chance::Chance;
use super::common::hand::Hand;
use super::common::network::{Link, SECOND};
use super::common::scene::Scene;
use super::off_path::open::{Open, Victim};

/// A server has closed, and its answer finds a zero window. It receives segments that acknowledge
/// all that it has sent. From then on it may send no more than a few segments at a time.
fn acknowledged_without_a_window(make: impl Fn(&Hand) -> Vec<TcpRepr<'static>>) {
    for hashed in [false, true] {
        let config = tcp::Config::default().with_once(true);
        let link = Link::ETHERNET_V4;
        let mut scene = match hashed {
            true => Scene::hashed(link, 2, config),
            false => Scene::new(link, 2, config),
        };
        let mut hand = Hand::connected(&mut scene, 40_000, 0);
        // The answer finds no window.
        let question = TcpRepr {
            payload: b"abc",
            ..hand.segment()
        };
        hand.send(&mut scene, &question);
        hand.next += 3;
        scene.pass(Duration::from_millis(20));
        for segment in make(&hand) {
            hand.send(&mut scene, &segment);
        }
        hand.hear(&mut scene);
        // The time of a probe comes, and passes.
        for _ in 0..20 {
            scene.pass(Duration::from_millis(200));
            let heard = hand.hear(&mut scene).len();
            assert!(heard < 4, "{heard} segments at once");
        }
    }
}

/// The segment that acknowledges all; its own number is `ahead` bytes ahead.
fn all(hand: &Hand, ahead: usize, payload: &'static [u8]) -> TcpRepr<'static> {
    TcpRepr {
        seq_number: hand.next + ahead,
        ack_number: Some(hand.expected + 3 + 1),
        payload,
        ..hand.segment()
    }
}

const TEXT: &[u8] = &[b'x'; 1400];

#[test]
fn a_last_acknowledgement_from_beyond_a_zero_window() {
    // Behind a hole, what fills it and so shuts the window, and what is beyond that.
    acknowledged_without_a_window(|hand| {
        let second = TcpRepr {
            seq_number: hand.next + 512,
            payload: &TEXT[..512],
            ..hand.segment()
        };
        let first = TcpRepr {
            payload: &TEXT[..512],
            ..hand.segment()
        };
        vec![second, first, all(hand, 1025, b"")]
    });
}

#[test]
fn a_last_acknowledgement_with_payload_up_to_the_end_of_the_window() {
    acknowledged_without_a_window(|hand| vec![all(hand, 512, &TEXT[..512])]);
}

#[test]
fn a_last_acknowledgement_with_payload_beyond_the_window() {
    acknowledged_without_a_window(|hand| vec![all(hand, 0, TEXT)]);
}

/// A peer with a zero window acknowledges a piece at a time, and sends its FIN at any time. The
/// server waits for it, and is not polled without end.
#[test]
fn the_server_does_not_spin_after_any_last_acknowledgement() {
    for seed in seeds(0..160) {
        let mut chance = Chance::new(seed);
        let config = tcp::Config::default()
            .with_once(seed % 2 == 0)
            .with_close_timeout(Some(Duration::from_secs(30)));
        let link = [Link::IP_V4, Link::IP_V6][seed as usize / 2 % 2];
        let mut scene = match seed / 4 % 2 {
            0 => Scene::hashed(link, 2, config),
            _ => Scene::new(link, 2, config),
        };
        let window = *chance.pick(&[0, 1, 2, 3, 4, 1000]);
        let mut hand = Hand::connected(&mut scene, 40_000, window);
        let question = TcpRepr {
            payload: b"abc",
            window_len: window,
            ..hand.segment()
        };
        hand.send(&mut scene, &question);
        hand.next += 3;
        let (mut acknowledged, mut fin) = (0, false);
        for _ in 0..chance.below(8) {
            scene.pass(Duration::from_millis(*chance.pick(&[0, 20, 400, 2000])));
            acknowledged = (acknowledged + chance.below(3)).min(4);
            let mut segment = TcpRepr {
                ack_number: Some(hand.expected + acknowledged),
                window_len: *chance.pick(&[0, 0, 0, 1, 3]),
                ..hand.segment()
            };
            match chance.below(6) {
                0 if !fin => {
                    segment.control = TcpControl::Fin;
                    hand.next += 1;
                    fin = true;
                }
                1 if !fin => {
                    segment.payload = b"more";
                    hand.next += 4;
                }
                2 => segment.seq_number = hand.next - 1,
                3 => segment.seq_number = hand.next + 1,
                _ => {}
            }
            hand.send(&mut scene, &segment);
        }
        hand.hear(&mut scene);
        for _ in 0..100 {
            scene.pass(Duration::from_millis(100));
            let heard = hand.hear(&mut scene).len();
            assert!(heard < 4, "seed {seed}: {heard} segments at once");
        }
        // The close timeout, or that of a client that is gone, comes in any case.
        scene.pass(Duration::from_secs(400));
        assert_eq!(scene.connections(), 0, "seed {seed}");
    }
}

/// The same of a client that has closed: FIN-WAIT-2 is its state, too.
#[test]
fn the_client_does_not_spin_after_any_last_acknowledgement() {
    for seed in seeds(0..160) {
        let mut chance = Chance::new(seed);
        let link = [Link::IP_V4, Link::IP_V6][seed as usize % 2];
        let mut open = Open::new(link, Victim::Client);
        // From now on the server is the test.
        open.scene.network.to_server.filter(|_| false);
        let shut = TcpRepr {
            window_len: *chance.pick(&[0, 0, 1, 2]),
            ..open.segment()
        };
        open.send(&shut);
        open.caller.say(&mut open.scene, b"abc");
        open.caller.finish(&mut open.scene);
        let (mut acknowledged, mut fin) = (0, false);
        for _ in 0..chance.below(8) {
            open.scene
                .pass(Duration::from_millis(*chance.pick(&[0, 20, 400, 1500])));
            acknowledged = (acknowledged + chance.below(3)).min(4);
            let mut segment = TcpRepr {
                ack_number: Some(open.sent + acknowledged),
                window_len: *chance.pick(&[0, 0, 0, 1, 3]),
                ..open.segment()
            };
            match chance.below(6) {
                0 if !fin => {
                    segment.control = TcpControl::Fin;
                    open.expected += 1;
                    fin = true;
                }
                1 if !fin => {
                    segment.payload = b"more";
                    open.expected += 4;
                }
                2 => segment.seq_number = open.expected - 1,
                3 => segment.seq_number = open.expected + 1,
                _ => {}
            }
            open.send(&segment);
            open.caller.hear(&mut open.scene).1.ok();
        }
        for _ in 0..100 {
            open.scene.pass(Duration::from_millis(100));
            let heard = open.heard().len();
            assert!(heard < 4, "seed {seed}: {heard} segments at once");
        }
        // The client's time limit is over.
        open.scene.pass(SECOND * 20);
        let closed = open.caller.is_closed(&mut open.scene);
        assert_ne!(closed, Ok(false), "seed {seed}");
    }
}

/// Such a client has all that was sent to it, and what it sends is acknowledged to the end.
#[test]
fn a_client_that_has_everything_and_never_makes_room_is_given_up_after_the_close_timeout() {
    for hashed in [false, true] {
        let config = tcp::Config::default()
            .with_once(true)
            .with_close_timeout(Some(Duration::from_secs(30)));
        for link in Link::ALL {
            let mut scene = match hashed {
                true => Scene::hashed(link, 2, config),
                false => Scene::new(link, 2, config),
            };
            let mut hand = Hand::connected(&mut scene, 40_000, 10);
            let question = TcpRepr {
                payload: b"abc",
                window_len: 10,
                ..hand.segment()
            };
            hand.send(&mut scene, &question);
            hand.next += 3;
            hand.hear(&mut scene);
            hand.expected += 4;
            hand.send(&mut scene, &hand.segment());
            hand.hear(&mut scene);
            for second in 0..30 {
                let more = TcpRepr {
                    payload: b"and more",
                    ..hand.segment()
                };
                hand.send(&mut scene, &more);
                hand.next += 8;
                let heard = hand.hear(&mut scene);
                assert_eq!(heard.len(), 1, "after {second} s, {link:?}: {heard:?}");
                assert_eq!(heard[0].control, TcpControl::None);
                assert_eq!(heard[0].acknowledged, Some(hand.next), "{link:?}");
                assert_eq!(scene.connections(), 1, "after {second} s, {link:?}");
                scene.pass(Duration::from_secs(1));
            }
            let heard = hand.hear(&mut scene);
            let last = heard.last().expect("it is told");
            assert_eq!(last.control, TcpControl::Rst, "{link:?}");
            assert_eq!(scene.connections(), 0, "{link:?}");
        }
    }
}
