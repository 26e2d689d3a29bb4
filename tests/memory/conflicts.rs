//! Whether another host has an address of this host: RFC 5227 for IPv4, RFC 4862 for IPv6.

use super::common;

use smoltcp::config::IFACE_MAX_ADDR_COUNT;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol,
    Icmpv6Packet, IpAddress, IpCidr, Ipv4Address, Ipv6Packet,
};
use uppercase::Stack;
use uppercase::stack::ConfigError;
use uppercase::tcp::{Config, Error};

use common::discovery::{Message, discovery};
use common::network::{CLIENT, Link, NOBODY, Network, SECOND, SERVER, change, hardware_address};
use common::scene::{Caller, Scene};

/// Another card than those of the two hosts.
const RIVAL: EthernetAddress = EthernetAddress([2, 0, 0, 0, 7, 7]);
const TENTH: Duration = Duration::from_millis(100);
/// When any address is in use: PROBE_WAIT, 2 * PROBE_MAX and ANNOUNCE_WAIT (RFC 5227, 1.1).
const READY: Duration = Duration::from_secs(7);

fn detecting(link: Link) -> Scene {
    let mut scene = Scene::new(link, 2, Config::default());
    detect(&mut scene.network, SERVER);
    scene
}

fn detect(network: &mut Network, host: u8) {
    let stack = match host {
        SERVER => &mut network.server,
        _ => &mut network.client,
    };
    change(stack, Stack::with_conflict_detection);
}

fn has(network: &mut Network, host: u8, address: IpAddress) -> bool {
    let now = network.now();
    match host {
        SERVER => network.server.context(now).is_own(&address),
        _ => network.client.context(now).is_own(&address),
    }
}

fn is_probing(network: &mut Network) -> bool {
    let now = network.now();
    network.server.context(now).is_probing()
}

/// The sender and the target of an ARP request that is sent to all.
fn broadcast(frame: &[u8]) -> Option<(Ipv4Address, Ipv4Address)> {
    let frame = EthernetFrame::new_checked(frame).ok()?;
    let is_arp = frame.ethertype() == EthernetProtocol::Arp && frame.dst_addr().is_broadcast();
    let packet = ArpPacket::new_checked(frame.payload())
        .ok()
        .filter(|_| is_arp)?;
    let ArpRepr::EthernetIpv4 {
        operation: ArpOperation::Request,
        source_protocol_addr: sender,
        target_protocol_addr: target,
        ..
    } = ArpRepr::parse(&packet).ok()?
    else {
        return None;
    };
    Some((sender, target))
}

#[test]
fn an_ipv4_address_is_probed_three_times_and_announced_twice() {
    let link = Link::ETHERNET_V4;
    let IpAddress::Ipv4(address) = link.address(SERVER) else {
        unreachable!("it is IPv4");
    };
    let mut scene = detecting(link);
    let (mut probes, mut announcements) = (vec![], vec![]);
    while scene.network.now() < Instant::ZERO + READY + SECOND * 4 {
        scene.network.to_client.capture();
        scene.pass(TENTH / 10);
        let now = scene.network.now() - Instant::ZERO;
        for frame in scene.network.to_client.captured() {
            match broadcast(&frame) {
                Some((Ipv4Address::UNSPECIFIED, target)) if target == address => probes.push(now),
                Some((sender, target)) if (sender, target) == (address, address) => {
                    announcements.push(now);
                }
                other => panic!("{other:?}"),
            }
        }
        let is_own = has(&mut scene.network, SERVER, address.into());
        assert_eq!(is_own, !announcements.is_empty(), "it is used from then on");
        assert_eq!(is_own, !is_probing(&mut scene.network));
    }
    // RFC 5227, 2.1.1: "wait for a random time interval selected uniformly in the range zero to
    // PROBE_WAIT seconds, and should then send PROBE_NUM probe packets, each of these probe packets
    // spaced randomly and uniformly, PROBE_MIN to PROBE_MAX seconds apart."
    let slack = TENTH / 5;
    assert_eq!(probes.len(), 3);
    assert!(probes[0] <= SECOND + slack);
    for pair in probes.windows(2) {
        let apart = pair[1] - pair[0];
        assert!(
            apart + slack >= SECOND && apart <= SECOND * 2 + slack,
            "{apart}"
        );
    }
    // 2.1.1 and 2.3: ANNOUNCE_WAIT before, ANNOUNCE_INTERVAL between.
    assert_eq!(announcements.len(), 2);
    for (before, after) in [
        (probes[2], announcements[0]),
        (announcements[0], announcements[1]),
    ] {
        let apart = after - before;
        assert!(
            apart + slack >= SECOND * 2 && apart <= SECOND * 2 + slack,
            "{apart}"
        );
    }
    scene.expect_service();
}

