//! RFC 5961, 3.2: a reset ends a connection only at the sequence number that is expected next.

use smoltcp::wire::{IpEndpoint, TcpControl, TcpRepr};
use uppercase::tcp::{Config, Error};

use super::common::hand::{Hand, Heard};
use super::common::network::{Link, SECOND};
use super::common::scene::Scene;
use super::open::{Open, Victim, WINDOW, each};

fn reset(open: &Open, ahead: i32) -> TcpRepr<'static> {
    let mut segment = open.segment();
    segment.control = TcpControl::Rst;
    segment.seq_number.0 = segment.seq_number.0.wrapping_add(ahead);
    segment
}

/// "3) If the RST bit is set and the sequence number does not exactly match the next expected
/// sequence value, yet is within the current receive window, TCP MUST send an acknowledgment
/// (challenge ACK)".
#[test]
fn a_reset_within_the_window_is_answered_by_a_challenge_and_ends_nothing() {
    each(|mut open| {
        for ahead in [1, 2, 100, WINDOW as i32 - 1] {
            for with_ack in [true, false] {
                let mut reset = reset(&open, ahead);
                reset.ack_number = reset.ack_number.filter(|_| with_ack);
                let heard = open.send(&reset);
                open.expect_challenge(&heard);
                open.scene.pass(SECOND);
            }
        }
        open.expect_work();
    });
}

/// "1) If the RST bit is set and the sequence number is outside the current receive window,
/// silently drop the segment."
#[test]
fn a_reset_outside_the_window_is_dropped() {
    each(|mut open| {
        let window = WINDOW as i32;
        for ahead in [-1, -window, window, window + 1, 1 << 30, i32::MIN, i32::MAX] {
            assert_eq!(open.send(&reset(&open, ahead)), [], "{ahead}");
        }
        open.expect_work();
    });
}

/// "2) If the RST bit is set and the sequence number exactly matches the next expected sequence
/// number (RCV.NXT), then TCP MUST reset the connection."
#[test]
fn a_reset_at_the_number_that_is_expected_ends_the_connection() {
    each(|mut open| {
        assert_eq!(open.send(&reset(&open, 0)), []);
        open.expect_end();
    });
}

/// What has arrived is counted, though nothing was acknowledged yet.
#[test]
fn a_reset_right_after_payload_ends_the_connection() {
    each(|mut open| {
        let payload = TcpRepr {
            payload: b"and then",
            ..open.segment()
        };
        open.inject(&payload);
        let heard = open.send(&reset(&open, payload.payload.len() as i32));
        assert_eq!(heard, [], "no challenge");
        if open.victim == Victim::Server {
            open.expect_end();
        } else {
            let (heard, end) = open.caller.hear(&mut open.scene);
            assert_eq!((&heard[..], end), (&b"and then"[..], Err(Error::Reset)));
        }
    });
}

#[test]
fn a_reset_right_after_a_fin_ends_the_connection() {
    each(|mut open| {
        let fin = TcpRepr {
            control: TcpControl::Fin,
            payload: b"end",
            ..open.segment()
        };
        open.inject(&fin);
        let heard = open.send(&reset(&open, 4));
        assert_eq!(heard, [], "no challenge");
        if open.victim == Victim::Server {
            open.expect_end();
        }
    });
}

/// Of a segment that fills a hole, what was behind the hole counts, too.
#[test]
fn a_reset_behind_payload_that_came_out_of_order_ends_the_connection() {
    each(|mut open| {
        let first = TcpRepr {
            payload: b"abc",
            ..open.segment()
        };
        let second = TcpRepr {
            payload: b"def",
            seq_number: first.seq_number + 3,
            ..first
        };
        open.send(&second);
        open.inject(&first);
        let mut heard = open.send(&reset(&open, 6));
        // The real peer hears of bytes that it has not sent, and answers.
        heard.retain(|heard| heard.control != TcpControl::Rst);
        // The segment that fills the hole is acknowledged at once (RFC 5681, 4.2).
        let acknowledged: Vec<_> = heard.iter().map(|heard| heard.ack_number).collect();
        assert_eq!(acknowledged, [Some(open.expected + 6)], "and no challenge");
        if open.victim == Victim::Server {
            open.expect_end();
        } else {
            let (heard, end) = open.caller.hear(&mut open.scene);
            assert_eq!((&heard[..], end), (&b"abcdef"[..], Err(Error::Reset)));
        }
    });
}

/// A window of zero takes a reset at its edge.
#[test]
fn a_reset_at_a_zero_window_ends_the_connection() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let mut hand = Hand::connected(&mut scene, 40_000, 0);
        // The answers find no window, so that both buffers fill.
        for _ in 0..4 {
            let payload = TcpRepr {
                payload: &[b'x'; 512],
                ..hand.segment()
            };
            hand.send(&mut scene, &payload);
            hand.next += 512;
            hand.hear(&mut scene);
        }
        let reset = |ahead| TcpRepr {
            control: TcpControl::Rst,
            seq_number: hand.next + ahead,
            ..hand.segment()
        };
        hand.send(&mut scene, &reset(1));
        assert_eq!(hand.hear(&mut scene), [], "{link:?}");
        assert_eq!(scene.connections(), 1, "{link:?}");
        hand.send(&mut scene, &reset(0));
        assert_eq!(scene.connections(), 0, "{link:?}");
    }
}

/// RFC 5961, 7: challenges are limited, each connection by itself.
#[test]
fn ten_thousand_resets_within_the_window_are_answered_once_a_second() {
    each(|mut open| {
        let mut challenges = 0;
        for number in 0..10_000 {
            let ahead = 1 + number % (WINDOW as i32 - 1);
            challenges += open.send(&reset(&open, ahead)).len();
            if number % 1000 == 999 {
                open.scene.pass(SECOND);
            }
        }
        assert_eq!(challenges, 10);
        open.expect_work();
    });
}

/// A client that has lost its connection answers a SYN-ACK by a reset.
#[test]
fn a_half_open_connection_ends_by_a_reset_at_the_number_that_is_expected() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let hand = Hand::connected(&mut scene, 40_000, 1024);
        let reset = TcpRepr {
            control: TcpControl::Rst,
            ..hand.segment()
        };
        hand.send(&mut scene, &reset);
        assert_eq!(scene.connections(), 0, "{link:?}");
        let syn = Hand {
            from: IpEndpoint::new(hand.from.addr, 40_001),
            ..hand
        };
        syn.send(&mut scene, &syn.syn());
        let heard: Vec<Heard> = syn.hear(&mut scene);
        assert_eq!(heard[0].control, TcpControl::Syn, "{link:?}");
        let next = heard[0].acknowledged.expect("a SYN-ACK");
        for (ahead, left) in [(1, 1), (500, 1), (0, 0)] {
            let reset = TcpRepr {
                control: TcpControl::Rst,
                seq_number: next + ahead,
                ack_number: None,
                ..syn.segment()
            };
            syn.send(&mut scene, &reset);
            // The SYN-ACK is retransmitted, and challenges the client.
            assert_eq!(syn.hear(&mut scene), [], "{ahead}, {link:?}");
            assert_eq!(scene.connections(), left, "{ahead}, {link:?}");
        }
    }
}
