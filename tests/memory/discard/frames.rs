//! The link layer: frames for a group of cards.

use super::common::network::{CLIENT, Link};
use super::host::{Host, to_card};

/// Broadcast, and the groups of IPv4 and IPv6.
const GROUPS: [[u8; 6]; 3] = [
    [0xff; 6],
    [0x01, 0, 0x5e, 0, 0, 1],
    [0x33, 0x33, 0, 0, 0, 1],
];

/// "A host SHOULD silently discard a datagram that is received via a link-layer broadcast [...] but
/// does not specify an IP multicast or broadcast destination address." (RFC 1122, 3.3.6)
#[test]
fn a_packet_for_one_host_in_a_frame_for_a_group_is_discarded() {
    for link in Link::ETHERNET {
        let mut host = Host::new(link);
        for (what, frame) in host.questions(link.address(CLIENT), host.own()) {
            for card in GROUPS {
                let frame = to_card(link, &frame, card);
                host.expect_discarded(what, &frame, |counters| counters.group_frame);
            }
            assert!(!host.answers(&frame).is_empty(), "{link:?}, {what}");
        }
    }
}

/// What is no ARP and no IP, or has another version than the frame says (RFC 1122, 3.2.1.1: "A
/// datagram whose version number is not 4 MUST be silently discarded").
#[test]
fn a_packet_of_another_version_is_discarded() {
    for link in Link::ALL {
        let mut host = Host::new(link);
        for (what, frame) in host.questions(link.address(CLIENT), host.own()) {
            let start = super::common::frames::packet_start(link);
            for version in (0..16).filter(|version| ![4, 6].contains(version)) {
                let mut frame = frame.clone();
                frame[start] = version << 4 | frame[start] & 0xf;
                host.expect_discarded(what, &frame, |counters| counters.unknown);
            }
            host.expect_discarded(what, &frame[..start + 19], |counters| counters.unknown);
        }
    }
}

/// A frame of another protocol: the length of IEEE 802.3, a trailer (RFC 893), VLAN, PPPoE.
#[test]
fn a_frame_of_another_protocol_is_discarded() {
    for link in Link::ETHERNET {
        let mut host = Host::new(link);
        for (what, mut frame) in host.questions(link.address(CLIENT), host.own()) {
            for ethertype in [60_u16, 0x05dc, 0x1001, 0x8100, 0x8864, 0xffff] {
                frame[12..14].copy_from_slice(&ethertype.to_be_bytes());
                host.expect_discarded(what, &frame, |counters| counters.unknown);
            }
        }
    }
}
