//! Packets that are larger than the link takes leave in fragments, over both IP versions.

use super::common;

use std::cell::Cell;
use std::rc::Rc;

use smoltcp::phy::{ChecksumCapabilities, Device, DeviceCapabilities, Medium, TxToken};
use smoltcp::socket::udp::{PacketBuffer, PacketMetadata};
use smoltcp::time::Instant;
use smoltcp::wire::{IpAddress, IpCidr, IpEndpoint, IpProtocol, TcpControl, TcpRepr, UdpPacket};
use uppercase::stack::{Config, FRAGMENTATION_OVERHEAD, from_fn};
use uppercase::{PORT, Stack, udp};

use common::ask::{ask, server};
use common::frames::{self, Part, fragment, packet};
use common::network::{
    CLIENT, Fragments, Link, Network, SERVER, end, fragmenting, hardware_address,
};
use common::text::upper;

/// The longest datagram here.
const LONGEST: usize = 6144;

fn new(link: Link) -> Network {
    Network::new(link).with_fragmentation(LONGEST)
}

/// What the server's host sends, put together again: the protocol and the payload of each packet.
#[derive(Default)]
struct Whole {
    packets: Vec<(IpProtocol, Vec<u8>)>,
    /// The identification of the packet that is not complete.
    identification: Option<u32>,
    identifications: Vec<u32>,
    lengths: Vec<usize>,
}

impl Whole {
    /// Fails if the fragments of a packet do not follow each other.
    #[track_caller]
    fn of(link: Link, frames: &[Vec<u8>]) -> Self {
        let mut whole = Self::default();
        for part in parts(link, frames) {
            if part.offset == 0 {
                assert_eq!(whole.identification, None, "the packet before is complete");
                whole.packets.push((part.protocol, Vec::new()));
                whole.identifications.push(part.identification);
            } else {
                assert_eq!(whole.identification, Some(part.identification), "in order");
            }
            let (_, payload) = whole.packets.last_mut().expect("the first comes first");
            assert_eq!(payload.len(), part.offset, "in order");
            payload.extend_from_slice(part.data);
            whole.identification = part.more.then_some(part.identification);
            whole.lengths.push(part.length);
        }
        assert_eq!(whole.identification, None, "the last packet is complete");
        whole
    }
}

fn parts(link: Link, frames: &[Vec<u8>]) -> Vec<Part<'_>> {
    let packets = frames.iter().filter_map(|frame| packet(link, frame));
    packets.filter_map(fragment).collect()
}

fn ip_mtu(link: Link) -> usize {
    link.longest_unfragmented() + headers(link)
}

/// Of IP and UDP, in bytes.
fn headers(link: Link) -> usize {
    if link.ipv6 { 48 } else { 28 }
}

/// How much of a packet a fragment has that is not the last.
fn part_len(link: Link, ip_mtu: usize) -> usize {
    (ip_mtu - if link.ipv6 { 48 } else { 20 }) / 8 * 8
}

#[test]
fn requests_and_answers_of_every_size_arrive_as_they_were_sent() {
    for link in Link::ALL {
        let part = part_len(link, ip_mtu(link));
        let mut network = new(link);
        let mut server = server(&mut network, LONGEST, 4);
        let edges = [1, 2, 3].map(|count| count * part - 8);
        let around = edges.iter().flat_map(|edge| edge - 1..=edge + 9);
        for size in around.chain([link.longest_unfragmented() + 1, 2048, LONGEST]) {
            let text: Vec<u8> = (0..size).map(|at| b'a' + (at / 7 % 26) as u8).collect();
            let answer = ask(&mut network, Some(&mut server), link.server(), &text);
            assert_eq!(answer, Ok(upper(&text)), "{link:?}, {size} bytes");
        }
        assert_eq!(server.counters().too_large, 0);
    }
}

