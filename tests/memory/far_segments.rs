//! Segments that are further from what is expected than any window reaches.

use smoltcp::wire::{TcpControl, TcpPacket, TcpRepr};

use super::common::busy::{controls, patient};
use super::common::frames::packet_start;
use super::common::hand::Hand;
use super::common::network::{Link, SECOND};
use super::common::scene::Scene;

/// Bytes from what is expected, beyond the largest window (RFC 7323, 2.3) and behind it.
const FAR: [i32; 4] = [(1 << 30) + 65_537, i32::MAX, i32::MIN, -(1 << 30) - 65_537];

fn connected(link: Link) -> (Scene, Hand) {
    let mut scene = Scene::new(link, 1, patient());
    let hand = Hand::connected(&mut scene, 40_000, 1024);
    hand.hear(&mut scene);
    (scene, hand)
}

fn far(hand: &Hand, ahead: i32) -> TcpRepr<'static> {
    let mut segment = hand.segment();
    segment.seq_number.0 = hand.next.0.wrapping_add(ahead);
    segment
}

/// RFC 9293, 3.10.7.4, and a challenge ACK is sent once a second (RFC 5961, 7).
#[test]
fn a_far_segment_is_answered_by_what_is_expected_once_a_second() {
    for link in Link::ALL {
        let (mut scene, hand) = connected(link);
        for ahead in FAR {
            for payload in [&b""[..], b"far"] {
                let segment = TcpRepr {
                    payload,
                    ..far(&hand, ahead)
                };
                scene.pass(SECOND);
                hand.send(&mut scene, &segment);
                let heard = hand.hear(&mut scene);
                assert_eq!(controls(&heard), [TcpControl::None], "{link:?}, {ahead}");
                assert_eq!(heard[0].acknowledged, Some(hand.next), "{link:?}, {ahead}");
                hand.send(&mut scene, &segment);
                assert_eq!(hand.hear(&mut scene), [], "{link:?}, {ahead}");
            }
        }
        assert_eq!(scene.connections(), 1, "{link:?}");
    }
}

#[test]
fn a_far_reset_is_dropped() {
    for link in Link::ALL {
        let (mut scene, hand) = connected(link);
        for ahead in FAR {
            let reset = TcpRepr {
                control: TcpControl::Rst,
                ..far(&hand, ahead)
            };
            hand.send(&mut scene, &reset);
            assert_eq!(hand.hear(&mut scene), [], "{link:?}, {ahead}");
            assert_eq!(scene.connections(), 1, "{link:?}, {ahead}");
        }
    }
}

#[test]
fn a_far_segment_with_a_wrong_checksum_is_dropped() {
    for link in Link::ALL {
        let (mut scene, hand) = connected(link);
        let start = packet_start(link) + if link.ipv6 { 40 } else { 20 };
        for ahead in FAR {
            let mut frame = hand.frame(&far(&hand, ahead));
            TcpPacket::new_unchecked(&mut frame[start..]).set_window_len(4999);
            scene.network.to_server.inject(&frame);
            assert_eq!(hand.hear(&mut scene), [], "{link:?}, {ahead}");
        }
    }
}
