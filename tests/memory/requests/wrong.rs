//! Requests that are wrong, or for another host.

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{EthernetAddress, IpAddress, IpProtocol, TcpPacket, TcpRepr};

use super::LINK;
use super::common::busy::Busy;
use super::common::frames::{self, packet_start};
use super::common::network::{CLIENT, Link, SERVER};

#[test]
fn a_group_of_hosts_is_sent_no_cookie() {
    let mut busy = Busy::new(LINK, 0);
    let request = busy.request(40_001);
    let all = IpAddress::v4(192, 168, 69, 255);
    assert_eq!(busy.send_from(all, &request), []);
}

#[test]
fn a_cookie_with_a_wrong_checksum_takes_no_place() {
    let mut busy = Busy::new(LINK, 0);
    let cookie = busy.cookie(40_001);
    busy.leave();
    let mut frame = busy.frame(&busy.confirmation(40_001, cookie));
    let window = packet_start(LINK) + 20 + 14;
    frame[window] ^= 0xff;
    busy.put(&frame);
    assert_eq!(busy.counters().proven, 0);
}

#[test]
fn a_request_with_a_wrong_checksum_does_not_wait() {
    let mut busy = Busy::new(LINK, 1);
    let mut frame = busy.frame(&busy.request(40_001));
    let port = packet_start(LINK) + 20;
    frame[port] ^= 0x40;
    busy.put(&frame);
    assert_eq!(busy.counters().queued, 0);
}

#[test]
fn a_request_for_another_card_is_left_alone() {
    let mut busy = Busy::new(LINK, 0);
    let mut frame = busy.frame(&busy.request(40_001));
    let another = EthernetAddress([2, 0, 0, 0, 0, 55]);
    frame[..6].copy_from_slice(another.as_bytes());
    assert_eq!(busy.put(&frame), []);
}

#[test]
fn a_request_that_also_closes_is_sent_no_cookie() {
    let mut busy = Busy::new(LINK, 0);
    let request = busy.request(40_001);
    let mut frame = busy.frame(&request);
    let mut segment = TcpPacket::new_unchecked(&mut frame[packet_start(LINK) + 20..]);
    segment.set_fin(true);
    let from = LINK.address(CLIENT);
    segment.fill_checksum(&from, &LINK.server().addr);
    assert_eq!(busy.put(&frame), []);
}

/// smoltcp would find it there, and refuse it.
#[test]
fn a_request_behind_a_hop_by_hop_header_is_dropped() {
    for link in Link::V6 {
        let mut busy = Busy::new(link, 1);
        let frame = hidden(link, &busy.request(40_001));
        assert_eq!(busy.put(&frame), [], "{link:?}");
        assert_eq!(busy.counters().hidden, 1, "{link:?}");
    }
}

/// An IPv6 packet with a segment behind a hop-by-hop header.
fn hidden(link: Link, segment: &TcpRepr<'_>) -> Vec<u8> {
    let (from, to) = (link.address(CLIENT), link.address(SERVER));
    let length = 8 + segment.buffer_len();
    frames::ip(link, from, to, IpProtocol::HopByHop, length, |payload| {
        // What follows, no more than 8 bytes, and padding.
        payload[..8].copy_from_slice(&[6, 0, 1, 4, 0, 0, 0, 0]);
        let checksums = ChecksumCapabilities::default();
        let mut packet = TcpPacket::new_unchecked(&mut payload[8..]);
        segment.emit(&mut packet, &from, &to, &checksums);
    })
}
