//! The way to an address, and the messages on it.

use smoltcp::time::Duration;
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr, Ipv4Address};
use uppercase::dhcp::Event;

use super::lan::*;
use crate::common::network::{MINUTE, SECOND, change};
use crate::common::scene::Caller;
use crate::common::talk::Talk;

#[test]
fn an_address_is_discovered_requested_checked_and_used_within_a_second() {
    let mut lan = Lan::new();
    lan.pass(SECOND);
    assert!(lan.has(GIVEN));
    assert_eq!(lan.take_events(), [Event::Obtained(GIVEN)]);
    let [discover, request] = &lan.seen[..] else {
        panic!("{:?}", lan.seen);
    };
    assert_eq!((discover.kind, request.kind), (DISCOVER, REQUEST));
    for seen in [discover, request] {
        // RFC 2131, 4.1: "DHCP messages broadcast by a client prior to that client obtaining its IP
        // address must have the source address field in the IP header set to 0."
        assert_eq!(seen.source, Ipv4Address::UNSPECIFIED);
        assert_eq!(seen.destination, Ipv4Address::BROADCAST);
        assert_eq!(seen.card, EthernetAddress::BROADCAST);
        assert_eq!(seen.client, Ipv4Address::UNSPECIFIED);
        assert_eq!(seen.hardware, own_card());
        let identifier = [&[1][..], &own_card().0].concat();
        assert_eq!(seen.identifier, Some(identifier), "RFC 2132, 9.14");
        assert_eq!(seen.parameters, Some(vec![1, 3, 6, 51, 58, 59]));
        assert!(seen.length >= 300, "RFC 1542, 2.1");
    }
    // RFC 2131, 4.4.1: "The DHCPREQUEST message contains the same 'xid' as the DHCPOFFER message", and
    // 4.3.2: "'server identifier' MUST be inserted", "'requested IP address' MUST be filled in with the
    // yiaddr value from the chosen DHCPOFFER".
    assert_eq!(discover.transaction, request.transaction);
    assert_eq!((discover.requested, discover.server), (None, None));
    assert_eq!(
        (request.requested, request.server),
        (Some(GIVEN), Some(DHCP))
    );

    let mut context = lan.context();
    let lease = context.lease().expect("it is used").clone();
    assert_eq!(lease.address.address(), GIVEN);
    assert_eq!(lease.address.prefix_len(), 24);
    assert_eq!((lease.server, lease.router), (DHCP, Some(ROUTER)));
    assert_eq!(lease.duration, Some(Duration::from_secs(3600)));
    assert_eq!(context.name_servers()[..], [IpAddress::Ipv4(NAMES)]);
    assert_eq!(context.gateways(), [IpAddress::Ipv4(ROUTER)]);
    assert_eq!(context.addresses(), [IpCidr::Ipv4(lease.address)]);
}

#[test]
fn the_servers_serve_the_address_that_was_obtained() {
    let mut lan = Lan::bound(3600);
    let there = (IpAddress::Ipv4(GIVEN), uppercase::PORT).into();
    let mut talk = Talk::new(&mut lan.scene.network, there, 512, b"who are you?");
    lan.scene
        .network
        .run(MINUTE, &mut [&mut lan.scene.server], &mut [&mut talk]);
    assert_eq!(talk.expect_answer(), b"WHO ARE YOU?");
}

/// RFC 2131, 4.1: 4 s, doubled up to 64 s, each randomized by one second.
#[test]
fn a_message_that_is_not_answered_is_sent_again_after_randomized_doubling_delays() {
    let mut lan = Lan::new();
    lan.dhcp.is_there = false;
    lan.pass(MINUTE * 5);
    assert_eq!(lan.take_events(), [Event::Unanswered]);
    let times: Vec<_> = lan.seen.iter().map(|seen| seen.at).collect();
    let delays: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let slack = Duration::from_millis(1100);
    assert_eq!(delays.len(), 7, "{delays:?}");
    for (delay, expected) in delays.iter().zip([4, 8, 16, 32, 64, 64, 64]) {
        assert_near(*delay, Duration::from_secs(expected), slack);
    }
    let uneven = delays
        .iter()
        .filter(|delay| delay.total_millis() % 1000 > 40);
    assert!(uneven.count() >= 4, "they are randomized: {delays:?}");
    let first = lan.seen[0].transaction;
    for seen in &lan.seen {
        assert_eq!((seen.kind, seen.transaction), (DISCOVER, first));
        // RFC 2131, table 1: "secs: seconds elapsed since client began address acquisition".
        let passed = (seen.at - times[0]).secs();
        assert_within(passed.saturating_sub(1), seen.seconds.into(), passed + 1);
    }
    lan.dhcp.is_there = true;
    lan.pass(MINUTE + SECOND * 6);
    assert!(lan.has(GIVEN), "it goes on");
}

#[test]
fn lost_and_duplicated_messages_lead_to_the_address_all_the_same() {
    for (unseen, lost, twice) in [(1, 0, false), (0, 1, false), (2, 2, true), (0, 0, true)] {
        let mut lan = Lan::new();
        (lan.dhcp.unseen, lan.dhcp.lost, lan.dhcp.twice) = (unseen, lost, twice);
        lan.pass(MINUTE * 2);
        assert!(lan.has(GIVEN), "{unseen} {lost} {twice}");
        assert!(lan.take_events().contains(&Event::Obtained(GIVEN)));
    }
}

