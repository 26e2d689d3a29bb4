//! A board without an IPv6 address of its own: a router, which the test plays, gives it a prefix.

use std::time::{Duration, Instant};

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    EthernetAddress, EthernetFrame, Icmpv6Packet, Icmpv6Repr, Ipv6Address, Ipv6Packet,
    NdiscPrefixInfoFlags, NdiscPrefixInformation, NdiscRepr, NdiscRouterFlags, RawHardwareAddress,
};

use crate::cable::Cable;
use crate::emulator::Firmware;
use crate::frames::{OUR_CARD, find_v6, icmpv6};
use crate::peer::Peer;
use crate::qmp::Qmp;
use crate::stock::PATIENCE;
use crate::transcript::check;

const PREFIX: [u16; 4] = [0xfdaa, 0, 0, 7];
const ALL_NODES: Ipv6Address = Ipv6Address::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// An address with the prefix.
fn with_prefix(identifier: [u8; 8]) -> Ipv6Address {
    let mut octets = [0; 16];
    for (to, from) in octets.chunks_mut(2).zip(PREFIX) {
        to.copy_from_slice(&from.to_be_bytes());
    }
    octets[8..].copy_from_slice(&identifier);
    octets.into()
}

/// RFC 4291, appendix A.
fn identifier(card: EthernetAddress) -> [u8; 8] {
    let [a, b, c, d, e, f] = card.0;
    [a ^ 2, b, c, 0xff, 0xfe, d, e, f]
}

/// The card that asks for routers, if the frame does.
fn solicitation(frame: &[u8]) -> Option<EthernetAddress> {
    let frame = EthernetFrame::new_checked(frame).ok()?;
    let packet = Ipv6Packet::new_checked(frame.payload()).ok()?;
    let message = Icmpv6Packet::new_checked(packet.payload()).ok()?;
    let (from, to) = (packet.src_addr(), packet.dst_addr());
    let checksums = ChecksumCapabilities::default();
    match Icmpv6Repr::parse(&from, &to, &message, &checksums) {
        Ok(Icmpv6Repr::Ndisc(NdiscRepr::RouterSolicit { .. })) => Some(frame.src_addr()),
        _ => None,
    }
}

/// Waits for a question for routers; returns the card that asks.
fn wait_for_solicitation(cable: &Cable) -> EthernetAddress {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(card) = cable.receive().and_then(|frame| solicitation(&frame)) {
            return card;
        }
    }
    panic!("the board does not ask for routers");
}

/// A router's answer, with a prefix for addresses.
fn advertisement() -> Vec<u8> {
    let router = Ipv6Address::new(0xfe80, 0, 0, 0, 0, 0, 0, 2);
    let hour = smoltcp::time::Duration::from_secs(3600);
    let message = Icmpv6Repr::Ndisc(NdiscRepr::RouterAdvert {
        hop_limit: 64,
        flags: NdiscRouterFlags::empty(),
        router_lifetime: hour,
        reachable_time: smoltcp::time::Duration::ZERO,
        retrans_time: smoltcp::time::Duration::ZERO,
        lladdr: Some(RawHardwareAddress::from(OUR_CARD)),
        mtu: None,
        prefix_info: Some(NdiscPrefixInformation {
            prefix_len: 64,
            flags: NdiscPrefixInfoFlags::ON_LINK | NdiscPrefixInfoFlags::ADDRCONF,
            valid_lifetime: hour,
            preferred_lifetime: hour,
            prefix: with_prefix([0; 8]),
        }),
    });
    let card = EthernetAddress([0x33, 0x33, 0, 0, 0, 1]);
    icmpv6(card, router, ALL_NODES, &message)
}

/// Answers the board's question for routers; the cable then knows the board's address.
fn advertise(cable: &mut Cable) {
    let card = wait_for_solicitation(cable);
    cable.addresses.board_v6 = with_prefix(identifier(card));
    cable.addresses.host_v6 = with_prefix([0, 0, 0, 0, 0, 0, 0, 2]);
    cable.send(&advertisement());
}

pub fn serves_the_address_with_the_prefix_of_a_router(firmware: &Firmware) {
    let (mut emulator, mut cable) = firmware.boot_on_cable();
    advertise(&mut cable);
    find_v6(&cable);
    let mut peer = Peer::new(cable, true);
    check(|request| peer.ask(request));
    emulator.check();
}

pub fn asks_again_for_routers_when_its_link_is_back(firmware: &Firmware) {
    let ((mut emulator, mut cable), mut qmp) =
        Qmp::attach(|line| firmware.boot_on_cable_with(line));
    advertise(&mut cable);
    find_v6(&cable);
    qmp.set_link(false);
    // What it sent before is passed over; for longer than it takes to notice.
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(2) {
        let _ = cable.receive();
    }
    qmp.set_link(true);
    wait_for_solicitation(&cable);
    cable.send(&advertisement());
    find_v6(&cable);
    emulator.check();
}
