//! Addresses that are refused, taken by others, or not worth having.

use smoltcp::time::Duration;
use smoltcp::wire::{EthernetAddress, EthernetFrame, IpAddress, IpCidr, Ipv4Address};
use uppercase::dhcp::{Event, Loss};
use uppercase::tcp::Error;

use super::lan::*;
use crate::common::discovery::{Message, discovery};
use crate::common::network::{MINUTE, SECOND};
use crate::common::scene::Caller;

const RIVAL: EthernetAddress = EthernetAddress([2, 0, 0, 0, 7, 7]);
const SECOND_GIVEN: Ipv4Address = Ipv4Address::new(192, 168, 69, 51);

/// A host says that it has an address: an ARP request of its own.
fn claim(lan: &mut Lan, address: Ipv4Address) {
    let link = lan.scene.link;
    let mut frame = discovery(link, RIVAL, (address.into(), RIVAL), Message::Question(99));
    EthernetFrame::new_unchecked(&mut frame[..]).set_dst_addr(EthernetAddress::BROADCAST);
    lan.scene.network.to_server.inject(&frame);
}

/// RFC 2131, 3.1.5: "If the client detects that the address is already in use (e.g., through the use of
/// ARP), the client MUST send a DHCPDECLINE message to the server and restarts the configuration process.
/// The client SHOULD wait a minimum of ten seconds before restarting".
#[test]
fn an_address_that_another_host_has_is_declined_and_another_one_is_asked_for() {
    let mut lan = Lan::new();
    lan.pass(Duration::from_millis(100));
    claim(&mut lan, GIVEN);
    lan.pass(SECOND);
    assert!(!lan.has(GIVEN));
    let declined = lan.seen.last().expect("a message").clone();
    assert_eq!(declined.kind, DECLINE);
    // Table 5: 'ciaddr' 0, 'requested IP address' and 'server identifier' MUST, parameters MUST NOT.
    assert_eq!(
        (declined.client, declined.source),
        (Ipv4Address::UNSPECIFIED, Ipv4Address::UNSPECIFIED)
    );
    assert_eq!(
        (declined.requested, declined.server),
        (Some(GIVEN), Some(DHCP))
    );
    assert_eq!(declined.parameters, None);
    assert_eq!(declined.destination, Ipv4Address::BROADCAST);
    assert_eq!(lan.take_events(), [Event::Lost(GIVEN, Loss::Conflict)]);
    lan.dhcp.address = SECOND_GIVEN;
    lan.seen.clear();
    lan.pass(SECOND * 8);
    assert_eq!(lan.take_kinds(), []);
    lan.pass(SECOND * 3);
    assert!(lan.has(SECOND_GIVEN));
    assert_eq!(lan.take_events(), [Event::Obtained(SECOND_GIVEN)]);
}

/// RFC 5227, 2.4: it is defended once.
#[test]
fn an_address_that_is_given_up_after_its_defence_is_declined() {
    let mut lan = Lan::bound(3600);
    lan.pass(SECOND * 20);
    claim(&mut lan, GIVEN);
    lan.pass(SECOND);
    assert!(lan.has(GIVEN) && lan.seen.is_empty());
    claim(&mut lan, GIVEN);
    lan.pass(SECOND);
    assert!(!lan.has(GIVEN));
    assert_eq!(lan.seen[0].seconds, 0, "RFC 2131, table 5");
    assert_eq!(lan.take_kinds(), [DECLINE]);
    assert_eq!(lan.take_events(), [Event::Lost(GIVEN, Loss::Conflict)]);
}

#[test]
fn a_request_that_is_refused_starts_over_after_a_pause() {
    let mut lan = Lan::new();
    lan.dhcp.refuses = true;
    lan.pass(SECOND * 35);
    let kinds = lan.take_kinds();
    assert_eq!(kinds, [DISCOVER, REQUEST].repeat(4), "no storm of messages");
    assert_eq!(lan.take_events(), []);
    lan.dhcp.refuses = false;
    lan.pass(SECOND * 11);
    assert!(lan.has(GIVEN));
}

/// RFC 2131, 4.4.5: "If the client receives a DHCPNAK message, it cannot reuse its remembered network
/// address. It must instead request a new address by restarting the configuration process".
#[test]
fn a_refusal_while_renewing_ends_the_address_and_its_connections_at_once() {
    let mut lan = Lan::bound(1000);
    let mut caller = Caller::new(&mut lan.scene.network, 256);
    let there = (IpAddress::Ipv4(GIVEN), uppercase::PORT).into();
    assert_eq!(caller.connect_to(&mut lan.scene.network, there), Ok(()));
    lan.scene.settle();
    assert_eq!(caller.is_open(&mut lan.scene), Ok(true));
    lan.dhcp.address = SECOND_GIVEN;
    while lan.take_events().is_empty() {
        lan.pass(Duration::from_millis(20));
        assert!(lan.now() < SECOND * 501);
    }
    assert!(!lan.has(GIVEN));
    assert_eq!(caller.is_open(&mut lan.scene), Err(Error::Reset));
    lan.dhcp.refuses = false;
    lan.dhcp.address = SECOND_GIVEN;
    lan.pass(SECOND);
    assert!(
        lan.has(SECOND_GIVEN),
        "the next one is there within a second"
    );
}