/// RFC 791, 3.2: "the data of the long internet datagram is divided into two portions on a 8 octet
/// (64 bit) boundary". RFC 8200, 4.5: "each [...] is an integer multiple of 8 octets long", and: "the
/// lengths of the fragments must be chosen such that the resulting fragment packets fit within the
/// MTU of the path".
#[test]
fn fragments_are_as_long_as_the_link_takes() {
    for link in Link::ALL {
        let mut network = new(link);
        let mut server = server(&mut network, LONGEST, 4);
        network.to_client.capture();
        ask(
            &mut network,
            Some(&mut server),
            link.server(),
            &[b'x'; LONGEST],
        )
        .expect("an answer");
        let captured = network.to_client.captured();
        let whole = Whole::of(link, &captured);
        let (last, others) = whole.lengths.split_last().expect("there are some");
        let mtu = ip_mtu(link);
        assert!(*last <= mtu && !others.is_empty(), "{link:?}");
        for length in others {
            assert!(*length <= mtu && length + 8 > mtu, "{link:?}: {length}");
        }
        let [(IpProtocol::Udp, datagram)] = &whole.packets[..] else {
            panic!("{link:?}: there is one datagram");
        };
        assert_eq!(datagram.len(), 8 + LONGEST);
        assert!(datagram[8..].iter().all(|byte| *byte == b'X'));
    }
}

/// RFC 6864, 4.3: "Sources emitting non-atomic datagrams MUST NOT repeat IPv4 ID values within one
/// MDL". RFC 7739, 3: those that can be foreseen help an attacker.
#[test]
fn each_packet_has_an_identification_of_its_own() {
    for link in Link::ALL {
        let mut network = new(link);
        let mut server = server(&mut network, LONGEST, 4);
        network.to_client.capture();
        for _ in 0..40 {
            ask(
                &mut network,
                Some(&mut server),
                link.server(),
                &[b'x'; 2048],
            )
            .expect("an answer");
        }
        let mut identifications = Whole::of(link, &network.to_client.captured()).identifications;
        assert_eq!(identifications.len(), 40, "{link:?}");
        assert!(identifications[0] > 1, "it does not begin at 0");
        identifications.sort_unstable();
        identifications.dedup();
        assert_eq!(identifications.len(), 40, "{link:?}");
    }
}

/// Has the server's host receive this from the card of a host, in fragments where it is too long.
fn inject(network: &Network, link: Link, host: u8, frame: &[u8]) {
    let mut frame = frame.to_vec();
    if link.medium == Medium::Ethernet {
        frame[6..12].copy_from_slice(hardware_address(host).as_bytes());
    }
    let is_long = frame.len() - frames::packet_start(link) > ip_mtu(link);
    let frames = match is_long {
        true => frames::cut(link, &frame, ip_mtu(link)),
        false => vec![frame],
    };
    for frame in frames {
        network.to_server.inject(&frame);
    }
}

/// A host sends a ping with so much data.
fn ping(network: &Network, link: Link, from: u8, length: usize) {
    let frame = frames::echo_request(link, link.address(from), link.server().addr, length);
    inject(network, link, from, &frame);
}

/// A host sends a datagram.
fn send(network: &Network, link: Link, from: IpEndpoint, to: IpEndpoint, text: &[u8]) {
    inject(network, link, CLIENT, &frames::udp(link, from, to, text));
}

/// RFC 1122, 3.2.2.6: "Data received in an ICMP Echo Request MUST be entirely included in the
/// resulting Echo Reply", and: "if the Echo Reply requires intentional fragmentation that is not
/// implemented, the datagram MUST be truncated". RFC 4443, 4.2 has the first, too.
#[test]
fn pings_that_are_larger_than_the_link_takes_are_answered() {
    for link in Link::ALL {
        let mut network = new(link);
        for length in [1472, 1473, 1453, 2000, 4000, LONGEST] {
            network.to_client.capture();
            ping(&network, link, CLIENT, length);
            network.settle(&mut [], &mut []);
            let captured = network.to_client.captured();
            let answers = echo_replies(link, &captured);
            assert_eq!(answers, [(link.address(CLIENT), length)], "{link:?}");
        }
        assert_eq!(network.server.counters().too_long, 0);
    }
}

