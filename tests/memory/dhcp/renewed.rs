//! A lease that goes on: T1, T2, and a link that was down.

use smoltcp::time::Duration;
use smoltcp::wire::{EthernetAddress, IpAddress, Ipv4Address};
use uppercase::dhcp::Event;

use super::lan::*;
use crate::common::network::{MINUTE, SECOND};
use crate::common::scene::Caller;

/// A client that is connected to the address that was given.
fn connected(lan: &mut Lan) -> Caller {
    let mut caller = Caller::new(&mut lan.scene.network, 1024);
    let there = (IpAddress::Ipv4(GIVEN), uppercase::PORT).into();
    assert_eq!(caller.connect_to(&mut lan.scene.network, there), Ok(()));
    lan.scene.settle();
    assert_eq!(caller.is_open(&mut lan.scene), Ok(true));
    caller
}

/// RFC 2131, 4.4.5: "At time T1 the client moves to RENEWING state and sends (via unicast) a DHCPREQUEST
/// message to the server".
#[test]
fn at_t1_the_server_is_asked_alone_from_the_address() {
    let mut lan = Lan::bound(1000);
    lan.pass(SECOND * 501);
    let [request] = &lan.seen[..] else {
        panic!("{:?}", lan.seen);
    };
    assert_within(SECOND * 468, request.at, SECOND * 501);
    assert_eq!(request.kind, REQUEST);
    assert_eq!((request.source, request.client), (GIVEN, GIVEN));
    assert_eq!((request.destination, request.card), (DHCP, CARD));
    // 4.3.2: "'server identifier' MUST NOT be filled in, 'requested IP address' option MUST NOT be filled
    // in, 'ciaddr' MUST be filled in with client's IP address."
    assert_eq!((request.requested, request.server), (None, None));
    assert_eq!(lan.take_events(), [Event::Renewed(GIVEN)]);
}

/// RFC 2131, 4.4.5: "the client SHOULD wait one-half of the remaining time until T2 (in RENEWING state)
/// and one-half of the remaining lease time (in REBINDING state), down to a minimum of 60 seconds".
#[test]
fn a_server_that_is_silent_is_asked_again_then_any_server_then_the_address_goes() {
    let mut lan = Lan::bound(4000);
    let mut caller = connected(&mut lan);
    lan.dhcp.is_there = false;
    lan.pass(SECOND * 4001);
    let renewals = lan.seen.iter().filter(|seen| seen.destination == DHCP);
    let renewals: Vec<_> = renewals.map(|seen| seen.at.secs()).collect();
    let rebindings = lan
        .seen
        .iter()
        .filter(|seen| seen.kind == REQUEST && seen.destination != DHCP);
    let rebindings: Vec<_> = rebindings.cloned().collect();
    assert_within(1870, renewals[0], 2001);
    assert_within(3370, rebindings[0].at.secs(), 3501);
    for seen in &rebindings {
        assert_eq!((seen.client, seen.source), (GIVEN, GIVEN));
        assert_eq!((seen.requested, seen.server), (None, None));
        assert_eq!(seen.destination, Ipv4Address::BROADCAST);
        assert_eq!(seen.card, EthernetAddress::BROADCAST);
    }
    assert_within(750, (renewals[1] - renewals[0]) as i64, 850);
    for pair in renewals.windows(2).take(renewals.len() - 2) {
        assert!(pair[1] - pair[0] >= 59, "{renewals:?}");
    }
    assert!(!lan.has(GIVEN));
    assert_eq!(
        lan.take_events(),
        [Event::Lost(GIVEN, uppercase::dhcp::Loss::Expired)]
    );
    assert_eq!(
        caller.is_open(&mut lan.scene),
        Err(uppercase::tcp::Error::Reset)
    );
    assert_eq!(lan.seen.last().map(|seen| seen.kind), Some(DISCOVER));
    assert_eq!(lan.context().lease(), None);
    assert_eq!(lan.context().name_servers().len(), 0);
    assert_eq!(lan.context().gateways(), []);

    lan.dhcp.is_there = true;
    lan.pass(MINUTE * 2);
    assert!(lan.has(GIVEN), "the server is back");
}

#[test]
fn another_server_may_extend_the_lease_at_t2() {
    let mut lan = Lan::bound(1000);
    let mut caller = connected(&mut lan);
    lan.dhcp.is_there = false;
    lan.pass(SECOND * 800);
    lan.dhcp.is_there = true;
    lan.change = |reply| reply.server = Some(Ipv4Address::new(192, 168, 69, 66));
    lan.pass(SECOND * 80);
    assert_eq!(lan.take_events(), [Event::Renewed(GIVEN)]);
    let server = lan.context().lease().map(|lease| lease.server);
    assert_eq!(server, Some(Ipv4Address::new(192, 168, 69, 66)));
    caller.say(&mut lan.scene, b"still");
    caller.expect(&mut lan.scene, b"STILL");
}

#[test]
fn in_renewing_another_server_does_not_count() {
    let mut lan = Lan::bound(1000);
    lan.change = |reply| reply.server = Some(Ipv4Address::new(192, 168, 69, 66));
    lan.pass(SECOND * 600);
    assert_eq!(lan.take_events(), []);
}