#[test]
fn an_ipv6_address_is_asked_for_in_the_name_of_no_host() {
    let link = Link::ETHERNET_V6;
    let mut scene = detecting(link);
    scene.network.to_client.capture();
    scene.pass(SECOND * 3);
    // The address, and the link-local one.
    let mut asked = vec![];
    for frame in scene.network.to_client.captured() {
        let frame = EthernetFrame::new_unchecked(&frame[..]);
        let packet = Ipv6Packet::new_checked(frame.payload()).expect("an IPv6 packet");
        let message = Icmpv6Packet::new_checked(packet.payload()).expect("a message");
        assert!(message.verify_checksum(&packet.src_addr(), &packet.dst_addr()));
        assert!(packet.src_addr().is_unspecified());
        // RFC 4861, 4.3: without the source link-layer address option.
        assert_eq!(
            (u8::from(message.msg_type()), packet.payload().len()),
            (135, 24)
        );
        let target = message.target_addr();
        let last = &target.octets()[13..];
        assert_eq!(
            &packet.dst_addr().octets()[..13],
            b"\xff\x02\0\0\0\0\0\0\0\0\0\x01\xff"
        );
        assert_eq!(&packet.dst_addr().octets()[13..], last);
        assert_eq!(
            frame.dst_addr().0,
            [0x33, 0x33, 0xff, last[0], last[1], last[2]]
        );
        asked.push(IpAddress::from(target));
    }
    assert_eq!(asked.len(), 2);
    for address in asked {
        assert!(has(&mut scene.network, SERVER, address), "{address}");
    }
    scene.expect_service();
}

#[test]
fn an_address_that_is_not_used_yet_is_not_answered_for() {
    for link in Link::ETHERNET {
        let mut scene = detecting(link);
        let mut question = discovery(
            link,
            hardware_address(CLIENT),
            (link.address(CLIENT), hardware_address(CLIENT)),
            Message::Question(SERVER),
        );
        let all = EthernetAddress::BROADCAST;
        EthernetFrame::new_unchecked(&mut question[..]).set_dst_addr(all);
        scene.network.to_server.inject(&question);
        scene.network.to_client.capture();
        scene.settle();
        let to_client = |frame: &Vec<u8>| {
            EthernetFrame::new_unchecked(&frame[..]).dst_addr() == hardware_address(CLIENT)
        };
        let answered = scene.network.to_client.captured().iter().any(to_client);
        assert!(!answered, "{link:?}");
    }
}

#[test]
fn an_address_that_another_host_has_is_given_up_and_reported() {
    for link in Link::ETHERNET {
        let mut scene = detecting(link);
        let address = link.address(SERVER);
        let now = scene.network.now();
        let prefix = if link.ipv6 { 64 } else { 24 };
        let taken = smoltcp::wire::IpCidr::new(address, prefix);
        assert_eq!(scene.network.client.context(now).add_address(taken), Ok(()));
        scene.pass(READY);
        assert!(!has(&mut scene.network, SERVER, address), "{link:?}");
        assert_eq!(scene.network.server.counters().conflicts, 1);
        let now = scene.network.now();
        let conflict = scene.network.server.context(now).take_conflict();
        let conflict = conflict.expect("it is told");
        assert_eq!(conflict.address, address);
        assert_eq!(conflict.hardware, hardware_address(CLIENT).into());
        assert!(conflict.is_given_up);
        assert!(conflict.to_string().contains(&address.to_string()));
        assert_eq!(scene.network.server.context(now).take_conflict(), None);
    }
}

/// RFC 5227, 2.1.1: "if during this period the host receives any ARP Probe where the packet's
/// 'target IP address' is the address being probed for [...], then the host SHOULD similarly treat
/// this as an address conflict"; RFC 4862, 5.4.3, says the same of solicitations.
#[test]
fn of_two_hosts_that_ask_for_an_address_at_once_not_both_use_it() {
    for link in Link::ETHERNET {
        let mut scene = detecting(link);
        let address = link.address(SERVER);
        detect(&mut scene.network, CLIENT);
        let now = scene.network.now();
        let prefix = if link.ipv6 { 64 } else { 24 };
        let wanted = smoltcp::wire::IpCidr::new(address, prefix);
        assert_eq!(
            scene.network.client.context(now).add_address(wanted),
            Ok(())
        );
        scene.pass(READY + SECOND);
        let both = [SERVER, CLIENT].map(|host| has(&mut scene.network, host, address));
        assert_ne!(both, [true; 2], "{link:?}");
        assert!(
            has(&mut scene.network, CLIENT, link.address(CLIENT)),
            "the other one"
        );
    }
}