/// The destination and the length of each echo reply, in fragments or whole.
fn echo_replies(link: Link, captured: &[Vec<u8>]) -> Vec<(IpAddress, usize)> {
    const REPLIES: [u8; 2] = [0, 129];
    let destinations = captured.iter().filter_map(|frame| {
        let packet = packet(link, frame)?;
        let is_first = fragment(packet).is_none_or(|part| part.offset == 0);
        is_first.then(|| frames::destination(packet))
    });
    let mut whole = Vec::new();
    for packet in captured.iter().filter_map(|frame| packet(link, frame)) {
        let header = if link.ipv6 { 40 } else { 20 };
        match fragment(packet) {
            None => whole.push(packet[header..].to_vec()),
            Some(part) if part.offset == 0 => whole.push(part.data.to_vec()),
            Some(part) => whole.last_mut().unwrap().extend_from_slice(part.data),
        }
    }
    let replies = destinations
        .zip(whole)
        .filter(|(_, message)| REPLIES.contains(&message[0]));
    replies
        .inspect(|(_, message)| {
            let expected = (0..message.len() - 8).map(|at| (at % 251) as u8);
            assert!(message[8..].iter().copied().eq(expected), "as it was sent");
        })
        .map(|(destination, message)| (destination, message.len() - 8))
        .collect()
}

#[test]
fn large_pings_of_many_hosts_and_large_answers_do_not_mix() {
    for link in Link::ALL {
        let mut network = new(link);
        let mut server = server(&mut network, 40_000, 8);
        network.to_client.capture();
        let text = "ΐ".repeat(600);
        for host in 10..18 {
            ping(&network, link, host, 4000);
            let from = IpEndpoint::new(link.address(host), 40_000);
            let frame = frames::udp(link, from, link.server(), text.as_bytes());
            inject(&network, link, host, &frame);
        }
        network.settle(&mut [&mut server], &mut []);
        let captured = network.to_client.captured();
        let whole = Whole::of(link, &captured);
        let datagrams = whole.packets.iter();
        let datagrams = datagrams.filter(|(protocol, _)| *protocol == IpProtocol::Udp);
        let answers: Vec<&[u8]> = datagrams.map(|(_, datagram)| &datagram[8..]).collect();
        assert_eq!(answers, [&upper(text.as_bytes())[..]; 8], "{link:?}");
        let pings: Vec<_> = (10..18).map(|host| (link.address(host), 4000)).collect();
        assert_eq!(echo_replies(link, &captured), pings, "{link:?}");
        // Each goes to the card that its question came from.
        if link.medium == Medium::Ethernet {
            for frame in &captured {
                let packet = packet(link, frame).expect("a packet");
                let IpAddress::Ipv4(to) = frames::destination(packet) else {
                    continue;
                };
                assert_eq!(frame[..6], *hardware_address(to.octets()[3]).as_bytes());
            }
        }
    }
}

#[test]
fn what_is_longer_than_there_is_room_for_is_counted() {
    for link in Link::ALL {
        let mut network = new(link);
        let room = LONGEST + FRAGMENTATION_OVERHEAD - frames::packet_start(link);
        let longest = room - headers(link);
        network.to_client.capture();
        // Of a ping, the header is as long as that of a datagram.
        ping(&network, link, CLIENT, longest);
        network.settle(&mut [], &mut []);
        assert_eq!(network.server.counters().too_long, 0, "{link:?}");
        ping(&network, link, CLIENT, longest + 1);
        network.settle(&mut [], &mut []);
        assert_eq!(network.server.counters().too_long, 1, "{link:?}");
        let answers = echo_replies(link, &network.to_client.captured());
        assert_eq!(answers, [(link.address(CLIENT), longest)], "{link:?}");

        // And a socket that sends by itself.
        let parts = common::ask::parts(2 * LONGEST, 4);
        let mut socket = smoltcp::socket::udp::Socket::new(parts.receive, parts.transmit);
        socket.bind(7).expect("a port");
        let to = IpEndpoint::new(link.address(CLIENT), 9);
        for length in [longest, longest + 1] {
            socket.send_slice(&vec![b'x'; length], to).expect("room");
        }
        network.server.sockets().add(socket).expect("room");
        network.to_client.capture();
        network.settle(&mut [], &mut []);
        assert_eq!(network.server.counters().too_long, 2, "{link:?}");
        let whole = Whole::of(link, &network.to_client.captured());
        assert_eq!(whole.packets.len(), 1, "{link:?}");
    }
}