#[test]
fn t1_and_t2_of_the_server_count_where_they_are_in_order() {
    let mut lan = Lan::new();
    lan.change = |reply| (reply.renewal, reply.rebinding) = (Some(100), Some(200));
    lan.pass(SECOND);
    lan.seen.clear();
    lan.pass(SECOND * 100);
    assert_eq!(lan.take_kinds(), [REQUEST]);

    let mut lan = Lan::new();
    lan.change = |reply| (reply.renewal, reply.rebinding) = (Some(3000), Some(200));
    lan.pass(SECOND);
    lan.seen.clear();
    lan.pass(SECOND * 1600);
    assert_eq!(lan.take_kinds(), [], "the default is half of the lease");
    lan.pass(SECOND * 250);
    assert_eq!(lan.take_kinds(), [REQUEST]);
}

/// RFC 2131, 3.3: "A time value of 0xffffffff [...] represents 'infinity'."
#[test]
fn a_lease_may_be_for_ever() {
    let mut lan = Lan::bound(u32::MAX);
    assert_eq!(lan.context().lease().expect("it is used").duration, None);
    lan.scene.pass(MINUTE * 60 * 24 * 400);
    lan.pass(SECOND);
    assert!(lan.has(GIVEN) && lan.seen.is_empty());
}

/// The figure of a network with short leases: 100 of 100, and not one byte is lost.
#[test]
fn a_hundred_renewals_interrupt_no_connection() {
    const RENEWALS: usize = 100;
    let mut lan = Lan::bound(20);
    let mut caller = connected(&mut lan);
    let (mut renewals, mut count) = (0, 0_u32);
    while renewals < RENEWALS {
        let line = format!("line {count}\n");
        caller.say(&mut lan.scene, line.as_bytes());
        caller.expect(&mut lan.scene, line.to_uppercase().as_bytes());
        count += 1;
        lan.pass(Duration::from_millis(200));
        for event in lan.take_events() {
            assert_eq!(event, Event::Renewed(GIVEN));
            renewals += 1;
        }
        assert!(lan.has(GIVEN));
        assert!(lan.now() < SECOND * 20 * RENEWALS as u32);
    }
    assert!(count > 4000, "{count} lines have passed");
}

#[test]
fn renewals_survive_that_each_second_message_is_lost() {
    let mut lan = Lan::bound(60);
    for _ in 0..30 {
        (lan.dhcp.unseen, lan.dhcp.lost) = (1, 1);
        lan.pass(SECOND * 60);
        assert!(lan.has(GIVEN));
    }
    let events = lan.take_events();
    assert!(
        events.iter().all(|event| *event == Event::Renewed(GIVEN)),
        "{events:?}"
    );
}

#[test]
fn what_comes_with_a_renewal_may_have_changed() {
    let mut lan = Lan::bound(1000);
    lan.change = |reply| {
        reply.mask = Some(Ipv4Address::new(255, 255, 0, 0));
        reply.router = Some(Ipv4Address::new(192, 168, 70, 1));
        reply.names = vec![];
    };
    lan.pass(SECOND * 501);
    let mut context = lan.context();
    assert_eq!(context.addresses()[0].prefix_len(), 16);
    assert_eq!(context.gateways(), [IpAddress::v4(192, 168, 70, 1)]);
    assert_eq!(context.name_servers().len(), 0);
    lan.change = |reply| reply.router = None;
    lan.pass(SECOND * 501);
    assert_eq!(lan.context().gateways(), []);
}

/// RFC 2131, 3.2 and 4.3.2 (INIT-REBOOT): "'server identifier' MUST NOT be filled in, 'requested IP
/// address' option MUST be filled in with client's notion of its previously assigned address. 'ciaddr'
/// MUST be zero."
#[test]
fn after_the_link_was_down_the_address_is_verified_and_connections_live_on() {
    let mut lan = Lan::bound(3600);
    let mut caller = connected(&mut lan);
    lan.pass(SECOND * 10);
    lan.context().link_is_back();
    lan.pass(SECOND);
    let [request] = &lan.seen[..] else {
        panic!("{:?}", lan.seen);
    };
    assert_eq!(request.kind, REQUEST);
    // RFC 2131, table 1: "seconds elapsed since client began address acquisition or renewal process".
    assert_eq!(request.seconds, 0);
    assert_eq!((request.requested, request.server), (Some(GIVEN), None));
    assert_eq!(request.client, Ipv4Address::UNSPECIFIED);
    assert_eq!(request.source, Ipv4Address::UNSPECIFIED);
    assert_eq!(request.destination, Ipv4Address::BROADCAST);
    assert_eq!(lan.take_events(), [Event::Renewed(GIVEN)]);
    caller.say(&mut lan.scene, b"still");
    caller.expect(&mut lan.scene, b"STILL");
}

/// RFC 2131, 3.2: "the client MAY choose to use the previously allocated network address and
/// configuration parameters for the remainder of the unexpired lease."
#[test]
fn after_the_link_was_down_a_silent_server_leaves_the_rest_of_the_lease() {
    let mut lan = Lan::bound(1000);
    lan.dhcp.is_there = false;
    lan.context().link_is_back();
    lan.pass(SECOND * 100);
    assert_eq!(lan.take_kinds(), [REQUEST; 4]);
    assert!(lan.has(GIVEN));
    lan.dhcp.is_there = true;
    lan.pass(SECOND * 410);
    assert_eq!(lan.take_events(), [Event::Renewed(GIVEN)], "at T1");
}

#[test]
fn a_link_that_comes_back_before_there_is_an_address_starts_over() {
    let mut lan = Lan::new();
    lan.dhcp.is_there = false;
    lan.pass(SECOND * 40);
    lan.seen.clear();
    lan.dhcp.is_there = true;
    lan.context().link_is_back();
    lan.pass(SECOND);
    assert!(lan.has(GIVEN), "at once, and not after the next delay");
}
