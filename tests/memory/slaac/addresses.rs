//! Addresses: how they come, how long they count, and how they go.

use smoltcp::time::Duration;
use smoltcp::wire::{
    EthernetAddress, EthernetFrame, Icmpv6Packet, IpAddress, IpCidr, IpEndpoint, Ipv6Address,
};
use uppercase::slaac::Event;
use uppercase::tcp::Error;
use uppercase::{PORT, Stack};

use super::lan::*;
use crate::common::discovery::{Message, discovery};
use crate::common::frames::read_tcp;
use crate::common::network::{CLIENT, MINUTE, Network, SECOND, change};
use crate::common::scene::{Caller, client};

fn connected(lan: &mut Lan) -> Caller {
    let mut caller = Caller::new(&mut lan.scene.network, 1024);
    let there = IpEndpoint::new(formed(PREFIX).into(), PORT);
    assert_eq!(caller.connect_to(&mut lan.scene.network, there), Ok(()));
    lan.scene.settle();
    assert_eq!(caller.is_open(&mut lan.scene), Ok(true));
    caller
}

#[test]
fn an_address_is_formed_with_the_prefix_checked_and_served() {
    let mut lan = Lan::new();
    assert!(!lan.has(link_local()), "it is not checked yet");
    let options = [usual(2 * HOUR, HOUR), names(HOUR, &[NAMES])].concat();
    lan.advertise(&Advertisement::new(1800, &options));
    assert!(!lan.has(formed(PREFIX)), "RFC 4862, 5.4: it is tentative");
    lan.pass(SECOND * 3);
    let mut context = lan.context();
    let prefixed = |prefix: Ipv6Address| IpCidr::new(formed(prefix).into(), 64);
    let local = Ipv6Address::new(0xfe80, 0, 0, 0, 0, 0, 0, 0);
    let mut own = context.addresses().to_vec();
    own.sort();
    assert_eq!(own, [prefixed(PREFIX), prefixed(local)]);
    assert_eq!(context.gateways(), [IpAddress::Ipv6(ROUTER)]);
    assert_eq!(context.name_servers()[..], [IpAddress::Ipv6(NAMES)]);
    let mut caller = connected(&mut lan);
    caller.say(&mut lan.scene, b"hello");
    caller.expect(&mut lan.scene, b"HELLO");
}

/// RFC 4862, 5.5.3 a to d.
#[test]
fn a_prefix_that_is_not_for_addresses_forms_none() {
    let local = Ipv6Address::new(0xfe80, 0, 0, 0, 0, 0, 0, 0);
    let group = Ipv6Address::new(0xff0e, 0, 0, 0, 0, 0, 0, 0);
    for (what, option) in [
        ("a: not autonomous", prefix(PREFIX, 64, 0x80, HOUR, HOUR)),
        ("b: link-local", prefix(local, 64, BOTH, HOUR, HOUR)),
        ("a group", prefix(group, 64, BOTH, HOUR, HOUR)),
        ("c: preferred for longer than valid", usual(HOUR, HOUR + 1)),
        ("d: not valid", usual(0, 0)),
        ("d: 56 bits", prefix(PREFIX, 56, BOTH, HOUR, HOUR)),
        ("d: 65 bits", prefix(PREFIX, 65, BOTH, HOUR, HOUR)),
    ] {
        let mut lan = Lan::new();
        lan.advertise(&Advertisement::new(1800, &option));
        lan.pass(SECOND * 3);
        let own = lan.context().addresses().to_vec();
        assert_eq!(own, [IpCidr::new(link_local().into(), 64)], "{what}");
        assert_eq!(lan.router(), Some(ROUTER), "{what}: the rest counts");
    }
}

/// RFC 4861, 6.3.4: a prefix may be for addresses, and not on the link.
#[test]
fn hosts_with_a_prefix_that_is_not_on_the_link_are_reached_by_the_router() {
    let mut lan = Lan::new();
    let option = prefix(PREFIX, 64, 0x40, HOUR, HOUR);
    lan.advertise(&Advertisement::new(1800, &option));
    lan.pass(SECOND * 3);
    let neighbor = lan.scene.link.address(CLIENT);
    assert!(lan.has(formed(PREFIX)));
    assert_eq!(lan.context().next_hop(&neighbor), Some(ROUTER.into()));
    lan.advertise(&Advertisement::new(1800, &usual(HOUR, HOUR)));
    assert_eq!(lan.context().next_hop(&neighbor), Some(neighbor));
}