/// RFC 6528, 1: initial sequence numbers that can be foreseen let others open connections.
#[test]
fn what_a_socket_of_a_service_draws_follows_from_the_seed() {
    let link = Link::IP_V4;
    let number = |random_seed| {
        let mut simulation = uppercase::simulation::Network::new(link.medium, 1);
        let cable = simulation.link("host");
        let config = Config::new(hardware_address(SERVER).into(), random_seed)
            .with_addresses(&[IpCidr::new(link.address(SERVER), 24)]);
        let stack = Stack::new(cable.port(), config, vec![], simulation.now());
        let stack = stack.expect("the configuration is right");
        let mut stack = fragmenting(stack, LONGEST);
        let (receive, transmit) = common::scene::buffers(1000);
        let mut socket = smoltcp::socket::tcp::Socket::new(receive, transmit);
        socket.listen(7).expect("a port");
        stack.sockets().add(socket).expect("room");
        let from = IpEndpoint::new(link.address(CLIENT), 40_000);
        let to = IpEndpoint::new(link.address(SERVER), 7);
        let syn = TcpRepr {
            control: TcpControl::Syn,
            ..frames::segment(from, to)
        };
        cable.from_host.capture();
        cable
            .to_host
            .inject(&frames::tcp(link, from.addr, to.addr, &syn));
        let _ = stack.poll(simulation.now(), &mut from_fn(|_| None));
        let sent = cable.from_host.captured();
        let (_, _, answer) = frames::read_tcp(link, &sent[0]).expect("a segment");
        assert_eq!(answer.control, TcpControl::Syn);
        answer.seq_number
    };
    assert_eq!(number(1), number(1));
    assert_ne!(number(1), number(2));
}

#[test]
fn without_a_buffer_what_is_too_long_is_counted() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        ping(&network, link, CLIENT, 4000);
        network.settle(&mut [], &mut []);
        assert_eq!(network.server.counters().too_long, 1, "{link:?}");
        let mut server = server(&mut network, LONGEST, 4);
        let from = IpEndpoint::new(link.address(CLIENT), 40_000);
        let text = "ΐ".repeat(600);
        send(&network, link, from, link.server(), text.as_bytes());
        network.settle(&mut [&mut server], &mut []);
        assert_eq!(server.counters().too_large, 1, "{link:?}");
    }
}

/// RFC 8200, 5: what every link of IPv6 carries; and what every one of IPv4 does not, so routers may
/// cut the fragments again.
#[cfg(feature = "addressing")]
#[test]
fn fragments_to_another_network_are_as_long_as_every_path_takes() {
    for link in Link::ALL {
        let far = link.far_address();
        let near = link.address(CLIENT);
        let mut network = new(link);
        let now = network.now();
        let set = network.server.context(now).set_gateway(near);
        assert_eq!(set, Ok(()));
        let mut server = server(&mut network, LONGEST, 4);
        network.to_client.capture();
        let from = IpEndpoint::new(far, 40_000);
        for length in [1300, 4000] {
            send(&network, link, from, link.server(), &vec![b'x'; length]);
        }
        network.settle(&mut [&mut server], &mut []);
        let mtu = if link.ipv6 { 1280 } else { ip_mtu(link) };
        let whole = Whole::of(link, &network.to_client.captured());
        let lengths: Vec<usize> = whole.packets.iter().map(|(_, data)| data.len()).collect();
        if link.ipv6 {
            assert_eq!(lengths, [1308, 4008], "{link:?}");
        } else {
            assert_eq!(lengths, [4008], "{link:?}: the other one is whole");
        }
        assert!(whole.lengths.iter().all(|length| *length <= mtu));
        assert!(whole.lengths.iter().any(|length| length + 8 > mtu));
    }
}

/// A device that makes checksums sees the parts of a datagram, of which it can make none.
#[test]
fn the_checksum_of_what_is_cut_is_right_where_the_device_makes_checksums() {
    for link in Link::ALL {
        let mut network = network_without_sums(link);
        let mut server = server(&mut network, LONGEST, 4);
        network.to_client.capture();
        let (from, to) = (IpEndpoint::new(link.address(CLIENT), 40_000), link.server());
        send(&network, link, from, to, &[b'x'; 4000]);
        ping(&network, link, CLIENT, 4000);
        network.settle(&mut [&mut server], &mut []);
        let whole = Whole::of(link, &network.to_client.captured());
        assert_eq!(whole.packets.len(), 2, "{link:?}");
        for (protocol, bytes) in &whole.packets {
            if *protocol == IpProtocol::Udp {
                let datagram = UdpPacket::new_unchecked(&bytes[..]);
                assert_ne!(datagram.checksum(), 0, "{link:?}");
                assert!(datagram.verify_checksum(&to.addr, &from.addr), "{link:?}");
            } else {
                let sum = frames::icmp_sum(link, &to.addr, &from.addr, bytes);
                assert_eq!(sum, !0, "{link:?}");
            }
        }
    }
}

