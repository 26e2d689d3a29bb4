//! Any bytes off the wire: no host panics, nothing wrong is delivered, honest clients are
//! served.

use super::common;

mod forged;
mod house;

use smoltcp::phy::Medium;
use smoltcp::time::Instant;
use smoltcp::wire::{IpCidr, IpEndpoint};
use uppercase::device::wire::Wire;
use uppercase::simulation::Verdict;
use uppercase::stack::{Config, ConfigError};
use uppercase::{Stack, tcp};

use common::chance::Chance;
use common::frames;
use common::network::{Actor, CLIENT, Link, MINUTE, SECOND, SERVER, hardware_address};
use common::scene::{Caller, Scene};
use common::talk::Talk;
use common::text;
use house::House;

#[test]
fn what_is_damaged_on_the_way_is_never_delivered() {
    for (seed, link) in (21..).zip(Link::ALL) {
        let plain = text::mixed(20_000);
        let mut scene = Scene::new(link, 1, tcp::Config::default());
        let mut talk = Talk::new(&mut scene.network, link.server(), 1400, &plain);
        for (seed, lane) in [
            (seed, &mut scene.network.to_server),
            (seed + 100, &mut scene.network.to_client),
        ] {
            let mut chance = Chance::new(seed);
            lane.decide(move |_, frame| {
                // One bit is what every checksum notices. Ethernet's own is the card's matter, and
                // IPv6 leaves it to the layer above, so behind the IP header's first bytes.
                let start = frames::packet_start(link) + if link.ipv6 { 40 } else { 0 };
                let is_tcp = frames::read_tcp(link, frame).is_some();
                if is_tcp && chance.once_in(25) {
                    let at = start + chance.below(frame.len() - start);
                    let mut spoiled = frame.to_vec();
                    spoiled[at] ^= 1 << chance.below(8);
                    return Verdict::Replace(spoiled);
                }
                Verdict::Pass
            });
        }
        let clients: &mut [&mut dyn Actor] = &mut [&mut talk];
        scene
            .network
            .run(MINUTE * 20, &mut [&mut scene.server], clients);
        assert!(talk.expect_answer() == text::upper(&plain), "{link:?}");
    }
}

#[test]
fn datagrams_with_a_wrong_checksum_are_not_answered() {
    for link in Link::ALL {
        let mut house = House::new(link);
        house.run_for(SECOND);
        let from = IpEndpoint::new(link.address(CLIENT), 50_000);
        let good = frames::udp(link, from, link.server(), b"some text");
        let before = house.datagrams.counters().answered;
        let start = frames::packet_start(link) + if link.ipv6 { 40 } else { 0 };
        for at in start..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 4;
            house.scene.network.to_server.inject(&bad);
            house.settle();
        }
        assert_eq!(house.datagrams.counters().answered, before, "{link:?}");
        house.scene.network.to_server.inject(&good);
        house.settle();
        assert_eq!(house.datagrams.counters().answered, before + 1, "{link:?}");
    }
}

#[test]
fn a_client_that_never_speaks_does_not_stop_the_others() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 2, tcp::Config::default());
        let mut mute = Caller::connected(&mut scene);
        for _ in 0..10 {
            scene.expect_service();
        }
        mute.say(&mut scene, b"at last");
        mute.expect(&mut scene, b"AT LAST");
    }
}

/// Over it smoltcp 0.14 would panic: an ICMP error has up to 576 bytes, and cannot be cut.
#[test]
fn a_link_that_carries_less_than_every_host_takes_is_refused() {
    let wire = Wire::<8, 575>::new();
    let (device, _) = wire.ports(Medium::Ip);
    let config = Config::new(hardware_address(SERVER).into(), 1)
        .with_addresses(&[IpCidr::new(Link::IP_V4.address(SERVER), 24)]);
    let refused = Stack::new(device, config, vec![], Instant::ZERO).err();
    let (ip_mtu, least) = (575, 576);
    assert_eq!(refused, Some(ConfigError::MtuTooSmall { ip_mtu, least }));
}
