//! How many ICMP errors are sent.

use smoltcp::wire::{IpEndpoint, IpProtocol};

use super::common::frames;
use super::common::network::{CLIENT, Link};
use super::host::{CLOSED, Host, echo, icmp, is_error, unknown};

/// The most errors in a second.
const MOST: usize = 20;

/// Frames that each elicit an error.
fn elicit(link: Link, host: &Host) -> Vec<(&'static str, Vec<u8>)> {
    let from = link.address(CLIENT);
    let closed = IpEndpoint::new(host.own(), CLOSED);
    let mut all = vec![
        (
            "closed port",
            frames::udp(link, host.peer(), closed, b"text"),
        ),
        ("unknown protocol", unknown(link, from, host.own())),
    ];
    if link.ipv6 {
        for (what, header) in [
            ("unknown option", [59, 0, 0x9d, 4, 0, 0, 0, 0]),
            (
                "nothing behind a hop-by-hop header",
                [59, 0, 1, 4, 0, 0, 0, 0],
            ),
        ] {
            let frame = icmp(link, from, host.own(), IpProtocol::HopByHop, &header);
            all.push((what, frame));
        }
        for (what, protocol) in [
            ("routing header", IpProtocol::Ipv6Route),
            ("destination options", IpProtocol::Ipv6Opts),
        ] {
            let header = [17, 0, 1, 4, 0, 0, 0, 0];
            all.push((what, icmp(link, from, host.own(), protocol, &header)));
        }
    }
    all
}

/// "An IPv6 node MUST limit the rate of ICMPv6 error messages it originates." (RFC 4443, 2.4 (f)) Of
/// IPv4 the same is done.
#[test]
fn no_more_errors_are_sent_than_twenty_a_second() {
    for link in Link::ALL {
        let mut host = Host::new(link);
        for (what, frame) in elicit(link, &host) {
            host.rest();
            let limited = host.counters().limited;
            let mut errors = 0;
            for _ in 0..1000 {
                let answers = host.answers(&frame);
                errors += answers
                    .iter()
                    .filter(|answer| is_error(link, answer))
                    .count();
            }
            assert_eq!(errors, MOST, "{link:?}, {what}");
            assert_eq!(host.counters().limited - limited, 980, "{link:?}, {what}");
        }
    }
}

/// The limit holds for all kinds of errors together, and for nothing else.
#[test]
fn what_is_no_error_is_sent_where_no_more_errors_are() {
    for link in Link::ALL {
        let mut host = Host::new(link);
        let frames = elicit(link, &host);
        let mut errors = 0;
        for _ in 0..100 {
            for (_, frame) in &frames {
                errors += host.answers(frame).len();
            }
        }
        assert_eq!(errors, MOST, "{link:?}");
        let from = link.address(CLIENT);
        for _ in 0..100 {
            assert_eq!(host.answers(&echo(link, from, host.own())).len(), 1);
            let frame = frames::udp(link, host.peer(), link.server(), b"text");
            assert_eq!(host.answers(&frame).len(), 1, "{link:?}");
        }
    }
}

/// Two fragments that are put together elicit one error, as the whole datagram would.
#[test]
fn errors_about_datagrams_in_fragments_are_limited_too() {
    for link in Link::V4 {
        let mut host = Host::new(link);
        let closed = IpEndpoint::new(host.own(), CLOSED);
        let whole = frames::udp(link, host.peer(), closed, &[b'x'; 40]);
        let at = frames::packet_start(link);
        let mut errors = 0;
        for number in 0..200_u16 {
            for (offset, more, range) in [(0, 0x20, 20..44), (3, 0, 44..68)] {
                let mut frame = whole[..at + 20].to_vec();
                frame.extend(&whole[at + range.start..at + range.end]);
                let total = (frame.len() - at) as u16;
                frame[at + 2..at + 4].copy_from_slice(&total.to_be_bytes());
                frame[at + 4..at + 6].copy_from_slice(&number.to_be_bytes());
                frame[at + 6..at + 8].copy_from_slice(&[more, offset]);
                frame[at + 10..at + 12].fill(0);
                let sum = !smoltcp::wire::checksum::data(&frame[at..at + 20]);
                frame[at + 10..at + 12].copy_from_slice(&sum.to_be_bytes());
                errors += host.answers(&frame).len();
            }
        }
        assert_eq!(errors, MOST, "{link:?}");
    }
}