fn network_without_sums(link: Link) -> Network {
    let sums = ChecksumCapabilities::ignored();
    Network::with_checksum(link, sums).with_fragmentation(LONGEST)
}

/// RFC 768: "If the computed checksum is zero, it is transmitted as all ones".
#[test]
fn a_checksum_of_zero_is_sent_as_all_ones() {
    for link in Link::ALL {
        let mut network = network_without_sums(link);
        let mut server = server(&mut network, LONGEST, 4);
        let (from, to) = (IpEndpoint::new(link.address(CLIENT), 40_000), link.server());
        let mut payload = [b'X'; 2000];
        payload[..2].fill(0);
        let mut checksum_of_answer = |payload: &[u8]| {
            network.to_client.capture();
            send(&network, link, from, to, payload);
            network.settle(&mut [&mut server], &mut []);
            let whole = Whole::of(link, &network.to_client.captured());
            UdpPacket::new_unchecked(&whole.packets[0].1[..]).checksum()
        };
        // What is missing from a sum of 0xffff, the complement of which is 0. It has no small letters.
        let is_same = |bytes: &[u8; 2]| bytes.to_ascii_uppercase() == *bytes;
        let missing = (b'A'..=b'Z').find_map(|filler| {
            payload[2] = filler;
            let complement = checksum_of_answer(&payload).to_be_bytes();
            is_same(&complement).then_some(complement)
        });
        payload[..2].copy_from_slice(&missing.expect("there is such a payload"));
        assert_eq!(checksum_of_answer(&payload), 0xffff, "{link:?}");
    }
}

#[test]
fn several_sockets_send_large_datagrams_in_turn() {
    for link in Link::ALL {
        let mut network = new(link);
        let storage = || Box::leak(Box::new(udp::Buffers::<4, 4000>::new()));
        let mut servers = [0, 1, 2].map(|more| {
            let sockets = network.server.sockets();
            udp::Server::new(sockets, storage(), PORT + more).expect("there is room")
        });
        network.to_client.capture();
        for number in 0..9 {
            let from = IpEndpoint::new(link.address(CLIENT), 40_000 + number);
            let to = IpEndpoint::new(link.server().addr, PORT + number % 3);
            send(&network, link, from, to, &[b'x'; 3000]);
        }
        let [one, two, three] = &mut servers;
        network.settle(&mut [one, two, three], &mut []);
        let whole = Whole::of(link, &network.to_client.captured());
        assert_eq!(whole.packets.len(), 9, "{link:?}");
    }
}

/// What has no device in front that puts fragments together.
#[test]
fn fragments_that_nothing_puts_together_are_dropped_and_counted() {
    for link in Link::ALL {
        let mut simulation = uppercase::simulation::Network::new(link.medium, 1);
        let cable = simulation.link("host");
        let config = Config::new(hardware_address(SERVER).into(), 1)
            .with_addresses(&[IpCidr::new(link.address(SERVER), 24)]);
        let now = simulation.now();
        let stack = Stack::new(cable.port(), config, vec![], now);
        let mut stack = stack.expect("the configuration is right");
        let parts = common::ask::parts(LONGEST, 4);
        let server = udp::Server::from_parts(stack.sockets(), parts, PORT);
        let mut server = server.expect("there is room");
        cable.from_host.capture();
        let (from, to) = (IpEndpoint::new(link.address(CLIENT), 40_000), link.server());
        let mut segment = frames::segment(from, to);
        segment.payload = &[b'x'; 3000];
        let packets = [
            frames::udp(link, from, to, &[b'x'; 3000]),
            frames::echo_request(link, from.addr, to.addr, 3000),
            frames::tcp(link, from.addr, to.addr, &segment),
        ];
        let mut dropped = 0;
        for frame in packets
            .iter()
            .flat_map(|packet| frames::cut(link, packet, 1280))
        {
            cable.to_host.inject(&frame);
            let _ = stack.poll(now, &mut server);
            dropped += 1;
            assert_eq!(stack.counters().hidden, dropped, "{link:?}");
        }
        assert_eq!(
            cable.from_host.captured(),
            Vec::<Vec<u8>>::new(),
            "{link:?}"
        );
    }
}

