//! Messages that are not from the server that was asked, or not for this host.

use smoltcp::time::Duration;
use smoltcp::wire::{EthernetAddress, Ipv4Address};

use super::lan::*;
use crate::common::network::{MINUTE, SECOND};

/// What is wrong with a reply.
type Fault = (&'static str, fn(&mut Reply));

const WRONG: [Fault; 8] = [
    // RFC 2131, 4.4.1: "If the 'xid' of an arriving DHCPOFFER message does not match the 'xid' of the
    // most recent DHCPDISCOVER message, the DHCPOFFER message must be silently discarded."
    ("number", |reply| {
        reply.transaction = reply.transaction.wrapping_add(1)
    }),
    ("card", |reply| {
        reply.hardware = EthernetAddress([2, 0, 0, 0, 0, 99])
    }),
    ("operation", |reply| reply.operation = 1),
    ("cookie", |reply| reply.cookie = [99, 130, 83, 98]),
    ("kind", |reply| reply.kind = 9),
    ("source port", |reply| reply.ports.0 = 68),
    ("destination port", |reply| reply.ports.1 = 67),
    ("server", |reply| reply.server = None),
];

#[test]
fn an_offer_that_is_not_for_this_host_is_dropped() {
    for (what, change) in WRONG {
        let mut lan = Lan::new();
        lan.change = change;
        lan.pass(MINUTE);
        let kinds = lan.take_kinds();
        assert!(
            kinds.iter().all(|kind| *kind == DISCOVER),
            "{what}: {kinds:?}"
        );
        assert_eq!(lan.take_events().len(), 1, "{what}: there is no answer");
    }
}

#[test]
fn an_acknowledgement_that_is_not_for_this_host_is_dropped() {
    let more: [Fault; 2] = [
        ("address", |reply| {
            reply.address = Ipv4Address::new(192, 168, 69, 77)
        }),
        ("other server", |reply| {
            reply.server = Some(Ipv4Address::new(192, 168, 69, 78))
        }),
    ];
    for (what, change) in WRONG.into_iter().chain(more) {
        let mut lan = Lan::new();
        lan.dhcp.is_there = false;
        lan.pass(Duration::from_millis(40));
        let offer = lan.answer(&lan.seen[0].clone()).expect("an offer");
        lan.send(&offer);
        lan.pass(Duration::from_millis(40));
        let mut forged = lan
            .answer(&lan.seen[1].clone())
            .expect("an acknowledgement");
        let honest = forged.clone();
        change(&mut forged);
        lan.send(&forged);
        lan.pass(SECOND);
        assert!(!lan.has(GIVEN) && !lan.has(forged.address), "{what}");
        lan.send(&honest);
        lan.pass(SECOND);
        assert!(lan.has(GIVEN), "{what}");
    }
}

#[test]
fn a_forged_refusal_ends_no_lease() {
    for (what, change) in WRONG {
        let mut lan = Lan::bound(1000);
        lan.dhcp.is_there = false;
        lan.pass(SECOND * 501);
        let request = lan.seen[0].clone();
        lan.dhcp.refuses = true;
        let mut refusal = lan.answer(&request).expect("a refusal");
        change(&mut refusal);
        lan.send(&refusal);
        lan.pass(SECOND);
        assert!(lan.has(GIVEN), "{what}");
    }
}

#[test]
fn a_refusal_without_a_question_ends_no_lease() {
    let mut lan = Lan::new();
    lan.pass(SECOND);
    let request = lan.seen.last().expect("a request").clone();
    lan.dhcp.refuses = true;
    let refusal = lan.answer(&request).expect("a refusal");
    lan.send(&refusal);
    lan.pass(SECOND);
    assert!(lan.has(GIVEN));
}

/// Without DHCP, and for other ports, a packet for another address is dropped as ever.
#[test]
fn other_packets_for_an_address_that_this_host_does_not_have_are_dropped() {
    let mut lan = Lan::new();
    lan.dhcp.is_there = false;
    lan.pass(Duration::from_millis(40));
    let offer = lan.answer(&lan.seen[0].clone()).expect("an offer");
    let before = lan.scene.network.server.counters().misdirected;
    for ports in [(67, 69), (66, 68), (53, 12000)] {
        lan.send(&Reply {
            ports,
            ..offer.clone()
        });
    }
    lan.pass(Duration::from_millis(40));
    assert_eq!(lan.scene.network.server.counters().misdirected, before + 3);
}

/// Each byte of an offer changed, and each length of it.
#[test]
fn no_message_can_make_it_panic() {
    let mut lan = Lan::new();
    lan.dhcp.is_there = false;
    lan.pass(Duration::from_millis(40));
    let frame = lan.answer(&lan.seen[0].clone()).expect("an offer").frame();
    let mut count: u8 = 0;
    for at in 14..frame.len() {
        for change in [1, 0x80, 0xff] {
            let mut changed = frame.clone();
            changed[at] ^= change;
            // Without a checksum of UDP.
            changed[40..42].fill(0);
            lan.scene.network.to_server.inject(&changed);
            count = count.wrapping_add(1);
        }
        lan.scene.network.to_server.inject(&frame[..at]);
        if count.is_multiple_of(16) {
            lan.scene.settle();
        }
    }
    lan.scene.settle();
    lan.dhcp.is_there = true;
    lan.pass(MINUTE * 3);
    assert!(lan.has(GIVEN));
}
