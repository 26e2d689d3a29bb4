//! The last acknowledgement of a peer announces a zero window: smoltcp must not probe it.

use smoltcp::time::Duration;
use smoltcp::wire::TcpRepr;
use uppercase::tcp;

use super::common::hand::Hand;
use super::common::network::Link;
use super::common::scene::Scene;

/// A server has closed, and its answer finds a zero window. It receives segments that acknowledge
/// all that it has sent. From then on it may send no more than a few segments at a time.
fn acknowledged_without_a_window(make: impl Fn(&Hand) -> Vec<TcpRepr<'static>>) {
    for hashed in [false, true] {
        let config = tcp::Config {
            once: true,
            ..tcp::Config::default()
        };
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

/// The segment that acknowledges all, so many bytes ahead.
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