#[test]
fn an_address_goes_with_its_valid_lifetime_and_its_connections_with_it() {
    let mut lan = Lan::configured(100, 50);
    let mut caller = connected(&mut lan);
    lan.skip(90);
    caller.say(&mut lan.scene, b"deprecated");
    caller.expect(&mut lan.scene, b"DEPRECATED");
    lan.skip(10);
    assert!(!lan.has(formed(PREFIX)));
    assert_eq!(caller.is_open(&mut lan.scene), Err(Error::Reset));
    assert!(lan.has(link_local()), "it has no lifetime");
}

#[test]
fn an_advertisement_extends_the_lifetimes() {
    let mut lan = Lan::configured(100, 50);
    for _ in 0..10 {
        lan.skip(60);
        lan.advertise(&Advertisement::new(1800, &usual(100, 50)));
        assert!(lan.has(formed(PREFIX)));
    }
    lan.advertise(&Advertisement::new(1800, &usual(u32::MAX, u32::MAX)));
    lan.skip(400 * 24 * HOUR);
    assert!(lan.has(formed(PREFIX)), "without end");
}

/// RFC 4862, 5.5.3 e: how long an address is valid after an advertisement, where there was this left.
#[test]
fn an_advertisement_shortens_what_is_left_to_two_hours_at_least() {
    for (left, advertised, expected) in [
        (10 * HOUR, 3 * HOUR, 3 * HOUR),
        (10 * HOUR, HOUR, 2 * HOUR),
        (10 * HOUR, 0, 2 * HOUR),
        (u32::MAX, 0, 2 * HOUR),
        (HOUR, 0, HOUR),
        (HOUR, HOUR / 2, HOUR),
        (HOUR, HOUR + HOUR / 2, HOUR + HOUR / 2),
        (HOUR, 3 * HOUR, 3 * HOUR),
    ] {
        let mut lan = Lan::configured(left, 30);
        let start = lan.now().secs() as u32;
        lan.advertise(&Advertisement::new(1800, &usual(advertised, 0)));
        // Three seconds have passed of what was left, and the rest counts from the advertisement.
        lan.skip(expected - 10);
        assert!(lan.has(formed(PREFIX)), "{left} {advertised}");
        lan.skip(11);
        let end = lan.now().secs() as u32 - start;
        assert!(
            !lan.has(formed(PREFIX)),
            "{left} {advertised}: still at {end}"
        );
    }
}

/// What this host begins is sent from an address that is preferred (RFC 6724, 5, rule 3).
#[test]
fn a_deprecated_address_is_used_for_what_is_there_and_no_more_for_what_is_new() {
    let far: IpAddress = "fdcc::1".parse().expect("an address");
    let source = |lan: &mut Lan| {
        let mut new = client(lan.scene.network.server.sockets(), 256, SECOND * 5);
        let there = IpEndpoint::new(far, 80);
        assert_eq!(new.connect(&mut lan.context(), there), Ok(()));
        let now = lan.now();
        loop {
            // The router answers for itself, so the SYN leaves.
            lan.advertise(&Advertisement::new(1800, &[]));
            lan.scene.pass(Duration::from_millis(10));
            let link = lan.scene.link;
            let frames = lan.scene.network.to_client.captured();
            for frame in &frames {
                if is_solicitation(frame, ROUTER) {
                    let answer = neighbor(ROUTER, link_local());
                    lan.scene.network.to_server.inject(&answer);
                }
            }
            let mut sent = frames.iter().filter_map(|frame| read_tcp(link, frame));
            if let Some((from, ..)) = sent.next_back() {
                new.abort(&mut lan.context());
                return from.addr;
            }
            assert!(lan.now() < now + SECOND * 4, "no SYN");
        }
    };
    let mut lan = Lan::configured(10 * HOUR, HOUR);
    let second = prefix(OTHER_PREFIX, 64, BOTH, 10 * HOUR, 5 * HOUR);
    lan.advertise(&Advertisement::new(1800, &second));
    lan.pass(SECOND * 3);
    assert_eq!(source(&mut lan), formed(PREFIX).into());
    let mut caller = connected(&mut lan);
    lan.skip(HOUR);
    lan.advertise(&Advertisement::new(1800, &[]));
    assert_eq!(source(&mut lan), formed(OTHER_PREFIX).into());
    caller.say(&mut lan.scene, b"still");
    caller.expect(&mut lan.scene, b"STILL");
    let mut new = connected(&mut lan);
    new.say(&mut lan.scene, b"others may begin");
    new.expect(&mut lan.scene, b"OTHERS MAY BEGIN");
}

