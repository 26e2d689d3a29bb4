//! The headers of IP and UDP: checksums, options, lifetimes, fragments.

use smoltcp::wire::{IpEndpoint, IpProtocol, UdpPacket};
use uppercase::PORT;

use super::common::chance::repair;
use super::common::frames::{self, packet_start};
use super::common::network::{CLIENT, Link};
use super::host::{Host, icmp, is_error};

/// "A host MUST verify the IP header checksum on every received datagram and silently discard every
/// datagram that has a bad checksum." (RFC 1122, 3.2.1.2)
#[test]
fn a_wrong_checksum_of_the_header_is_discarded() {
    for link in Link::V4 {
        let mut host = Host::new(link);
        for (what, frame) in host.questions(link.address(CLIENT), host.own()) {
            for bit in 0..16 {
                let mut frame = frame.clone();
                frame[packet_start(link) + 10 + bit / 8] ^= 1 << (bit % 8);
                host.expect_discarded(what, &frame, |counters| counters.corrupt);
            }
        }
    }
}

/// An IPv6 packet with a hop-by-hop header, which has this option, before its payload.
fn behind_hop_by_hop(link: Link, frame: &[u8], option: [u8; 2]) -> Vec<u8> {
    let at = packet_start(link);
    let mut frame = frame.to_vec();
    let [kind, length] = option;
    let header = [frame[at + 6], 0, kind, length, 0, 0, 0, 0];
    frame[at + 6] = 0;
    let payload = u16::from_be_bytes([frame[at + 4], frame[at + 5]]) + 8;
    frame[at + 4..at + 6].copy_from_slice(&payload.to_be_bytes());
    frame.splice(at + 40..at + 40, header);
    frame
}

/// "IPv6 receivers must discard UDP packets containing a zero checksum" (RFC 8200, 8.1). Over IPv4
/// it says that there is none (RFC 768).
#[test]
fn a_datagram_without_a_checksum_is_discarded_over_ipv6_only() {
    for link in Link::ALL {
        let mut host = Host::new(link);
        for port in [PORT, 9] {
            let to = IpEndpoint::new(host.own(), port);
            let mut frame = frames::udp(link, host.peer(), to, b"sum?");
            let whole = frame.clone();
            let at = packet_start(link) + if link.ipv6 { 40 } else { 20 };
            UdpPacket::new_unchecked(&mut frame[at..]).set_checksum(0);
            if !link.ipv6 {
                assert_eq!(host.answers(&frame).len(), 1, "{link:?}, {port}");
                continue;
            }
            host.expect_discarded("no checksum", &frame, |counters| counters.corrupt);
            let padding = [1, 4];
            let hidden = behind_hop_by_hop(link, &frame, padding);
            host.expect_discarded("hop by hop", &hidden, |counters| counters.corrupt);
            let whole = behind_hop_by_hop(link, &whole, padding);
            assert_eq!(host.answers(&whole).len(), 1, "{link:?}, {port}");
        }
    }
}

/// "If a UDP datagram is received with a checksum that is non-zero and invalid, UDP MUST silently
/// discard the datagram." (RFC 1122, 4.1.3.4) So it is counted.
#[test]
fn a_wrong_checksum_of_a_datagram_is_counted() {
    for link in Link::ALL {
        let mut host = Host::new(link);
        let frame = frames::udp(link, host.peer(), link.server(), b"sum?");
        let at = packet_start(link) + if link.ipv6 { 40 } else { 20 };
        for byte in at + 6..frame.len() {
            let mut frame = frame.clone();
            frame[byte] ^= 4;
            host.expect_discarded("wrong", &frame, |counters| counters.untaken);
        }
        assert_eq!(host.answers(&frame).len(), 1, "{link:?}");
    }
}

/// The frame with these options in its IPv4 header; their length is a multiple of 4.
fn with_options(link: Link, frame: &[u8], options: &[u8]) -> Vec<u8> {
    let at = packet_start(link);
    let mut frame = frame.to_vec();
    frame[at] += options.len() as u8 / 4;
    let total = u16::from_be_bytes([frame[at + 2], frame[at + 3]]) + options.len() as u16;
    frame[at + 2..at + 4].copy_from_slice(&total.to_be_bytes());
    frame.splice(at + 20..at + 20, options.iter().copied());
    repair(link, &mut frame);
    frame
}

/// RFC 7126, 4.3.5 and 4.4.5: packets with a source route should be dropped by default. Neither is it
/// followed, nor is its reverse used for an answer.
#[test]
fn a_source_route_is_discarded() {
    for link in Link::V4 {
        let mut host = Host::new(link);
        for (what, frame) in host.questions(link.address(CLIENT), host.own()) {
            for kind in [131, 137] {
                let route = [kind, 7, 4, 192, 168, 69, 9];
                for options in [
                    [&route[..], &[0]].concat(),
                    [&[1], &route[..]].concat(),
                    [&[68, 4, 5, 0], &route[..], &[0]].concat(),
                    // Completed: its pointer is behind its end.
                    [&[1, kind, 7, 8], &[192, 168, 69, 9][..]].concat(),
                    // Cut by the end of the header.
                    vec![1, 1, 1, kind],
                ] {
                    let frame = with_options(link, &frame, &options);
                    host.expect_discarded(what, &frame, |counters| counters.source_route);
                }
            }
        }
    }
}