/// Says that the rival has the address of the server.
fn claim(scene: &mut Scene) {
    let address = scene.link.address(SERVER);
    let all = EthernetAddress::BROADCAST;
    let mut frame = discovery(
        scene.link,
        RIVAL,
        (address, RIVAL),
        Message::Question(SERVER),
    );
    EthernetFrame::new_unchecked(&mut frame[..]).set_dst_addr(all);
    scene.network.to_server.inject(&frame);
    scene.settle();
}

/// RFC 5227, 2.4 (b).
#[test]
fn an_ipv4_address_is_defended_once_in_ten_seconds() {
    let mut scene = detecting(Link::ETHERNET_V4);
    scene.pass(READY + SECOND * 4);
    let mut caller = Caller::connected(&mut scene);
    for count in 1..=3 {
        scene.network.to_client.capture();
        claim(&mut scene);
        let frames = scene.network.to_client.captured();
        let announcements = frames.iter().filter(|frame| broadcast(frame).is_some());
        assert_eq!(announcements.count(), 1, "it is announced anew");
        assert_eq!(scene.network.server.counters().conflicts, count);
        scene.pass(SECOND * 11);
    }
    caller.say(&mut scene, b"still here");
    caller.expect(&mut scene, b"STILL HERE");
    claim(&mut scene);
    scene.pass(SECOND * 9);
    claim(&mut scene);
    let address = scene.link.address(SERVER);
    assert!(!has(&mut scene.network, SERVER, address), "it is given up");
    let is_open = caller.is_open(&mut scene);
    assert_eq!(is_open, Err(Error::Reset), "and the peer is told");
}

/// Tells the stack that its link is back.
fn link_is_back(scene: &mut Scene) {
    let now = scene.network.now();
    scene.network.server.context(now).link_is_back();
}

/// RFC 5227, 2.1: "This also applies when a network interface transitions from an inactive to an active
/// state, [...] when a link-state change signals that an Ethernet cable has been connected".
#[test]
fn an_address_is_asked_for_again_when_the_link_is_back_and_used_meanwhile() {
    let mut scene = detecting(Link::ETHERNET_V4);
    scene.pass(READY + SECOND * 4);
    let mut caller = Caller::connected(&mut scene);
    link_is_back(&mut scene);
    let (mut probes, end) = (0, scene.network.now() + READY);
    while scene.network.now() < end {
        scene.network.to_client.capture();
        scene.pass(TENTH * 5);
        let frames = scene.network.to_client.captured();
        let asked = frames.iter().filter_map(|frame| broadcast(frame));
        probes += asked.filter(|(sender, _)| sender.is_unspecified()).count();
        let address = scene.link.address(SERVER);
        assert!(has(&mut scene.network, SERVER, address));
        caller.say(&mut scene, b"still here");
        caller.expect(&mut scene, b"STILL HERE");
    }
    assert_eq!(probes, 3);
    assert!(!is_probing(&mut scene.network));
}

#[test]
fn an_address_that_a_host_of_the_new_link_has_is_given_up() {
    for link in Link::ETHERNET {
        let mut scene = detecting(link);
        scene.pass(READY + SECOND * 4);
        let address = link.address(SERVER);
        let now = scene.network.now();
        let prefix = if link.ipv6 { 64 } else { 24 };
        let taken = smoltcp::wire::IpCidr::new(address, prefix);
        assert_eq!(scene.network.client.context(now).add_address(taken), Ok(()));
        scene.pass(SECOND);
        assert!(has(&mut scene.network, SERVER, address), "{link:?}");
        link_is_back(&mut scene);
        scene.pass(READY);
        assert!(!has(&mut scene.network, SERVER, address), "{link:?}");
    }
}

/// The other host only asks, and is answered: RFC 5227, 2.1.1, is about an address that is not used yet, and
/// RFC 4862, 5.4.3, about one that is tentative.
#[test]
fn an_address_in_use_is_not_given_up_because_another_host_asks_for_it() {
    for link in Link::ETHERNET {
        let mut scene = detecting(link);
        detect(&mut scene.network, CLIENT);
        scene.pass(READY + SECOND * 4);
        link_is_back(&mut scene);
        let_client_have(&mut scene, true);
        scene.pass(READY + SECOND);
        let address = link.address(SERVER);
        let both = [SERVER, CLIENT].map(|host| has(&mut scene.network, host, address));
        assert_eq!(both, [true, false], "{link:?}");
        assert_eq!(scene.network.server.counters().conflicts, 0);
    }
}