/// Whether a frame is a neighbor solicitation of this address.
fn is_solicitation(frame: &[u8], target: Ipv6Address) -> bool {
    frame[12..14] == [0x86, 0xdd] && frame[54] == 135 && frame[62..78] == target.octets()
}

/// The answer of a router to a solicitation.
fn neighbor(target: Ipv6Address, asker: Ipv6Address) -> Vec<u8> {
    let mut options = vec![];
    options.extend(&target.octets()[8..]);
    options.extend([2, 1]);
    options.extend(CARD.0);
    let mut advertisement = Advertisement {
        kind: 136,
        destination: asker,
        card: crate::dhcp::lan::own_card(),
        ..Advertisement::new(0, &options)
    };
    advertisement.source = target;
    // The fields of an advertisement of a router are those of the flags and of the target's first half.
    let mut frame = advertisement.frame();
    frame[58..62].copy_from_slice(&[0x60, 0, 0, 0]);
    frame[62..70].copy_from_slice(&target.octets()[..8]);
    let message = &mut frame[54..];
    Icmpv6Packet::new_unchecked(message).fill_checksum(&target, &asker);
    frame
}

/// RFC 4862, 5.4.5.
#[test]
fn an_address_that_another_host_has_is_not_used_and_not_formed_again() {
    let mut lan = Lan::new();
    let advertisement = Advertisement::new(1800, &usual(10 * HOUR, HOUR));
    lan.advertise(&advertisement);
    claim(&mut lan);
    for _ in 0..3 {
        lan.pass(SECOND * 3);
        assert!(!lan.has(formed(PREFIX)));
        lan.advertise(&advertisement);
    }
    let conflict = lan.context().take_conflict().expect("it is told");
    assert_eq!(conflict.address, formed(PREFIX).into());
    assert_eq!(lan.scene.network.server.counters().conflicts, 1);
}

/// The rival was on the link of before only.
#[test]
fn an_address_that_another_host_had_is_formed_again_when_the_link_is_back() {
    for is_used_before in [false, true] {
        let mut lan = Lan::new();
        let advertisement = Advertisement::new(1800, &usual(10 * HOUR, HOUR));
        lan.advertise(&advertisement);
        if is_used_before {
            lan.pass(SECOND * 3);
            assert!(lan.has(formed(PREFIX)));
            lan.context().link_is_back();
            lan.pass(SECOND / 10);
        }
        claim(&mut lan);
        lan.pass(SECOND * 3);
        assert!(!lan.has(formed(PREFIX)));
        lan.context().link_is_back();
        lan.pass(SECOND * 3);
        assert!(lan.has(formed(PREFIX)));
        lan.advertise(&advertisement);
        assert!(lan.has(formed(PREFIX)), "nor does the router take it");
    }
}

/// Another host says that it has the address that is formed.
fn claim(lan: &mut Lan) {
    const RIVAL: EthernetAddress = EthernetAddress([2, 0, 0, 0, 7, 7]);
    let from = (IpAddress::from(formed(PREFIX)), RIVAL);
    let claim = discovery(lan.scene.link, RIVAL, from, Message::Answer);
    // To all nodes, of which the checksum knows.
    lan.scene.network.to_server.inject(&to_all(&claim));
}

/// The same advertisement of a neighbor, to all nodes.
fn to_all(frame: &[u8]) -> Vec<u8> {
    let mut frame = frame.to_vec();
    EthernetFrame::new_unchecked(&mut frame[..])
        .set_dst_addr(EthernetAddress([0x33, 0x33, 0, 0, 0, 1]));
    let all = Ipv6Address::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
    frame[38..54].copy_from_slice(&all.octets());
    let source: [u8; 16] = frame[22..38].try_into().expect("16");
    Icmpv6Packet::new_unchecked(&mut frame[54..])
        .fill_checksum(&Ipv6Address::from_octets(source), &all);
    frame
}

#[test]
fn more_prefixes_than_there_is_room_for_drive_none_out() {
    let mut lan = Lan::configured(10 * HOUR, HOUR);
    for number in 1..100 {
        let other = Ipv6Address::new(0xfdbb, number, 0, 0, 0, 0, 0, 0);
        let option = prefix(other, 64, BOTH, HOUR, HOUR);
        lan.advertise(&Advertisement::new(1800, &option));
    }
    lan.pass(SECOND * 3);
    assert!(lan.has(formed(PREFIX)));
    let own = lan.context().addresses().len();
    assert_eq!(own, 1 + uppercase::slaac::PREFIXES);
    lan.skip(HOUR);
    assert!(lan.has(formed(PREFIX)), "the others have gone");
    assert_eq!(lan.context().addresses().len(), 2);
}

