//! Segments without SYN, RST and ACK.

use smoltcp::wire::{IpEndpoint, TcpPacket, TcpRepr};

use super::common::busy::patient;
use super::common::frames::packet_start;
use super::common::hand::Hand;
use super::common::network::Link;
use super::common::scene::Scene;

/// The frame of a segment that has no flag, or the FIN only.
fn frame(hand: &Hand, fin: bool) -> Vec<u8> {
    let link = hand.link;
    let text = TcpRepr {
        payload: b"text",
        ..hand.segment()
    };
    let mut frame = hand.frame(&text);
    let start = packet_start(link) + if link.ipv6 { 40 } else { 20 };
    let mut segment = TcpPacket::new_unchecked(&mut frame[start..]);
    segment.clear_flags();
    segment.set_fin(fin);
    segment.fill_checksum(&hand.from.addr, &link.server().addr);
    frame
}

/// RFC 9293, 3.10.7.2 and 3.10.7.4.
#[test]
fn segments_without_flags_are_dropped_with_a_connection_and_without() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 2, patient());
        let open = Hand::connected(&mut scene, 40_000, 1024);
        let unknown = Hand {
            from: IpEndpoint::new(open.from.addr, 40_001),
            ..open
        };
        for hand in [open, unknown] {
            for fin in [false, true] {
                scene.network.to_server.inject(&frame(&hand, fin));
                let port = hand.from.port;
                assert_eq!(hand.hear(&mut scene), [], "{link:?}, {port}, FIN: {fin}");
            }
        }
        // The connection is as it was.
        let text = TcpRepr {
            payload: b"text",
            window_len: 1024,
            ..open.segment()
        };
        open.send(&mut scene, &text);
        assert_eq!(open.hear(&mut scene)[0].text, b"TEXT", "{link:?}");
    }
}