#[test]
fn an_ipv4_address_in_use_is_defended_once_also_when_the_link_is_back() {
    let link = Link::ETHERNET_V4;
    let mut scene = detecting(link);
    scene.pass(READY + SECOND * 4);
    let address = link.address(SERVER);
    link_is_back(&mut scene);
    let mut claim = discovery(link, RIVAL, (address, RIVAL), Message::Question(SERVER));
    EthernetFrame::new_unchecked(&mut claim[..]).set_dst_addr(EthernetAddress::BROADCAST);
    for is_defended in [true, false] {
        scene.network.to_server.inject(&claim);
        scene.settle();
        assert_eq!(has(&mut scene.network, SERVER, address), is_defended);
    }
}

/// The client has the address of the server from now on, or gives it back.
fn let_client_have(scene: &mut Scene, is_taken: bool) {
    let address = scene.link.address(SERVER);
    let now = scene.network.now();
    let mut client = scene.network.client.context(now);
    match is_taken {
        true => {
            let prefix = if scene.link.ipv6 { 64 } else { 24 };
            let taken = IpCidr::new(address, prefix);
            assert_eq!(client.add_address(taken), Ok(()));
        }
        false => assert!(client.remove_address(&address)),
    }
}

/// The board of a fixed address has no other way back to it: it was on a link with a rival for a moment.
#[test]
fn an_address_that_was_given_up_is_asked_for_again_when_the_link_is_back() {
    for link in Link::ETHERNET {
        for is_used_before in [false, true] {
            let mut scene = detecting(link);
            let (address, gateway) = (link.address(SERVER), link.address(NOBODY));
            let now = scene.network.now();
            let mut server = scene.network.server.context(now);
            assert_eq!(server.set_gateway(gateway), Ok(()));
            if is_used_before {
                scene.pass(READY + SECOND * 4);
            }
            let_client_have(&mut scene, true);
            link_is_back(&mut scene);
            scene.pass(READY + SECOND * 4);
            assert!(!has(&mut scene.network, SERVER, address), "{link:?}");
            let_client_have(&mut scene, false);
            scene.pass(READY * 10);
            assert!(!has(&mut scene.network, SERVER, address), "{link:?}");
            assert!(!is_probing(&mut scene.network), "not before");
            let conflicts = scene.network.server.counters().conflicts;

            link_is_back(&mut scene);
            scene.pass(READY);
            let now = scene.network.now();
            let server = scene.network.server.context(now);
            let mut own = server.addresses().iter();
            assert!(own.any(|own| own.address() == address), "{link:?}");
            assert_eq!(server.gateways(), [gateway], "it has waited, too");
            assert_eq!(scene.network.server.counters().conflicts, conflicts);
            scene.expect_service();
        }
    }
}

/// RFC 5227, 2.1.1: "the host MUST treat this address as being in use by some other host".
#[test]
fn an_address_that_was_given_up_is_the_other_hosts() {
    let mut scene = detecting(Link::ETHERNET_V4);
    let_client_have(&mut scene, true);
    scene.pass(READY);
    let conflicts = scene.network.server.counters().conflicts;
    scene.network.to_client.capture();
    for _ in 0..3 {
        claim(&mut scene);
        scene.pass(SECOND);
    }
    let frames = scene.network.to_client.captured();
    assert_eq!(
        frames.iter().filter_map(|frame| broadcast(frame)).count(),
        0
    );
    assert_eq!(scene.network.server.counters().conflicts, conflicts);
}

#[test]
fn an_address_that_was_given_up_can_be_chosen_again() {
    for link in Link::ETHERNET {
        let mut scene = detecting(link);
        let_client_have(&mut scene, true);
        scene.pass(READY);
        let_client_have(&mut scene, false);
        let address = IpCidr::new(link.address(SERVER), if link.ipv6 { 64 } else { 24 });
        let now = scene.network.now();
        let mut server = scene.network.server.context(now);
        assert_eq!(server.add_address(address), Ok(()));
        scene.pass(READY);
        assert!(has(&mut scene.network, SERVER, address.address()));
    }
}

#[test]
fn an_address_that_was_given_up_takes_no_room_from_others() {
    let mut scene = detecting(Link::ETHERNET_V4);
    let_client_have(&mut scene, true);
    scene.pass(READY);
    let now = scene.network.now();
    let mut server = scene.network.server.context(now);
    let mut others = (100..).map(|host| IpCidr::new(IpAddress::v4(192, 168, 69, host), 24));
    for other in others.by_ref().take(IFACE_MAX_ADDR_COUNT) {
        assert_eq!(server.add_address(other), Ok(()));
    }
    let more = others.next().expect("another one");
    assert_eq!(server.add_address(more), Err(ConfigError::TooManyAddresses));
    scene.pass(READY);
    let now = scene.network.now();
    let own = scene.network.server.context(now).addresses().len();
    assert_eq!(own, IFACE_MAX_ADDR_COUNT);
}