/// RFC 2131, 4.3.1: what one client is offered may be refused later.
#[test]
fn a_request_that_is_not_answered_is_sent_four_times_then_all_starts_over() {
    let mut lan = Lan::new();
    // Only the offer comes.
    lan.change = |reply| {
        if reply.kind == ACK {
            reply.transaction ^= 1;
        }
    };
    lan.pass(SECOND * 80);
    let kinds = lan.take_kinds();
    assert_eq!(
        kinds[..6],
        [DISCOVER, REQUEST, REQUEST, REQUEST, REQUEST, DISCOVER]
    );
    assert!(!lan.has(GIVEN));
    lan.change = |_| {};
    lan.pass(SECOND * 80);
    assert!(lan.has(GIVEN));
}

#[test]
fn a_request_has_the_seconds_and_the_number_of_its_discover() {
    let mut lan = Lan::new();
    // The second DISCOVER is answered, the first two REQUESTs are not.
    lan.dhcp.unseen = 1;
    lan.pass(SECOND * 6);
    let [_, discover, request] = &lan.seen[..] else {
        panic!("{:?}", lan.seen);
    };
    assert_within(3, discover.seconds, 5);
    // RFC 2131, 3.1.3: "MUST use the same value in the DHCP message header's 'secs' field".
    assert_eq!(request.seconds, discover.seconds);
    assert_eq!(request.transaction, discover.transaction);
}

#[test]
fn the_first_offer_is_taken_and_others_are_left() {
    let mut lan = Lan::new();
    lan.dhcp.twice = true;
    lan.pass(Duration::from_millis(40));
    let discover = lan.seen[0].clone();
    let mut other = lan.reply(&discover);
    other.server = Some(Ipv4Address::new(192, 168, 69, 68));
    other.address = Ipv4Address::new(192, 168, 69, 51);
    lan.send(&other);
    lan.pass(SECOND);
    assert!(lan.has(GIVEN));
    assert_eq!(lan.seen[1].server, Some(DHCP));
}

/// RFC 2131, 4.1: with the broadcast flag or without.
#[test]
fn a_server_may_broadcast_what_it_sends() {
    let mut lan = Lan::new();
    lan.change = |reply| {
        reply.destination = Ipv4Address::BROADCAST;
        reply.card = EthernetAddress::BROADCAST;
    };
    lan.pass(SECOND);
    assert!(lan.has(GIVEN));
}

#[test]
fn a_gateway_that_the_program_has_chosen_stays() {
    let mut lan = Lan::new();
    let mut context = lan.context();
    let fixed = IpCidr::new(IpAddress::v4(192, 168, 69, 9), 24);
    let gateway = IpAddress::v4(192, 168, 69, 200);
    assert_eq!(context.add_address(fixed), Ok(()));
    assert_eq!(context.set_gateway(gateway), Ok(()));
    change(&mut lan.scene.network.server, uppercase::Stack::with_dhcp);
    lan.pass(SECOND * 8);
    assert!(lan.has(GIVEN));
    assert!(lan.context().is_own(&fixed.address()), "both are used");
    assert_eq!(lan.context().gateways(), [gateway]);
}

#[test]
fn what_a_server_leaves_out_or_gets_wrong_has_a_default() {
    // The mask: that of the class.
    for mask in [
        None,
        Some(Ipv4Address::new(255, 0, 255, 0)),
        Some(Ipv4Address::UNSPECIFIED),
    ] {
        let mut lan = Lan::new();
        lan.change = match mask {
            None => |reply| reply.mask = None,
            Some(Ipv4Address::UNSPECIFIED) => |reply| reply.mask = Some(Ipv4Address::UNSPECIFIED),
            Some(_) => |reply| reply.mask = Some(Ipv4Address::new(255, 0, 255, 0)),
        };
        lan.pass(SECOND);
        let lease = lan.context().lease().expect("it is used").clone();
        assert_eq!(lease.address.prefix_len(), 24, "{mask:?}");
    }
    // A router that is on no network of this host is not used.
    let mut lan = Lan::new();
    lan.change = |reply| reply.router = Some(Ipv4Address::new(10, 0, 0, 1));
    lan.pass(SECOND);
    assert!(lan.has(GIVEN));
    assert_eq!(lan.context().gateways(), []);
}

#[test]
fn two_hosts_with_the_same_seed_have_different_numbers() {
    let number = |seed| {
        let mut lan = Lan::with_seed(seed);
        lan.pass(Duration::from_millis(40));
        lan.seen[0].transaction
    };
    assert_eq!(number(1), number(1));
    // Another start of the same host has another seed: see `Config::random_seed`.
    let mut lan = Lan::new();
    lan.pass(SECOND);
    let first = lan.seen[0].transaction;
    lan.context().link_is_back();
    lan.pass(SECOND);
    let again = lan.seen.last().expect("it asks").transaction;
    assert_ne!(first, again);
    assert!(again.abs_diff(first) > 1000, "it is no counter");
}

#[test]
fn a_connection_is_served_as_soon_as_there_is_an_address() {
    let mut lan = Lan::bound(3600);
    let mut caller = Caller::new(&mut lan.scene.network, 256);
    let there = (IpAddress::Ipv4(GIVEN), uppercase::PORT).into();
    assert_eq!(caller.connect_to(&mut lan.scene.network, there), Ok(()));
    lan.scene.settle();
    caller.say(&mut lan.scene, b"hello");
    caller.expect(&mut lan.scene, b"HELLO");
}
