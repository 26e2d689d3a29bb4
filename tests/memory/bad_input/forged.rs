//! Frames that no correct host sends: made at random, and spoiled copies of others.

use smoltcp::phy::Medium;
use smoltcp::time::Duration;
use smoltcp::wire::{IpAddress, IpEndpoint, IpProtocol};

use super::common::chance::{Chance, repair};
use super::common::frames;
use super::common::network::{CLIENT, Link, SERVER, hardware_address};
use super::house::House;

/// Frames for each link and test; `UPPERCASE_FRAMES` for more of them.
fn frames_each() -> usize {
    let more = std::env::var("UPPERCASE_FRAMES").ok();
    more.and_then(|number| number.parse().ok()).unwrap_or(1_000)
}

#[test]
fn random_frames_do_no_harm() {
    for (seed, link) in (1..).zip(Link::ALL) {
        let (mut chance, mut house) = (Chance::new(seed), House::new(link));
        for _ in 0..frames_each() {
            let longest = *chance.pick(&[100, 1514]);
            let length = chance.below(longest + 1);
            let mut frame = chance.bytes(length);
            address_it(link, &mut frame, &mut chance);
            house.forge(&frame);
            let time = chance.below(20_000) as u64;
            house.run_for(Duration::from_micros(time));
        }
        house.expect_everything_back();
    }
}

/// Makes a random frame such that it is not thrown away at once.
fn address_it(link: Link, frame: &mut [u8], chance: &mut Chance) {
    let start = frames::packet_start(link);
    if frame.len() >= start && link.medium == Medium::Ethernet {
        let host = *chance.pick(&[SERVER, CLIENT]);
        frame[..6].copy_from_slice(&hardware_address(host).0);
        let ethertype = chance.pick(&[[8, 0], [8, 6], [0x86, 0xdd]]);
        frame[12..14].copy_from_slice(ethertype);
    }
    let Some(packet) = frame.get_mut(start..) else {
        return;
    };
    if let [version, ..] = packet {
        *version = *chance.pick(&[0x45, 0x46, 0x4f, 0x60]);
    }
    if packet.len() >= 40 {
        let host = link.address(*chance.pick(&[SERVER, CLIENT]));
        let protocol = *chance.pick(&[0, 1, 6, 17, 43, 44, 58, 60]);
        match host {
            IpAddress::Ipv4(host) => {
                packet[9] = protocol;
                packet[16..20].copy_from_slice(&host.octets());
            }
            IpAddress::Ipv6(host) => {
                packet[6] = protocol;
                packet[24..40].copy_from_slice(&host.octets());
            }
        }
        if !chance.once_in(4) {
            repair(link, frame);
        }
    }
}

#[test]
fn spoiled_copies_of_what_the_hosts_say_do_no_harm() {
    for (seed, link) in (11..).zip(Link::ALL) {
        let (mut chance, mut house) = (Chance::new(seed), House::new(link));
        let mut seen: Vec<Vec<u8>> = all_kinds(link);
        house.scene.network.to_server.capture();
        house.scene.network.to_client.capture();
        for _ in 0..frames_each() {
            let mut frame = chance.pick(&seen).clone();
            chance.spoil(&mut frame);
            if !chance.once_in(4) {
                repair(link, &mut frame);
            }
            house.forge(&frame);
            let time = chance.below(20_000) as u64;
            house.run_for(Duration::from_micros(time));
            for lane in [
                &mut house.scene.network.to_server,
                &mut house.scene.network.to_client,
            ] {
                // The latest are the most dangerous: they fit the connections that live.
                seen.extend(
                    lane.captured()
                        .into_iter()
                        .filter(|frame| !frame.is_empty()),
                );
            }
            if seen.len() > 60 {
                seen.drain(20..seen.len() - 40);
            }
        }
        house.expect_everything_back();
    }
}

/// One frame of every kind that the hosts would not send by themselves.
fn all_kinds(link: Link) -> Vec<Vec<u8>> {
    let (client, server) = (link.address(CLIENT), link.address(SERVER));
    let from = IpEndpoint::new(client, 50_000);
    let datagram = frames::udp(link, from, link.server(), b"a datagram of some length");
    let packet = frames::packet(link, &datagram).expect("it is one").to_vec();
    let mut all = vec![datagram];
    for reason in [frames::Unreachable::Host, frames::Unreachable::Port] {
        for quoted in [48, 60, 70] {
            all.push(frames::unreachable(link, server, reason, &packet, quoted));
        }
    }
    let protocol = if link.ipv6 {
        IpProtocol::Icmpv6
    } else {
        IpProtocol::Icmp
    };
    // Echo, solicitations, advertisements, redirect, and what else there is.
    for kind in [0, 3, 5, 8, 11, 128, 129, 133, 134, 135, 136, 137, 143] {
        for length in [8, 24, 32, 64] {
            all.push(frames::ip(
                link,
                client,
                server,
                protocol,
                length,
                |bytes| {
                    bytes[0] = kind;
                    bytes[8..].iter_mut().for_each(|byte| *byte = 1);
                },
            ));
        }
    }
    for control in 0..64 {
        let mut frame = frames::tcp(link, client, server, &frames::segment(from, link.server()));
        let flags = frames::packet_start(link) + if link.ipv6 { 40 } else { 20 } + 13;
        frame[flags] = control;
        all.push(frame);
    }
    if !link.ipv6 {
        for (offset, more) in [(0, 0x20), (1, 0x20), (100, 0), (0x1fff, 0), (0x1fff, 0x20)] {
            let mut frame = all[0].clone();
            let at = frames::packet_start(link) + 6;
            frame[at] = more | (offset >> 8) as u8;
            frame[at + 1] = offset as u8;
            all.push(frame);
        }
    }
    for frame in &mut all {
        repair(link, frame);
    }
    all
}
