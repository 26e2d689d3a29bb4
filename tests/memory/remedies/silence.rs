//! What is not answered at all, because the answer would go to a host that did not ask.
//!
//! Datagrams to groups are in `udp.rs`, late copies of connection requests in
//! `simulation/defects.rs`, numbers and ports after a reboot in `simulation/outages.rs`.

use smoltcp::wire::{EthernetAddress, EthernetFrame, IpAddress, IpEndpoint};
use uppercase::PORT;
use uppercase::simulation::Random;

use super::common::frames::{read_tcp, read_udp, udp};
use super::common::network::{Link, SECOND, SERVER};
use super::common::scene::Scene;
use super::forged::{syn, syn_to};

/// Addresses that are those of a group of hosts.
fn groups(link: Link) -> Vec<IpAddress> {
    if link.ipv6 {
        vec![IpAddress::v6(0xff02, 0, 0, 0, 0, 0, 0, 1)]
    } else {
        vec![
            IpAddress::v4(255, 255, 255, 255),
            IpAddress::v4(192, 168, 69, 255),
            IpAddress::v4(224, 0, 0, 1),
        ]
    }
}

/// A host with a TCP server and a UDP server; it knows the client's hardware address.
struct Place {
    scene: Scene,
    udp: uppercase::udp::Server<'static, super::common::Text>,
}

impl Place {
    fn new(link: Link) -> Self {
        let mut scene = Scene::new(link, 2, uppercase::tcp::Config::default());
        scene.expect_service();
        let udp = super::common::ask::server(&mut scene.network, 128, 4);
        scene.network.to_client.capture();
        Self { scene, udp }
    }

    /// How many segments and datagrams leave when this frame arrives.
    fn answers(&mut self, frame: &[u8]) -> usize {
        let Self { scene, udp } = self;
        scene.network.to_server.inject(frame);
        scene
            .network
            .run_for(SECOND, &mut [&mut scene.server, udp], &mut []);
        let frames = scene.network.to_client.captured();
        let link = scene.link;
        let answers = frames
            .iter()
            .filter(|frame| read_tcp(link, frame).is_some() || read_udp(link, frame).is_some());
        answers.count()
    }

    fn misdirected(&self) -> u32 {
        self.scene.network.server.counters().misdirected
    }
}

#[test]
fn connection_requests_to_a_group_are_not_answered_and_counted() {
    for link in Link::ALL {
        let mut place = Place::new(link);
        let from = IpEndpoint::new(link.address(super::common::network::CLIENT), 40_000);
        let mut expected = place.misdirected();
        for group in groups(link) {
            let to = IpEndpoint::new(group, PORT);
            let frame = syn_to(link, from, to, &mut Random::new(1));
            assert_eq!(place.answers(&frame), 0, "{link:?}, {group}");
            expected += 1;
            assert_eq!(place.misdirected(), expected, "{link:?}, {group}");
        }
    }
}

#[test]
fn connection_requests_in_a_broadcast_frame_take_no_place() {
    for link in Link::ETHERNET {
        let mut place = Place::new(link);
        let from = IpEndpoint::new(link.address(super::common::network::CLIENT), 40_000);
        let mut frame = syn(link, from, &mut Random::new(1));
        EthernetFrame::new_unchecked(&mut frame[..])
            .set_dst_addr(EthernetAddress([2, 9, 9, 9, 9, 9]));
        assert_eq!(place.answers(&frame), 0, "another card, {link:?}");
    }
}

/// smoltcp 0.14 takes an IPv6 packet for its own if the last 16 bits of its address are.
#[test]
fn packets_for_another_address_that_ends_as_ours_does_are_not_answered() {
    for link in Link::V6 {
        let mut place = Place::new(link);
        let from = IpEndpoint::new(link.address(super::common::network::CLIENT), 40_000);
        let alike = IpAddress::v6(0xfdaa, 0, 0, 0, 0, 0, 7, SERVER.into());
        let to = IpEndpoint::new(alike, PORT);
        let before = place.misdirected();
        let request = syn_to(link, from, to, &mut Random::new(1));
        let datagram = udp(link, from, to, b"anyone?");
        for frame in [request, datagram] {
            assert_eq!(place.answers(&frame), 0, "{link:?}");
        }
        assert_eq!(place.misdirected(), before + 2, "{link:?}");
    }
}

#[test]
fn what_says_that_it_is_from_our_own_address_is_not_answered() {
    for link in Link::ALL {
        let mut place = Place::new(link);
        let own = link.address(SERVER);
        for port in [PORT, 40_000] {
            let from = IpEndpoint::new(own, port);
            let request = syn(link, from, &mut Random::new(1));
            assert_eq!(place.answers(&request), 0, "request, port {port}, {link:?}");
            assert_eq!(place.scene.connections(), 0, "port {port}, {link:?}");
            let datagram = udp(link, from, link.server(), b"myself?");
            assert_eq!(
                place.answers(&datagram),
                0,
                "datagram, port {port}, {link:?}"
            );
        }
    }
}
