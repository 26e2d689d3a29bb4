//! Advertisements that are malformed, or cannot be from a router of this link.

use smoltcp::time::Duration;
use smoltcp::wire::{IpCidr, IpEndpoint, Ipv6Address, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::PORT;

use super::lan::*;
use crate::common::frames::{self, segment};
use crate::common::network::{Link, SECOND};

/// RFC 4861, 6.1.2: "A node MUST silently discard any received Router Advertisement messages that do not
/// satisfy all of the following validity checks".
#[test]
fn an_advertisement_that_is_not_valid_changes_nothing() {
    let good = Advertisement::new(1800, &usual(HOUR, HOUR));
    let global = Ipv6Address::new(0xfdaa, 0, 0, 0, 0, 0, 0, 0x99);
    let mut cut = good.clone();
    cut.options.truncate(31);
    let mut endless = good.clone();
    endless.options.extend([1, 0, 0, 0, 0, 0, 0, 0]);
    let mut beyond = good.clone();
    beyond.options.extend([1, 2, 0, 0, 0, 0, 0, 0]);
    let wrong = [
        (
            "forwarded",
            Advertisement {
                hop_limit: 254,
                ..good.clone()
            },
        ),
        ("source", good.clone().from(global)),
        ("no source", good.clone().from(Ipv6Address::UNSPECIFIED)),
        (
            "checksum",
            Advertisement {
                checksum: 1,
                ..good.clone()
            },
        ),
        (
            "code",
            Advertisement {
                code: 1,
                ..good.clone()
            },
        ),
        (
            "kind",
            Advertisement {
                kind: 137,
                ..good.clone()
            },
        ),
        ("cut option", cut),
        ("option of length 0", endless),
        ("option beyond the end", beyond),
    ];
    for (what, advertisement) in wrong {
        let mut lan = Lan::new();
        lan.advertise(&advertisement);
        lan.pass(SECOND * 3);
        let own = lan.context().addresses().to_vec();
        assert_eq!(own, [IpCidr::new(link_local().into(), 64)], "{what}");
        assert_eq!(lan.router(), None, "{what}");
        lan.advertise(&good);
        lan.pass(SECOND * 3);
        assert!(lan.has(formed(PREFIX)), "{what}: an honest one counts");
    }
}

/// RFC 4862, 5.5.3 e: "an unauthenticated advertisement" cannot end an address at once.
#[test]
fn a_forged_advertisement_cannot_take_an_address_away() {
    let mut lan = Lan::configured(HOUR, HOUR);
    for _ in 0..100 {
        lan.advertise(&Advertisement::new(0, &usual(0, 0)).from(OTHER));
    }
    lan.pass(SECOND);
    assert!(lan.has(formed(PREFIX)));
    assert_eq!(lan.router(), Some(ROUTER));
}

/// Each byte of an advertisement changed, and each length of it.
#[test]
fn no_advertisement_can_make_it_panic() {
    let mut lan = Lan::new();
    let options = [usual(HOUR, HOUR), names(HOUR, &[NAMES])].concat();
    let good = Advertisement::new(1800, &options);
    for at in 0..good.options.len() {
        for change in [1, 0x80, 0xff] {
            let mut changed = good.clone();
            changed.options[at] ^= change;
            lan.scene.network.to_server.inject(&changed.frame());
        }
        let mut cut = good.clone();
        cut.options.truncate(at);
        lan.scene.network.to_server.inject(&cut.frame());
        let frame = good.frame();
        lan.scene.network.to_server.inject(&frame[..14 + at]);
        lan.scene.pass(Duration::from_millis(1));
    }
    lan.advertise(&good);
    lan.pass(SECOND * 3);
    assert!(lan.has(formed(PREFIX)));
}

/// An address with which a peer talks to this host becomes that of this host, too. What it sends to that
/// does not make its link a loopback, as others were heard on it.
#[test]
fn an_advertisement_does_not_make_this_host_believe_packets_in_its_own_name() {
    let mut lan = Lan::new();
    lan.advertise(&Advertisement::new(1800, &usual(HOUR, HOUR)));
    lan.pass(SECOND * 3);
    let own = IpEndpoint::new(formed(PREFIX).into(), PORT);
    let peer = IpEndpoint::new(formed(OTHER_PREFIX).into(), 40_000);
    let link = Link::ETHERNET_V6;
    let answer = |lan: &mut Lan, from: IpEndpoint, repr: &TcpRepr<'_>| {
        let frame = frames::tcp(link, from.addr, own.addr, repr);
        lan.scene.network.to_server.inject(&frame);
        lan.scene.settle();
        let answers = lan.scene.network.to_client.captured();
        let mut answers = answers
            .iter()
            .filter_map(|frame| frames::read_tcp(link, frame));
        answers.next().map(|(_, _, answer)| answer.seq_number)
    };
    let syn = |from| TcpRepr {
        control: TcpControl::Syn,
        seq_number: TcpSeqNumber(1000),
        ..segment(from, own)
    };
    let first = answer(&mut lan, peer, &syn(peer)).expect("a SYN-ACK");
    let ack = TcpRepr {
        seq_number: TcpSeqNumber(1001),
        ack_number: Some(first + 1),
        ..segment(peer, own)
    };
    answer(&mut lan, peer, &ack);
    let other = prefix(OTHER_PREFIX, 64, BOTH, HOUR, HOUR);
    lan.advertise(&Advertisement::new(1800, &other));
    lan.pass(SECOND * 30); // It asks the peer whether it is there.
    assert!(lan.has(formed(OTHER_PREFIX)));
    lan.scene.network.to_client.captured();
    let itself = IpEndpoint::new(own.addr, 50_000);
    let before = lan.scene.network.server.counters().forged;
    assert_eq!(answer(&mut lan, itself, &syn(itself)), None);
    assert_eq!(lan.scene.network.server.counters().forged, before + 1);
}
