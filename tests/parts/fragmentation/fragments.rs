//! The fragments of an IPv6 datagram: how long they are, and what their headers say.

use smoltcp::phy::Medium;
use smoltcp::wire::{Ipv6FragmentHeader, Ipv6Packet, UdpPacket};
use uppercase::udp::fragmentation::{LONGEST_PAYLOAD, bytes, is_needed, packets};

use super::pair::{IDENTIFICATION, Pair, TO};
use super::plain_host::text;

const MEDIA: [Medium; 2] = [Medium::Ethernet, Medium::Ip];

fn header_of(packet: &[u8]) -> Ipv6FragmentHeader<&[u8]> {
    Ipv6FragmentHeader::new_checked(&packet[42..48]).unwrap()
}

#[test]
fn datagrams_of_every_size_arrive_as_they_were_sent() {
    for medium in MEDIA {
        for ip_mtu in [576, 1280, 1499, 1500, 9000] {
            let mut pair = Pair::new(medium, ip_mtu);
            let part = (ip_mtu - 48) / 8 * 8;
            let edges = [1, 2, 3, 5, 65_527 / part].map(|count| count * part - 8);
            let around = edges.iter().flat_map(|edge| edge - 1..=edge + 9);
            let others = [ip_mtu - 47, 2048, 6144, 65_507, 65_526, 65_527];
            let sizes = around.chain(others).filter(|size| is_needed(*size, ip_mtu));
            for size in sizes
                .filter(|size| *size <= LONGEST_PAYLOAD)
                .collect::<Vec<_>>()
            {
                assert_eq!(pair.send(TO, &text(size)), Ok(()), "{size} bytes");
                assert!(
                    pair.exchange() == [text(size)],
                    "{size} bytes, MTU {ip_mtu}"
                );
            }
        }
    }
}

#[test]
fn smoltcp_alone_does_not_send_them() {
    for medium in MEDIA {
        let mut pair = Pair::new(medium, 1500);
        for size in [1452, 1453] {
            pair.sender.socket().send_slice(&text(size), TO).unwrap();
        }
        assert!(pair.exchange() == [text(1452)]);
        assert_eq!(
            pair.sender.socket().send_queue(),
            0,
            "and it does not say so"
        );
    }
}

#[test]
fn fragments_are_as_long_as_the_link_allows() {
    for ip_mtu in [56, 57, 63, 64, 1280, 1499, 1500, 1501] {
        let mut pair = Pair::new(Medium::Ip, ip_mtu);
        for size in [ip_mtu - 47, 2048, 6144] {
            pair.send(TO, &text(size)).unwrap();
            assert_eq!(pair.queued(), bytes(size, ip_mtu));
            let sent = pair.packets();
            assert_eq!(sent.len(), packets(size, ip_mtu));
            assert_eq!(
                sent.iter().map(Vec::len).sum::<usize>(),
                bytes(size, ip_mtu)
            );
            let mut offset = 0;
            for (index, packet) in sent.iter().enumerate() {
                let (last, header) = (index + 1 == sent.len(), header_of(packet));
                assert!(packet.len() <= ip_mtu && (last || packet.len() + 8 > ip_mtu));
                assert_eq!(usize::from(header.frag_offset()) * 8, offset);
                assert_eq!(header.more_frags(), !last);
                assert_eq!(
                    Ipv6Packet::new_unchecked(&packet[..]).total_len(),
                    packet.len()
                );
                offset += packet.len() - 48;
            }
            assert_eq!(offset, 8 + size);
        }
    }
}

#[test]
fn every_datagram_has_its_own_identification() {
    let mut pair = Pair::new(Medium::Ip, 1500);
    for expected in [IDENTIFICATION, u32::MAX, 0, 1] {
        pair.send(TO, &text(2000)).unwrap();
        let sent = pair.packets();
        assert_eq!(sent.len(), 2);
        assert!(
            sent.iter()
                .all(|packet| header_of(packet).ident() == expected)
        );
    }
}

#[test]
fn a_checksum_of_zero_is_sent_as_all_ones() {
    let mut pair = Pair::new(Medium::Ip, 1500);
    let mut payload = text(2000);
    payload[..2].fill(0);
    pair.send(TO, &payload).unwrap();
    let checksum = |packet: &[u8]| UdpPacket::new_unchecked(&packet[48..]).checksum();
    let complement = checksum(&pair.packets()[0]);
    // What is missing from a sum of 0xffff, the complement of which is 0.
    payload[..2].copy_from_slice(&complement.to_be_bytes());
    pair.send(TO, &payload).unwrap();
    assert_eq!(checksum(&pair.packets()[0]), 0xffff);
    pair.send(TO, &payload).unwrap();
    assert!(pair.exchange() == [payload]);
}
