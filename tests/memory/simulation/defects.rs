//! What the sessions on a hostile link have found, each by itself: plain smoltcp 0.14 resets a
//! client that has done nothing wrong.

use smoltcp::wire::{TcpControl, TcpRepr};
use uppercase::tcp::Config;

use super::common::hand::Hand;
use super::common::network::Link;
use super::common::scene::{Caller, Scene};

#[test]
fn a_late_copy_of_a_connection_request_does_not_end_the_connection() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 2, Config::default());
        scene.expect_service();
        // The first slot is taken, then free again; the second is our client's.
        let mut first = Caller::connected(&mut scene);
        let mut second = Caller::new(&mut scene.network, 1000);
        scene.network.to_server.capture();
        second.connect(&mut scene);
        scene.settle();
        let request = scene.network.to_server.captured().swap_remove(0);
        assert_eq!(second.is_open(&mut scene), Ok(true), "{link:?}");
        first.abort(&mut scene);
        scene.settle();
        assert_eq!(scene.connections(), 1, "{link:?}");

        scene.network.to_server.inject(&request);
        scene.settle();
        second.say(&mut scene, b"still here");
        second.expect(&mut scene, b"STILL HERE");
    }
}

/// smoltcp sends such a segment, too: its fast retransmission does not look at the window.
#[test]
fn a_close_behind_text_that_does_not_fit_the_window_is_not_taken() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let mut hand = Hand::connected(&mut scene, 40_000, 1024);
        // The window is 1024 bytes.
        let text = [b'x'; 1100];
        let close = TcpRepr {
            control: TcpControl::Fin,
            payload: &text,
            window_len: 1024,
            ..hand.segment()
        };
        hand.send(&mut scene, &close);
        // It is told that nothing of it was.
        let heard = hand.hear(&mut scene);
        assert_eq!(heard.len(), 1, "{link:?}");
        assert_eq!(heard[0].acknowledged, Some(hand.next), "{link:?}");
        // What fits is taken.
        let begin = TcpRepr {
            control: TcpControl::None,
            payload: &text[..1000],
            ..close
        };
        hand.send(&mut scene, &begin);
        hand.next += 1000;
        let heard = hand.hear(&mut scene);
        let last = heard.last().expect("an acknowledgement");
        assert_eq!(last.acknowledged, Some(hand.next), "{link:?}");
    }
}