/// A socket's datagram waits where a device has no room, and so do the parts of one that has begun.
#[cfg(feature = "addressing")]
#[test]
fn what_waits_for_room_does_not_leave_from_an_address_that_is_gone() {
    for link in Link::ALL {
        for waits in [0, 1, 2] {
            let mut simulation = uppercase::simulation::Network::new(link.medium, 1);
            let cable = simulation.link("host");
            let (own, other) = (link.address(SERVER), link.address(SERVER + 10));
            let prefix = if link.ipv6 { 64 } else { 24 };
            let config = Config::new(hardware_address(SERVER).into(), 1)
                .with_addresses(&[own, other].map(|address| IpCidr::new(address, prefix)));
            let now = simulation.now();
            let room = Rc::new(Cell::new(usize::MAX));
            let device = Narrow {
                inner: end(cable.port(), Box::leak(Box::new(Fragments::new()))),
                room: room.clone(),
            };
            let stack = Stack::new(device, config, vec![], now);
            let stack = stack.expect("the configuration is right");
            let mut stack = fragmenting(stack, LONGEST);
            // One answer is in the socket at a time.
            let parts = udp::Parts {
                transmit: PacketBuffer::new(vec![PacketMetadata::EMPTY], vec![0; LONGEST]),
                ..common::ask::parts(20 * LONGEST, 8)
            };
            let server = udp::Server::from_parts(stack.sockets(), parts, PORT);
            let mut server = server.expect("there is room");
            cable.from_host.capture();

            let from = IpEndpoint::new(link.address(CLIENT), 40_000);
            let ask = |to: IpAddress, text: &[u8]| {
                let frame = frames::udp(link, from, IpEndpoint::new(to, PORT), text);
                for frame in frames::cut(link, &frame, ip_mtu(link)) {
                    cable.to_host.inject(&frame);
                }
            };
            ask(own, &[b'x'; 4000]);
            ask(own, b"short");
            ask(other, b"stays");
            for _ in 0..8 {
                let _ = stack.poll(now, &mut from_fn(|_| None));
            }
            // So many parts of the first answer leave.
            room.set(waits);
            for _ in 0..8 {
                let _ = stack.poll(now, &mut server);
            }
            assert_eq!(cable.from_host.captured().len(), waits, "{link:?}");
            assert!(stack.context(now).remove_address(&own));
            let _ = stack.poll(now, &mut server);
            room.set(usize::MAX);
            for _ in 0..8 {
                let _ = stack.poll(now, &mut server);
            }
            let captured = cable.from_host.captured();
            let answers: Vec<_> = captured
                .iter()
                .filter_map(|frame| frames::read_udp(link, frame))
                .map(|(from, _, text)| (from.addr, text))
                .collect();
            assert_eq!(answers, [(other, &b"STAYS"[..])], "{link:?}, {waits}");
            assert_eq!(captured.len(), 1, "{link:?}, {waits}");
        }
    }
}

/// A device with room for so many frames.
struct Narrow<D> {
    inner: D,
    room: Rc<Cell<usize>>,
}

struct Token<T> {
    inner: T,
    room: Rc<Cell<usize>>,
}

impl<T: TxToken> TxToken for Token<T> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        self.room.set(self.room.get().saturating_sub(1));
        self.inner.consume(length, fill)
    }
}

impl<D: Device> Device for Narrow<D> {
    type RxToken<'t>
        = D::RxToken<'t>
    where
        Self: 't;
    type TxToken<'t>
        = Token<D::TxToken<'t>>
    where
        Self: 't;

    fn receive(&mut self, now: Instant) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        let room = self.room.clone();
        let (received, inner) = self.inner.receive(now)?;
        Some((received, Token { inner, room }))
    }

    fn transmit(&mut self, now: Instant) -> Option<Self::TxToken<'_>> {
        let room = self.room.clone();
        let inner = self.inner.transmit(now).filter(|_| room.get() > 0)?;
        Some(Token { inner, room })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.inner.capabilities()
    }
}
