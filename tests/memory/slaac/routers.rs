//! Routers: how they are asked for, which is the gateway, and a link that was down.

use smoltcp::time::Duration;
use smoltcp::wire::{IpAddress, IpCidr, Ipv6Address};
use uppercase::Stack;

use super::lan::*;
use crate::common::network::{MINUTE, SECOND, change};
use crate::dhcp::lan::{assert_within, own_card};

/// RFC 7559, 2: 4 s, then twice the delay before, give or take a tenth of it.
#[test]
fn routers_are_asked_for_until_one_answers() {
    let mut lan = Lan::new();
    lan.pass(MINUTE * 2);
    // RFC 4861, 6.3.7: a random delay of a second at most, from no address yet or from the link-local one.
    assert_within(Duration::ZERO, lan.asked[0].at, Duration::from_millis(1100));
    assert_eq!(
        (lan.asked[0].source, lan.asked[0].card),
        (Ipv6Address::UNSPECIFIED, None)
    );
    for asked in &lan.asked[1..] {
        assert_eq!((asked.source, asked.card), (link_local(), Some(own_card())));
    }
    let delays = lan.asked.windows(2).map(|pair| pair[1].at - pair[0].at);
    let delays: Vec<_> = delays
        .map(|delay| delay.total_millis() as f64 / 1000.0)
        .collect();
    assert_eq!(delays.len(), 4, "{delays:?}");
    for (delay, expected) in delays.iter().zip([4.0, 8.0, 16.0, 32.0]) {
        assert_within(0.9 * expected - 0.2, *delay, 1.1 * expected + 0.2);
    }
    // One that is no default router is not enough (RFC 4861, 6.3.7).
    lan.asked.clear();
    lan.advertise(&Advertisement::new(0, &usual(HOUR, HOUR)));
    lan.pass(MINUTE * 3);
    assert!(!lan.asked.is_empty());
    lan.advertise(&Advertisement::new(1800, &[]));
    lan.asked.clear();
    lan.pass(MINUTE * 20);
    assert_eq!(lan.asked, []);
}

#[test]
fn the_next_router_is_the_gateway_when_the_lifetime_of_the_first_has_ended() {
    let mut lan = Lan::configured(10 * HOUR, HOUR);
    assert_eq!(lan.router(), Some(ROUTER));
    lan.advertise(&Advertisement::new(2 * HOUR as u16, &[]).from(OTHER));
    assert_eq!(lan.router(), Some(ROUTER), "the first one stays");
    lan.skip(HOUR);
    assert_eq!(lan.router(), Some(OTHER));
    lan.skip(HOUR);
    assert_eq!(lan.router(), None);
    assert!(
        lan.has(formed(PREFIX)),
        "addresses have lifetimes of their own"
    );
}

/// RFC 4861, 6.3.4: "If the address is already present in the host's Default Router List and the received
/// Router Lifetime value is zero, immediately time-out the entry".
#[test]
fn a_router_that_says_so_is_the_gateway_no_more() {
    let mut lan = Lan::configured(10 * HOUR, HOUR);
    lan.advertise(&Advertisement::new(HOUR as u16, &[]).from(OTHER));
    lan.advertise(&Advertisement::new(0, &[]));
    assert_eq!(lan.router(), Some(OTHER));
    lan.advertise(&Advertisement::new(0, &[]).from(OTHER));
    assert_eq!(lan.router(), None);
}

#[test]
fn a_gateway_that_the_program_has_chosen_stays() {
    let mut lan = Lan::new();
    let fixed = IpCidr::new("fdcc::7".parse().expect("an address"), 64);
    let gateway: IpAddress = "fdcc::1".parse().expect("an address");
    assert_eq!(lan.context().add_address(fixed), Ok(()));
    assert_eq!(lan.context().set_gateway(gateway), Ok(()));
    change(&mut lan.scene.network.server, Stack::with_slaac);
    lan.advertise(&Advertisement::new(1800, &usual(HOUR, HOUR)));
    lan.pass(SECOND * 3);
    assert!(lan.has(formed(PREFIX)));
    assert_eq!(lan.context().gateways(), [gateway]);
}

/// RFC 8106, 5.1: "A value of zero means that the RDNSS addresses MUST no longer be used."
#[test]
fn name_servers_count_for_their_lifetime() {
    let mut lan = Lan::new();
    let second: Ipv6Address = "fdaa::54".parse().expect("an address");
    let options = [names(100, &[NAMES]), names(200, &[second])].concat();
    lan.advertise(&Advertisement::new(1800, &options));
    assert_eq!(lan.context().name_servers().len(), 2);
    lan.skip(101);
    assert_eq!(lan.context().name_servers()[..], [IpAddress::Ipv6(second)]);
    lan.advertise(&Advertisement::new(1800, &names(0, &[second])));
    assert_eq!(lan.context().name_servers().len(), 0);
    let many: Vec<_> = (0..7)
        .map(|n| Ipv6Address::new(0xfdaa, 0, 0, 0, 0, 0, 5, n))
        .collect();
    lan.advertise(&Advertisement::new(1800, &names(9, &many)));
    assert_eq!(
        lan.context().name_servers().len(),
        uppercase::slaac::NAME_SERVERS
    );
}

#[test]
fn after_the_link_was_down_a_known_router_leaves_everything() {
    let mut lan = Lan::configured(10 * HOUR, HOUR);
    lan.context().link_is_back();
    lan.pass(SECOND * 2);
    assert_eq!(lan.asked.len(), 1);
    assert!(lan.has(formed(PREFIX)), "it is used meanwhile");
    lan.advertise(&Advertisement::new(1800, &[]));
    lan.advertise(&Advertisement::new(1800, &[]).from(OTHER));
    lan.pass(SECOND);
    assert!(lan.has(formed(PREFIX)));
    assert_eq!(lan.router(), Some(ROUTER));
}

#[test]
fn after_the_link_was_down_an_unknown_router_means_another_network() {
    let mut lan = Lan::configured(10 * HOUR, HOUR);
    lan.advertise(&Advertisement::new(1800, &names(HOUR, &[NAMES])));
    lan.context().link_is_back();
    let option = prefix(OTHER_PREFIX, 64, BOTH, HOUR, HOUR);
    lan.advertise(&Advertisement::new(1800, &option).from(OTHER));
    assert!(!lan.has(formed(PREFIX)));
    assert_eq!(lan.router(), Some(OTHER));
    assert_eq!(lan.context().name_servers().len(), 0);
    lan.pass(SECOND * 3);
    assert!(lan.has(formed(OTHER_PREFIX)));
}
