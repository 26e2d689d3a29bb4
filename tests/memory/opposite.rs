//! Segments from the opposite side of the sequence space.

use smoltcp::time::Duration;
use smoltcp::wire::{TcpControl, TcpRepr};
use uppercase::tcp;

use super::common::hand::Hand;
use super::common::network::Link;
use super::common::scene::Scene;

/// A FIN behind payload that fills the window leaves smoltcp with a window that ends before it begins,
/// until that is acknowledged. To a segment from the opposite side of the sequence space, it is open.
#[test]
fn a_segment_from_the_opposite_side_behind_a_fin() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 2, tcp::Config::default());
        let hand = Hand::connected(&mut scene, 40_000, 1000);
        let text = [b'x'; 1024];
        let fin = TcpRepr {
            control: TcpControl::Fin,
            payload: &text,
            ..hand.segment()
        };
        let opposite = TcpRepr {
            seq_number: hand.next + 1024 + (1 << 30) + (1 << 30),
            ..hand.segment()
        };
        hand.send(&mut scene, &fin);
        hand.send(&mut scene, &opposite);
        scene.settle();
    }
}

/// The same with a zero window, which takes a FIN without payload.
#[test]
fn a_segment_from_the_opposite_side_behind_a_fin_at_a_zero_window() {
    let mut scene = Scene::new(Link::ETHERNET_V4, 2, tcp::Config::default());
    let mut hand = Hand::connected(&mut scene, 40_000, 0);
    // Its answers find no window, so that both buffers become full.
    let text = [b'x'; 1024];
    for _ in 0..2 {
        hand.send(
            &mut scene,
            &TcpRepr {
                payload: &text,
                ..hand.segment()
            },
        );
        hand.next += 1024;
        scene.pass(Duration::from_millis(50));
    }
    assert_eq!(
        hand.hear(&mut scene).last().map(|heard| heard.window),
        Some(0)
    );
    let fin = TcpRepr {
        control: TcpControl::Fin,
        ..hand.segment()
    };
    let opposite = TcpRepr {
        seq_number: hand.next + (1 << 30) + (1 << 30),
        ..hand.segment()
    };
    hand.send(&mut scene, &fin);
    hand.send(&mut scene, &opposite);
    scene.settle();
}
