//! The addresses of IP packets.

use smoltcp::wire::{IpAddress, IpProtocol};

use super::common::frames;
use super::common::network::{CLIENT, Link, SERVER};
use super::host::{CLOSED, Host, echo, groups, icmp, kind, unknown};

/// RFC 1122, 3.2.1.3: "A host MUST silently discard an incoming datagram containing an IP source
/// address that is invalid by the rules of this section." RFC 4291, 2.5.3 and 2.7: the loopback
/// address and those of groups are no source.
#[test]
fn a_source_that_is_no_other_host_is_discarded() {
    for link in Link::ALL {
        let mut host = Host::new(link);
        let sources = match link.ipv6 {
            true => vec![
                IpAddress::v6(0, 0, 0, 0, 0, 0, 0, 1),
                IpAddress::v6(0xff02, 0, 0, 0, 0, 0, 0, 1),
                IpAddress::v6(0xff0e, 0, 0, 0, 0, 0, 0, 0x1234),
                link.address(SERVER),
            ],
            false => vec![
                IpAddress::v4(127, 0, 0, 1),
                IpAddress::v4(127, 255, 0, 7),
                IpAddress::v4(224, 0, 0, 1),
                IpAddress::v4(239, 1, 2, 3),
                IpAddress::v4(255, 255, 255, 255),
                IpAddress::v4(192, 168, 69, 255),
                link.address(SERVER),
            ],
        };
        for source in sources {
            for (what, frame) in host.questions(source, host.own()) {
                let what = format!("{what} from {source}");
                host.expect_discarded(&what, &frame, |counters| counters.forged);
            }
        }
    }
}

/// A host without an address may ask for one, and is not answered by an error or a reset.
#[test]
fn a_host_without_an_address_is_not_answered() {
    for link in Link::ALL {
        let mut host = Host::new(link);
        let nothing = match link.ipv6 {
            true => IpAddress::v6(0, 0, 0, 0, 0, 0, 0, 0),
            false => IpAddress::v4(0, 0, 0, 0),
        };
        for (what, frame) in host.questions(nothing, host.own()) {
            let answers = host.answers(&frame);
            assert!(answers.is_empty(), "{link:?}, {what}: {answers:?}");
        }
    }
}

/// "An ICMP error message MUST NOT be sent as the result of receiving [...] a datagram destined to
/// an IP broadcast or IP multicast address" (RFC 1122, 3.2.2); RFC 4443, 2.4 (e.3) says the same.
#[test]
fn no_error_and_no_reset_is_sent_about_a_packet_for_a_group() {
    for link in Link::ALL {
        let mut host = Host::new(link);
        for group in groups(link) {
            for (what, frame) in host.questions(link.address(CLIENT), group) {
                if what == "datagram" || what == "echo request" {
                    continue;
                }
                let what = format!("{what} to {group}");
                host.expect_discarded(&what, &frame, |counters| counters.misdirected);
            }
        }
    }
}

/// "An ICMP Echo Request destined to an IP broadcast or IP multicast address MAY be silently
/// discarded." (RFC 1122, 3.2.2.6) "An Echo Reply SHOULD be sent in response to an Echo Request
/// message sent to an IPv6 multicast or anycast address. In this case, the source address of the
/// reply MUST be a unicast address belonging to the interface" (RFC 4443, 4.2).
#[test]
fn an_echo_request_for_a_group_is_answered_over_ipv6_only() {
    for link in Link::ALL {
        let mut host = Host::new(link);
        let group = groups(link)[0];
        let request = echo(link, link.address(CLIENT), group);
        if !link.ipv6 {
            host.expect_discarded("echo", &request, |counters| counters.misdirected);
            continue;
        }
        let answers = host.answers(&request);
        assert_eq!(answers.len(), 1, "{link:?}");
        assert_eq!(kind(link, &answers[0]), (58, 129));
        let IpAddress::Ipv6(own) = host.own() else {
            panic!("an IPv6 address");
        };
        assert_eq!(answers[0][8..24], own.octets());
    }
}