/// What the program has chosen is not the router's to take.
#[test]
fn an_address_of_the_program_remains_as_it_is_where_it_is_formed_too() {
    let chosen = IpCidr::new(formed(PREFIX).into(), 48);
    for is_chosen_first in [true, false] {
        let mut lan = Lan::new();
        if is_chosen_first {
            assert_eq!(lan.context().add_address(chosen), Ok(()));
        }
        lan.advertise(&Advertisement::new(HOUR as u16, &usual(100, 50)));
        lan.pass(SECOND * 3);
        if !is_chosen_first {
            assert_eq!(lan.context().add_address(chosen), Ok(()));
        }
        assert!(lan.context().addresses().contains(&chosen));
        lan.skip(100);
        assert!(lan.context().addresses().contains(&chosen));
    }
}

/// What this host begins is sent from it as before: its prefix is deprecated for what routers have formed.
#[test]
fn an_address_of_the_program_does_not_give_way_when_its_prefix_is_deprecated() {
    let mut lan = Lan::new();
    let chosen = IpCidr::new(formed(PREFIX).into(), 64);
    let other = IpCidr::new("fdcc::7".parse().expect("an address"), 64);
    for address in [chosen, other] {
        assert_eq!(lan.context().add_address(address), Ok(()));
        lan.pass(SECOND * 3);
    }
    let before = lan.context().addresses().to_vec();
    assert_eq!(before.last(), Some(&other));
    lan.advertise(&Advertisement::new(1800, &usual(100, 50)));
    lan.skip(60);
    assert_eq!(lan.context().addresses(), before);
    lan.skip(60);
    assert_eq!(lan.context().addresses(), before, "nor when it is over");
}

#[test]
fn an_address_without_room_is_told_and_formed_when_there_is_room() {
    let mut lan = Lan::new();
    let mut others = Vec::new();
    for number in 1.. {
        let other = Ipv6Address::new(0xfdcc, 0, 0, 0, 0, 0, 0, number);
        let other = IpCidr::new(other.into(), 64);
        if lan.context().add_address(other).is_err() {
            break;
        }
        others.push(other);
    }
    let advertisement = Advertisement::new(HOUR as u16, &usual(HOUR, HOUR));
    lan.advertise(&advertisement);
    lan.pass(SECOND * 3);
    let address = formed(PREFIX);
    assert_eq!(
        lan.context().take_slaac_event(),
        Some(Event::NoRoom(address))
    );
    assert!(!lan.has(address));
    assert!(lan.context().remove_address(&others[0].address()));
    lan.advertise(&advertisement);
    lan.pass(SECOND * 3);
    assert_eq!(lan.context().take_slaac_event(), None);
    assert!(lan.has(address));
}

#[test]
fn dhcp_and_fixed_addresses_are_used_beside_it() {
    use crate::dhcp::lan::{GIVEN, Lan as WithDhcp};
    let mut lan = WithDhcp::new();
    change(&mut lan.scene.network.server, Stack::with_slaac);
    let fixed = IpCidr::new("fdcc::7".parse().expect("an address"), 64);
    assert_eq!(lan.context().add_address(fixed), Ok(()));
    let frame = Advertisement::new(1800, &usual(HOUR, HOUR)).frame();
    lan.scene.network.to_server.inject(&frame);
    lan.pass(SECOND * 3);
    for address in [GIVEN.into(), formed(PREFIX).into(), fixed.address()] {
        assert!(lan.context().is_own(&address), "{address}");
    }
    assert_eq!(lan.context().gateways().len(), 2);
}

#[test]
fn a_host_without_routers_has_its_link_local_address() {
    let mut lan = Lan::new();
    lan.pass(MINUTE);
    assert_eq!(
        lan.context().addresses(),
        [IpCidr::new(link_local().into(), 64)]
    );
    assert_eq!(lan.router(), None);
}

#[test]
fn on_a_link_without_ethernet_nothing_is_asked() {
    let mut network = Network::new(crate::common::network::Link::IP_V6);
    change(&mut network.server, Stack::with_slaac);
    network.to_client.capture();
    network.run_for(MINUTE, &mut [], &mut []);
    assert_eq!(network.to_client.captured().len(), 0);
}