/// "The IP and transport layers MUST each interpret those IP options that they understand and
/// silently ignore the others." (RFC 1122, 3.2.1.8)
#[test]
fn other_options_and_malformed_ones_are_ignored() {
    for link in Link::V4 {
        let questions = Host::new(link).questions(link.address(CLIENT), link.server().addr);
        for (what, frame) in questions {
            for options in [
                vec![0; 4],
                vec![1; 40],
                vec![7, 7, 4, 0, 0, 0, 0, 0],
                vec![68, 8, 5, 0, 0, 0, 0, 0],
                vec![130, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                vec![148, 4, 0, 0],
                // Beyond the end, too short, and what is behind the end of the list.
                vec![222, 200, 131, 7],
                vec![222, 0, 131, 7],
                vec![222, 1, 131, 7],
                vec![0, 131, 3, 4],
            ] {
                let frame = with_options(link, &frame, &options);
                // A second SYN from the same port would be a copy.
                let answers = Host::new(link).answers(&frame);
                assert_eq!(answers.len(), 1, "{link:?}, {what}, {options:?}");
            }
        }
    }
}

/// "A host MUST NOT discard a datagram just because it was received with TTL less than 2." (RFC 1122,
/// 3.2.1.7) RFC 8200, 3: a destination processes a packet with the hop limit 0.
#[test]
fn a_packet_at_the_end_of_its_lifetime_is_answered() {
    for link in Link::ALL {
        for lifetime in [0, 1, 2] {
            let mut host = Host::new(link);
            for (what, mut frame) in host.questions(link.address(CLIENT), host.own()) {
                frame[packet_start(link) + if link.ipv6 { 7 } else { 8 }] = lifetime;
                repair(link, &mut frame);
                let answers = host.answers(&frame);
                assert_eq!(answers.len(), 1, "{link:?}, {what}, {lifetime}");
                // "A host MUST NOT send a datagram with a Time-to-Live value of zero."
                let limit = answers[0][if link.ipv6 { 7 } else { 8 }];
                assert!(limit >= 32, "{link:?}, {what}: {limit}");
            }
        }
    }
}

/// Ethernet pads a short packet; what is behind its end is not a part of it (RFC 1122, 2.3.3; RFC
/// 894).
#[test]
fn bytes_behind_a_packet_are_left_out() {
    for link in Link::ALL {
        let mut host = Host::new(link);
        let mut frame = frames::udp(link, host.peer(), link.server(), b"short");
        frame.extend([b'x'; 30]);
        let answers = host.answers(&frame);
        assert!(answers[0].ends_with(b"SHORT"), "{link:?}");
    }
}

/// "An ICMP error message MUST NOT be sent as the result of receiving [...] a non-initial fragment."
/// (RFC 1122, 3.2.2)
#[test]
fn no_error_is_sent_about_a_fragment_that_is_not_the_first() {
    for link in Link::V4 {
        let mut host = Host::new(link);
        for (what, frame) in host.questions(link.address(CLIENT), host.own()) {
            for (offset, more) in [(1, 0x20), (1, 0), (0x1fff, 0)] {
                let mut frame = frame.clone();
                let at = packet_start(link) + 6;
                frame[at] = more | (offset >> 8) as u8;
                frame[at + 1] = offset as u8;
                repair(link, &mut frame);
                let answers = host.answers(&frame);
                assert!(answers.is_empty(), "{link:?}, {what}: {answers:?}");
            }
        }
    }
}

/// RFC 8200, 4.2: what becomes of a packet with an option that is not known is in its two highest
/// bits: it is skipped, or the packet is dropped without or with an error.
#[test]
fn an_unknown_hop_by_hop_option_is_treated_as_its_highest_bits_say() {
    for link in Link::V6 {
        for (kind, is_answered, has_error) in [
            (0x1d, true, false),
            (0x5d, false, false),
            (0x9d, false, true),
            (0xdd, false, true),
        ] {
            let mut host = Host::new(link);
            let frame = frames::udp(link, host.peer(), link.server(), b"option");
            let frame = behind_hop_by_hop(link, &frame, [kind, 4]);
            let answers = host.answers(&frame);
            let errors = answers.iter().filter(|answer| is_error(link, answer));
            let errors = errors.count();
            assert_eq!(
                (answers.len() - errors, errors),
                (usize::from(is_answered), usize::from(has_error)),
                "{link:?}, {kind:x}"
            );
        }
    }
}

/// RFC 5095, 3: a routing header of type 0 is not followed: "If Segments Left is non-zero, the node
/// must discard the packet and send an ICMP Parameter Problem".
#[test]
fn a_routing_header_is_not_followed() {
    for link in Link::V6 {
        let mut host = Host::new(link);
        let mut route = vec![17, 2, 0, 1, 0, 0, 0, 0];
        route.extend([0xfd, 0xaa, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 77]);
        route.extend([0; 8]);
        let frame = icmp(
            link,
            link.address(CLIENT),
            host.own(),
            IpProtocol::Ipv6Route,
            &route,
        );
        let answers = host.answers(&frame);
        assert_eq!(answers.len(), 1, "{link:?}");
        assert!(is_error(link, &answers[0]), "{link:?}");
    }
}