#[test]
fn after_the_link_was_down_a_refusal_means_another_network() {
    let mut lan = Lan::bound(3600);
    lan.dhcp.address = SECOND_GIVEN;
    lan.context().link_is_back();
    lan.pass(Duration::from_millis(60));
    assert_eq!(lan.take_events(), [Event::Lost(GIVEN, Loss::Refused)]);
    lan.pass(SECOND);
    assert!(lan.has(SECOND_GIVEN));
}

/// RFC 2131, 4.4.1: a lease is counted from the moment at which the request was sent.
#[test]
fn a_lease_that_is_shorter_than_the_round_trip_is_not_used() {
    let mut lan = Lan::new();
    lan.dhcp.is_there = false;
    lan.dhcp.lease = 2;
    lan.pass(Duration::from_millis(40));
    let offer = lan.answer(&lan.seen[0].clone()).expect("an offer");
    lan.send(&offer);
    lan.pass(Duration::from_millis(40));
    let ack = lan
        .answer(&lan.seen[1].clone())
        .expect("an acknowledgement");
    lan.pass(SECOND * 3);
    lan.send(&ack);
    lan.pass(SECOND);
    assert!(!lan.has(GIVEN));
    assert_eq!(lan.take_events(), []);
}

#[test]
fn a_lease_of_no_time_or_without_a_time_is_not_taken() {
    for change in [
        |reply: &mut Reply| reply.lease = Some(0),
        |reply: &mut Reply| reply.lease = None,
    ] {
        let mut lan = Lan::new();
        lan.change = change;
        lan.pass(MINUTE);
        assert!(lan.take_kinds().iter().all(|kind| *kind == DISCOVER));
        assert!(!lan.has(GIVEN));
    }
}

#[test]
fn an_address_that_no_host_can_have_is_not_taken() {
    for address in [
        [0, 0, 0, 0],
        [127, 0, 0, 1],
        [224, 0, 0, 1],
        [255; 4],
        [192, 168, 69, 255],
    ] {
        let mut lan = Lan::new();
        lan.dhcp.address = Ipv4Address::from_octets(address);
        lan.change = |reply| {
            reply.destination = Ipv4Address::BROADCAST;
            reply.card = EthernetAddress::BROADCAST;
        };
        lan.pass(MINUTE);
        assert!(
            lan.take_kinds().iter().all(|kind| *kind == DISCOVER),
            "{address:?}"
        );
    }
}

/// A pause of the host is no pause of its lease.
#[test]
fn a_lease_ends_while_the_host_sleeps() {
    let mut lan = Lan::bound(1000);
    lan.dhcp.is_there = false;
    lan.scene.network.sleep(SECOND * 2000);
    lan.pass(Duration::from_millis(20));
    assert!(!lan.has(GIVEN));
    assert_eq!(lan.take_events(), [Event::Lost(GIVEN, Loss::Expired)]);
}

/// What the program has chosen is not the server's to take.
#[test]
fn an_address_of_the_program_remains_as_it_is_where_a_server_gives_it_too() {
    let chosen = IpCidr::new(GIVEN.into(), 16);
    let mut lan = Lan::new();
    assert_eq!(lan.context().add_address(chosen), Ok(()));
    lan.dhcp.lease = 100;
    lan.pass(SECOND * 8);
    assert_eq!(lan.take_events(), [Event::Obtained(GIVEN)]);
    assert_eq!(lan.context().addresses(), [chosen]);
    lan.dhcp.is_there = false;
    lan.pass(SECOND * 101);
    assert_eq!(lan.context().lease(), None);
    assert_eq!(lan.context().addresses(), [chosen]);

    // The same where the program has chosen it later.
    let mut lan = Lan::bound(100);
    assert_eq!(lan.context().add_address(chosen), Ok(()));
    lan.dhcp.is_there = false;
    lan.pass(SECOND * 101);
    assert_eq!(lan.context().addresses(), [chosen]);
}

#[test]
fn an_address_without_room_is_told_and_asked_for_again_when_there_may_be_room() {
    let mut lan = Lan::new();
    let mut others = Vec::new();
    for host in 100.. {
        let other = IpCidr::new(Ipv4Address::new(192, 168, 69, host).into(), 24);
        if lan.context().add_address(other).is_err() {
            break;
        }
        others.push(other);
    }
    lan.pass(SECOND);
    assert_eq!(lan.take_events(), [Event::NoRoom(GIVEN)]);
    assert!(!lan.has(GIVEN));
    assert_eq!(lan.context().lease(), None);
    assert!(lan.context().remove_address(&others[0].address()));
    lan.pass(SECOND * 9);
    assert_eq!(lan.take_events(), []);
    lan.pass(SECOND * 2);
    assert_eq!(lan.take_events(), [Event::Obtained(GIVEN)]);
    assert!(lan.has(GIVEN));
}