/// A host that is no router discards what is for another one (RFC 1122, 3.3.4.2; RFC 8200, 3).
#[test]
fn a_packet_for_another_host_is_discarded() {
    for link in Link::ALL {
        let mut host = Host::new(link);
        for other in [link.address(SERVER + 40), link.far_address()] {
            for (what, frame) in host.questions(link.address(CLIENT), other) {
                let frame = match link.medium {
                    smoltcp::phy::Medium::Ip => frame,
                    _ => super::host::to_card(link, &frame, [2, 0, 0, 0, 0, SERVER]),
                };
                let what = format!("{what} to {other}");
                host.expect_discarded(&what, &frame, |counters| counters.misdirected);
            }
        }
    }
}

/// Where no answer could go, nothing is answered.
#[test]
fn a_packet_from_where_there_is_no_route_back_is_discarded() {
    for link in Link::ETHERNET {
        let mut host = Host::new(link);
        for (what, frame) in host.questions(link.far_address(), host.own()) {
            if what == "datagram" {
                continue; // The service is told, and does not answer.
            }
            host.expect_discarded(what, &frame, |counters| counters.unroutable);
        }
    }
}

/// RFC 1122, 3.2.2 and RFC 4443, 2.4 (e.1): no error about an error; unknown types "MUST be silently
/// discarded" (RFC 1122, 3.2.2), and no message of ICMP that informs elicits an error.
#[test]
fn messages_of_icmp_elicit_no_error() {
    for link in Link::ALL {
        let mut host = Host::new(link);
        let quoted = frames::udp(link, host.link.server(), host.peer(), b"mine");
        let quoted = frames::packet(link, &quoted).expect("a packet").to_vec();
        let protocol = match link.ipv6 {
            true => IpProtocol::Icmpv6,
            false => IpProtocol::Icmp,
        };
        let is_asked = |kind| kind == if link.ipv6 { 128 } else { 8 };
        for kind in (0..=255).filter(|kind| !is_asked(*kind)) {
            for code in [0, 3, 4, 255] {
                let message = [&[kind, code, 0, 0, 0, 0, 0, 0], &quoted[..]].concat();
                let frame = icmp(link, link.address(CLIENT), host.own(), protocol, &message);
                let answers = host.answers(&frame);
                assert!(answers.is_empty(), "{link:?}, {kind}, {code}: {answers:?}");
            }
        }
    }
}

/// What a host is told that it does not serve, to the address that was asked.
#[test]
fn an_error_comes_from_the_address_that_was_asked_and_quotes_the_packet() {
    for link in Link::ALL {
        let mut host = Host::new(link);
        let datagram = frames::udp(
            link,
            host.peer(),
            smoltcp::wire::IpEndpoint::new(host.own(), CLOSED),
            b"anyone?",
        );
        // RFC 1122, 4.1.3.1: "If a datagram arrives addressed to a UDP port for which there is no
        // pending LISTEN call, UDP SHOULD send an ICMP Port Unreachable message."
        let other = unknown(link, link.address(CLIENT), host.own());
        for (frame, expected) in [
            (datagram, if link.ipv6 { [1, 4] } else { [3, 3] }),
            (other, if link.ipv6 { [4, 1] } else { [3, 2] }),
        ] {
            let before = host.counters().unserved;
            let answers = host.answers(&frame);
            assert_eq!(answers.len(), 1, "{link:?}");
            let (answer, start) = (&answers[0], if link.ipv6 { 40 } else { 20 });
            assert_eq!(answer[start..start + 2], expected, "{link:?}");
            let quoted = frames::packet(link, &frame).expect("a packet");
            assert!(answer[start + 8..].starts_with(&quoted[..1]), "{link:?}");
            assert!(answer.ends_with(&quoted[start..]), "{link:?}");
            assert_eq!(host.counters().unserved, before + 1, "{link:?}");
        }
    }
}
