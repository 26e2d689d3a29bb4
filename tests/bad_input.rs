//! Whatever comes off the wire: nobody panics, nothing wrong is delivered, honest clients are
//! served.

mod common;

use std::task::Poll;

use smoltcp::phy::Medium;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpCidr, IpEndpoint, IpProtocol};
use uppercase::device::wire::Wire;
use uppercase::stack::{Config, ConfigError};
use uppercase::{Context, PORT, Stack, tcp, udp};

use common::chance::{Chance, repair};
use common::frames;
use common::network::{Actor, CLIENT, Link, MINUTE, SECOND, SERVER, hardware_address};
use common::scene::{Caller, Scene};
use common::talk::Talk;

/// Frames for each link and test; `UPPERCASE_FRAMES` for more of them.
fn frames_each() -> usize {
    let more = std::env::var("UPPERCASE_FRAMES").ok();
    more.and_then(|number| number.parse().ok()).unwrap_or(1_000)
}

/// A UDP client that begins again and again, whatever happened to it.
struct Restless {
    client: udp::Client<'static>,
    server: IpEndpoint,
    next: Instant,
}

impl Restless {
    fn new(scene: &mut Scene) -> Self {
        let buffers = Box::leak(Box::new(udp::Buffers::<2000, 2>::new()));
        let sockets = scene.network.client.sockets();
        let client = udp::Client::new(sockets, buffers, SECOND * 3);
        Self {
            client: client.expect("there is room"),
            server: scene.link.server(),
            next: Instant::ZERO,
        }
    }
}

impl Actor for Restless {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        let mut answer = [0; 2000];
        if self.client.receive(context, &mut answer) == Ok(Poll::Pending) {
            return self.client.deadline();
        }
        if context.now >= self.next {
            let _ = self.client.send(context, self.server, b"a line");
            self.next = context.now + Duration::from_millis(5);
        }
        Some(self.next)
    }
}

/// Both hosts, all four programs.
struct House {
    scene: Scene,
    datagrams: udp::Server<'static>,
    restless: Restless,
    talk: Talk,
}

impl House {
    fn new(link: Link) -> Self {
        let config = tcp::Config {
            handshake_timeout: Some(SECOND),
            ..tcp::Config::default()
        };
        let mut scene = Scene::new(link, 3, config);
        let buffers = Box::leak(Box::new(udp::Buffers::<2000, 2>::new()));
        let datagrams = udp::Server::new(scene.network.server.sockets(), buffers, PORT);
        let restless = Restless::new(&mut scene);
        let talk = Talk::new(&mut scene.network, link.server(), 500, &[b'x'; 3000]);
        Self {
            scene,
            datagrams: datagrams.expect("there is room"),
            restless,
            talk,
        }
    }

    fn run_for(&mut self, time: Duration) {
        self.scene.network.run_for(
            time,
            &mut [&mut self.scene.server, &mut self.datagrams],
            &mut [&mut self.restless, &mut self.talk],
        );
        if self.talk.is_done() {
            let server = self.scene.link.server();
            self.talk.connect(&mut self.scene.network, server);
        }
    }

    /// Lets the servers do what is to do at this moment.
    fn settle(&mut self) {
        let network = &mut self.scene.network;
        network.settle(&mut [&mut self.scene.server, &mut self.datagrams], &mut []);
    }

    /// Puts a frame in front of both hosts.
    fn forge(&mut self, frame: &[u8]) {
        self.scene.network.to_server.inject(frame);
        self.scene.network.to_client.inject(frame);
    }

    fn expect_everything_back(&mut self) {
        // Whatever was begun by forged frames has come to its end.
        self.scene.pass(MINUTE * 10);
        assert_eq!(self.scene.connections(), 0);
        self.scene.expect_service();
        if self.scene.link.medium == Medium::Ip {
            let answered = self.datagrams.counters().answered;
            self.run_for(SECOND);
            assert!(self.datagrams.counters().answered > answered);
        }
    }
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
            smoltcp::wire::IpAddress::Ipv4(host) => {
                packet[9] = protocol;
                packet[16..20].copy_from_slice(&host.octets());
            }
            smoltcp::wire::IpAddress::Ipv6(host) => {
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

#[test]
fn what_is_damaged_on_the_way_is_never_delivered() {
    for (seed, link) in (21..).zip(Link::ALL) {
        let text = common::text::mixed(20_000);
        let mut scene = Scene::new(link, 1, tcp::Config::default());
        let mut talk = Talk::new(&mut scene.network, link.server(), 1400, &text);
        for (seed, lane) in [
            (seed, &mut scene.network.to_server),
            (seed + 100, &mut scene.network.to_client),
        ] {
            let mut chance = Chance::new(seed);
            lane.filter(move |frame| {
                // One bit is what every checksum notices. Ethernet's own is the card's matter, and
                // IPv6 leaves it to the layer above, so behind the IP header's first bytes.
                let start = frames::packet_start(link) + if link.ipv6 { 40 } else { 0 };
                let is_tcp = frames::read_tcp(link, frame).is_some();
                if is_tcp && chance.once_in(25) {
                    let at = start + chance.below(frame.len() - start);
                    frame[at] ^= 1 << chance.below(8);
                }
                true
            });
        }
        let clients: &mut [&mut dyn Actor] = &mut [&mut talk];
        scene
            .network
            .run(MINUTE * 20, &mut [&mut scene.server], clients);
        assert!(
            talk.expect_answer() == common::text::upper(&text),
            "{link:?}"
        );
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
    let config = Config {
        hardware_address: hardware_address(SERVER),
        addresses: &[IpCidr::new(Link::IP_V4.address(SERVER), 24)],
        gateways: &[],
        random_seed: 1,
    };
    let refused = Stack::new(device, config, vec![], Instant::ZERO).err();
    let (ip_mtu, least) = (575, 576);
    assert_eq!(refused, Some(ConfigError::MtuTooSmall { ip_mtu, least }));
}
