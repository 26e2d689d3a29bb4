//! A client that has everything it was sent, and no room for more.

use super::common;

use smoltcp::wire::{Ipv4Packet, TcpControl, TcpPacket, TcpRepr};
use uppercase::tcp::Config;

use common::frames::packet_start;
use common::hand::{Hand, heard};
use common::network::{Link, SECOND};
use common::scene::Scene;

/// A client with a zero window that has sent one byte; the server has answered by a probe.
fn probed(link: Link, close: bool) -> (Scene, Hand) {
    let mut scene = Scene::new(link, 1, Config::default());
    let mut hand = Hand::connected(&mut scene, 40_000, 0);
    let text = TcpRepr {
        payload: b"x",
        ..hand.segment()
    };
    hand.send(&mut scene, &text);
    hand.next += 1;
    scene.settle();
    if close {
        scene.server.close();
    }
    scene.pass(SECOND * 2);
    let last = hand.hear(&mut scene).pop().expect("a probe");
    assert_eq!(last.text, b"X");
    assert_eq!(last.control == TcpControl::Fin, close);
    hand.expected += 1 + usize::from(close);
    (scene, hand)
}

#[test]
fn a_client_with_a_zero_window_ends_its_connection_by_a_fin() {
    for link in Link::ALL {
        let (mut scene, hand) = probed(link, true);
        hand.send(&mut scene, &hand.segment());
        scene.settle();
        let close = TcpRepr {
            control: TcpControl::Fin,
            ..hand.segment()
        };
        hand.send(&mut scene, &close);
        scene.settle();
        assert_eq!(scene.connections(), 0, "{link:?}");
    }
}

/// How many segments the server sends in ten polls at one moment, after it was sent a frame.
fn in_ten_polls(scene: &mut Scene, frame: &[u8]) -> usize {
    scene.network.to_server.inject(frame);
    scene.network.poll_server(&mut [&mut scene.server]);
    scene.network.sleep(SECOND * 10);
    for _ in 0..10 {
        scene.network.poll_server(&mut [&mut scene.server]);
    }
    heard(scene).len()
}

/// 40 bytes of options in each header, all of them no-operations.
#[test]
fn a_client_with_the_longest_headers_is_not_probed_without_a_pause() {
    for link in Link::V4 {
        let (mut scene, hand) = probed(link, true);
        let mut frame = hand.frame(&hand.segment());
        let start = packet_start(link);
        frame.extend([1; 40]);
        frame.splice(start + 20..start + 20, [1; 40]);
        let mut packet = Ipv4Packet::new_unchecked(&mut frame[start..]);
        packet.set_header_len(60);
        packet.set_total_len(120);
        packet.fill_checksum();
        let mut segment = TcpPacket::new_unchecked(&mut frame[start + 60..]);
        segment.set_header_len(60);
        segment.fill_checksum(&hand.from.addr, &link.server().addr);
        let heard = in_ten_polls(&mut scene, &frame);
        assert!(heard <= 2, "{heard} segments, {link:?}");
    }
}
