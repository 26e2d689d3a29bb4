//! Datagrams larger than the link's MTU, on their way out.
#![cfg(all(feature = "fragmentation", feature = "ipv6"))]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use smoltcp::iface::{Config, Interface, SocketHandle, SocketStorage};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::udp;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpAddress, IpCidr, IpEndpoint};

use uppercase::device::reassembly::{Buffers, OVERHEAD, Reassembly};
use uppercase::stack::Sockets;

const MEDIA: [Medium; 2] = [Medium::Ethernet, Medium::Ip];
const PORT: u16 = 12_000;

// A link with two ends, and a host at each.

type Frames = Rc<RefCell<VecDeque<Vec<u8>>>>;

struct End {
    medium: Medium,
    ip_mtu: usize,
    arriving: Frames,
    leaving: Frames,
}

fn link(medium: Medium, ip_mtu: usize) -> (End, End) {
    let (there, back) = (Frames::default(), Frames::default());
    let end = |arriving: &Frames, leaving: &Frames| End {
        medium,
        ip_mtu,
        arriving: arriving.clone(),
        leaving: leaving.clone(),
    };
    (end(&back, &there), end(&there, &back))
}

struct Frame(Vec<u8>);
struct Leaving(Frames, usize);

impl Device for End {
    type RxToken<'t> = Frame;
    type TxToken<'t> = Leaving;

    fn receive(&mut self, now: Instant) -> Option<(Frame, Leaving)> {
        let frame = self.arriving.borrow_mut().pop_front()?;
        Some((Frame(frame), self.transmit(now)?))
    }

    fn transmit(&mut self, _: Instant) -> Option<Leaving> {
        Some(Leaving(
            self.leaving.clone(),
            self.capabilities().max_transmission_unit,
        ))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = self.medium;
        capabilities.max_transmission_unit = self.ip_mtu + header(self.medium);
        capabilities
    }
}

fn header(medium: Medium) -> usize {
    if medium == Medium::Ethernet { 14 } else { 0 }
}

impl RxToken for Frame {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

impl TxToken for Leaving {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        assert!(
            length <= self.1,
            "a frame of {length} bytes is longer than the MTU"
        );
        let mut frame = vec![0; length];
        let result = fill(&mut frame);
        self.0.borrow_mut().push_back(frame);
        result
    }
}

struct Host {
    interface: Interface,
    sockets: Sockets<'static>,
    socket: SocketHandle,
}

impl Host {
    /// A host with an IPv4 and an IPv6 address, a UDP socket, and room for one socket more.
    fn new(device: &mut impl Device, number: u8, seed: u64) -> Self {
        let ours = match device.capabilities().medium {
            Medium::Ethernet => HardwareAddress::Ethernet(EthernetAddress([2, 0, 0, 0, 0, number])),
            Medium::Ip => HardwareAddress::Ip,
        };
        let mut config = Config::new(ours);
        config.random_seed = seed;
        let mut interface = Interface::new(config, device, Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            addresses
                .push(IpCidr::new(IpAddress::v4(192, 0, 2, number), 24))
                .unwrap();
            addresses
                .push(IpCidr::new(v6::address(number.into()), 64))
                .unwrap();
        });
        // Leaked, because without `std` smoltcp takes nothing but slices.
        let buffer = || {
            let packets = vec![udp::PacketMetadata::EMPTY; 8].leak();
            udp::PacketBuffer::new(packets, vec![0; 70_000].leak())
        };
        let mut socket = udp::Socket::new(buffer(), buffer());
        socket.bind(PORT).unwrap();
        let storage = vec![SocketStorage::EMPTY, SocketStorage::EMPTY].leak();
        let mut sockets = Sockets::new(storage);
        let socket = sockets.add(socket).unwrap();
        Self {
            interface,
            sockets,
            socket,
        }
    }

    fn poll(&mut self, device: &mut impl Device, now: Instant) {
        self.interface.poll(now, device, &mut self.sockets);
    }

    fn socket(&mut self) -> &mut udp::Socket<'static> {
        self.sockets.get_mut(self.socket)
    }

    fn received(&mut self) -> Vec<Vec<u8>> {
        let mut received = vec![];
        while let Ok((payload, _)) = self.socket().recv() {
            received.push(payload.to_vec());
        }
        received
    }
}

fn text(length: usize) -> Vec<u8> {
    (0..length)
        .map(|index| b'A' + (index / 7 % 26) as u8)
        .collect()
}

mod v6 {
    use smoltcp::socket::{Socket, raw};
    use smoltcp::wire::{Ipv6FragmentHeader, Ipv6Packet, UdpPacket};
    use uppercase::stack::SocketsFull;
    use uppercase::udp::fragmentation::{
        self, Fragmenter, LONGEST_PAYLOAD, SendError, bytes, is_needed, packets,
    };

    use super::*;

    pub(super) const fn address(number: u16) -> IpAddress {
        IpAddress::v6(0xfd00, 0, 0, 0, 0, 0, 0, number)
    }

    const fn endpoint(number: u16) -> IpEndpoint {
        IpEndpoint {
            addr: address(number),
            port: PORT,
        }
    }

    const FROM: IpEndpoint = endpoint(1);
    const TO: IpEndpoint = endpoint(2);
    /// Where nobody is.
    const NOWHERE: IpEndpoint = endpoint(3);
    const IDENTIFICATION: u32 = u32::MAX - 1;

    type Room = fragmentation::Buffers<'static, 80_000, 1300>;

    fn fragmenter(host: &mut Host) -> Fragmenter<'static> {
        let buffers = Box::leak(Box::new(Room::new()));
        Fragmenter::new(&mut host.sockets, buffers, IDENTIFICATION).unwrap()
    }

    /// A host that sends, and one that receives whole datagrams.
    struct Pair {
        ip_mtu: usize,
        now: Instant,
        sender: Host,
        sender_end: End,
        fragmenter: Fragmenter<'static>,
        receiver: Host,
        receiver_end: Reassembly<'static, End>,
    }

    impl Pair {
        fn new(medium: Medium, ip_mtu: usize) -> Self {
            let (mut sender_end, receiver_end) = link(medium, ip_mtu);
            let buffers = Box::leak(Box::new(Buffers::<{ LONGEST_PAYLOAD + OVERHEAD }, 2>::new()));
            let mut receiver_end = Reassembly::new(receiver_end, buffers);
            let mut sender = Host::new(&mut sender_end, 1, 1);
            Self {
                ip_mtu,
                now: Instant::ZERO,
                fragmenter: fragmenter(&mut sender),
                sender,
                sender_end,
                receiver: Host::new(&mut receiver_end, 2, 2),
                receiver_end,
            }
        }

        fn send(&mut self, to: IpEndpoint, payload: &[u8]) -> Result<(), SendError> {
            let sockets = &mut self.sender.sockets;
            self.fragmenter
                .send(sockets, FROM, to, payload, self.ip_mtu)
        }

        fn queued(&self) -> usize {
            self.fragmenter.queued(&self.sender.sockets)
        }

        /// What is received within some seconds.
        fn exchange(&mut self) -> Vec<Vec<u8>> {
            let mut received = vec![];
            for _ in 0..40 {
                self.now += Duration::from_millis(100);
                self.sender.poll(&mut self.sender_end, self.now);
                self.receiver.poll(&mut self.receiver_end, self.now);
                received.extend(self.receiver.received());
            }
            received
        }

        /// What the sender sends in one poll, as IPv6 packets.
        fn packets(&mut self) -> Vec<Vec<u8>> {
            self.sender.poll(&mut self.sender_end, self.now);
            let link = header(self.sender_end.medium);
            let frames = self
                .sender_end
                .leaving
                .borrow_mut()
                .drain(..)
                .collect::<Vec<_>>();
            frames
                .into_iter()
                .map(|frame| frame[link..].to_vec())
                .collect()
        }
    }

    fn header_of(packet: &[u8]) -> Ipv6FragmentHeader<&[u8]> {
        Ipv6FragmentHeader::new_checked(&packet[42..48]).unwrap()
    }

    #[test]
    fn datagrams_of_every_size_arrive_as_they_were_sent() {
        for medium in MEDIA {
            for ip_mtu in [576, 1280, 1499, 1500, 9000] {
                let mut pair = Pair::new(medium, ip_mtu);
                let part = (ip_mtu - 48) / 8 * 8;
                let edges = [1, 2, 3, 5, 65_527 / part].map(|count| count * part - 8);
                let around = edges.iter().flat_map(|edge| edge - 1..=edge + 9);
                let others = [ip_mtu - 47, 2048, 6144, 65_507, 65_526, 65_527];
                let sizes = around.chain(others).filter(|size| is_needed(*size, ip_mtu));
                for size in sizes
                    .filter(|size| *size <= LONGEST_PAYLOAD)
                    .collect::<Vec<_>>()
                {
                    assert_eq!(pair.send(TO, &text(size)), Ok(()), "{size} bytes");
                    assert!(
                        pair.exchange() == [text(size)],
                        "{size} bytes, MTU {ip_mtu}"
                    );
                }
            }
        }
    }

    #[test]
    fn smoltcp_alone_does_not_send_them() {
        for medium in MEDIA {
            let mut pair = Pair::new(medium, 1500);
            for size in [1452, 1453] {
                pair.sender.socket().send_slice(&text(size), TO).unwrap();
            }
            assert!(pair.exchange() == [text(1452)]);
            assert_eq!(
                pair.sender.socket().send_queue(),
                0,
                "and it does not say so"
            );
        }
    }

    #[test]
    fn fragments_are_as_long_as_the_link_allows() {
        for ip_mtu in [56, 57, 63, 64, 1280, 1499, 1500, 1501] {
            let mut pair = Pair::new(Medium::Ip, ip_mtu);
            for size in [ip_mtu - 47, 2048, 6144] {
                pair.send(TO, &text(size)).unwrap();
                assert_eq!(pair.queued(), bytes(size, ip_mtu));
                let sent = pair.packets();
                assert_eq!(sent.len(), packets(size, ip_mtu));
                assert_eq!(
                    sent.iter().map(Vec::len).sum::<usize>(),
                    bytes(size, ip_mtu)
                );
                let mut offset = 0;
                for (index, packet) in sent.iter().enumerate() {
                    let (last, header) = (index + 1 == sent.len(), header_of(packet));
                    assert!(packet.len() <= ip_mtu && (last || packet.len() + 8 > ip_mtu));
                    assert_eq!(usize::from(header.frag_offset()) * 8, offset);
                    assert_eq!(header.more_frags(), !last);
                    assert_eq!(
                        Ipv6Packet::new_unchecked(&packet[..]).total_len(),
                        packet.len()
                    );
                    offset += packet.len() - 48;
                }
                assert_eq!(offset, 8 + size);
            }
        }
    }

    #[test]
    fn every_datagram_has_its_own_identification() {
        let mut pair = Pair::new(Medium::Ip, 1500);
        for expected in [IDENTIFICATION, u32::MAX, 0, 1] {
            pair.send(TO, &text(2000)).unwrap();
            let sent = pair.packets();
            assert_eq!(sent.len(), 2);
            assert!(
                sent.iter()
                    .all(|packet| header_of(packet).ident() == expected)
            );
        }
    }

    #[test]
    fn a_checksum_of_zero_is_sent_as_all_ones() {
        let mut pair = Pair::new(Medium::Ip, 1500);
        let mut payload = text(2000);
        payload[..2].fill(0);
        pair.send(TO, &payload).unwrap();
        let checksum = |packet: &[u8]| UdpPacket::new_unchecked(&packet[48..]).checksum();
        let complement = checksum(&pair.packets()[0]);
        // What is missing from a sum of 0xffff, the complement of which is 0.
        payload[..2].copy_from_slice(&complement.to_be_bytes());
        pair.send(TO, &payload).unwrap();
        assert_eq!(checksum(&pair.packets()[0]), 0xffff);
        pair.send(TO, &payload).unwrap();
        assert!(pair.exchange() == [payload]);
    }

    #[test]
    fn what_cannot_be_sent_is_refused_and_leaves_nothing_behind() {
        use SendError::{MtuTooSmall, NotNeeded, TooLarge, Unaddressable};

        let mut pair = Pair::new(Medium::Ip, 1500);
        let four = IpEndpoint::new(IpAddress::v4(192, 0, 2, 2), PORT);
        let unspecified = IpEndpoint::new(IpAddress::v6(0, 0, 0, 0, 0, 0, 0, 0), PORT);
        let group = IpEndpoint::new(IpAddress::v6(0xff02, 0, 0, 0, 0, 0, 0, 1), PORT);
        let no_port = IpEndpoint::new(TO.addr, 0);
        for (from, to, length, ip_mtu, error) in [
            (four, TO, 2000, 1500, Unaddressable),
            (FROM, four, 2000, 1500, Unaddressable),
            (unspecified, TO, 2000, 1500, Unaddressable),
            (group, TO, 2000, 1500, Unaddressable),
            (FROM, unspecified, 2000, 1500, Unaddressable),
            (FROM, no_port, 2000, 1500, Unaddressable),
            (FROM, TO, 0, 1500, NotNeeded),
            (FROM, TO, 1452, 1500, NotNeeded),
            (FROM, TO, LONGEST_PAYLOAD, usize::MAX, NotNeeded),
            (FROM, TO, 2000, 55, MtuTooSmall),
            (FROM, TO, 2000, 0, MtuTooSmall),
            (FROM, TO, LONGEST_PAYLOAD + 1, 1500, TooLarge),
            (FROM, TO, LONGEST_PAYLOAD, 64, TooLarge),
        ] {
            let payload = text(length);
            let sent = pair
                .fragmenter
                .send(&mut pair.sender.sockets, from, to, &payload, ip_mtu);
            assert_eq!(sent, Err(error));
            assert_eq!(pair.queued(), 0);
        }
        assert!(pair.packets().is_empty());
        pair.send(group, &text(2000)).unwrap();
        assert_eq!(pair.packets().len(), 2);
    }

    #[test]
    fn either_all_fragments_are_queued_or_none() {
        // Room for two datagrams of 2048 bytes, and a little more of the one or the other.
        fn check<const BYTES: usize, const PACKETS: usize>() {
            let (mut end, _) = link(Medium::Ip, 1500);
            let mut host = Host::new(&mut end, 1, 1);
            let buffers = Box::leak(Box::new(fragmentation::Buffers::<BYTES, PACKETS>::new()));
            let mut fragmenter = Fragmenter::new(&mut host.sockets, buffers, 1).unwrap();
            let payload = text(2048);
            for round in 0..20 {
                let mut sent = 0;
                while fragmenter
                    .send(&mut host.sockets, FROM, TO, &payload, 1500)
                    .is_ok()
                {
                    sent += 1;
                }
                assert_eq!(sent, 2, "round {round}");
                let sockets = &mut host.sockets;
                let refused = fragmenter.send(sockets, FROM, TO, &payload, 1500);
                assert_eq!(refused, Err(SendError::Full));
                assert_eq!(fragmenter.queued(sockets), 2 * bytes(2048, 1500));
                // While a part of it has been sent there is still no room.
                host.interface
                    .poll_egress(Instant::ZERO, &mut end, &mut host.sockets);
                let refused = fragmenter.send(&mut host.sockets, FROM, TO, &payload, 1500);
                assert_eq!(refused, Err(SendError::Full));
                host.poll(&mut end, Instant::ZERO);
                assert_eq!(
                    end.leaving.borrow_mut().drain(..).len(),
                    2 * packets(2048, 1500)
                );
            }
        }
        check::<{ 2 * bytes(2048, 1500) }, { 2 * packets(2048, 1500) }>();
        check::<{ 2 * bytes(2048, 1500) }, 1000>();
        check::<{ 2 * bytes(2048, 1500) + 1500 }, 1000>();
        check::<100_000, { 2 * packets(2048, 1500) }>();
        check::<100_000, { 2 * packets(2048, 1500) + 1 }>();
    }

    #[test]
    fn a_full_socket_set_is_an_error() {
        let (mut end, _) = link(Medium::Ip, 1500);
        let mut host = Host::new(&mut end, 1, 1);
        let _ = fragmenter(&mut host);
        let buffers = Box::leak(Box::new(Room::new()));
        let another = Fragmenter::new(&mut host.sockets, buffers, 1);
        assert_eq!(another.err(), Some(SocketsFull { capacity: 2 }));
    }

    #[test]
    fn the_longest_payload_is_the_longest_that_is_taken() {
        for mtu in [1280, 1281, 1492, 1500, 9000] {
            let mut pair = Pair::new(Medium::Ip, mtu);
            let longest = pair.fragmenter.longest(&pair.sender.sockets, mtu);
            let too_long = pair.send(TO, &text(longest + 1));
            assert_eq!(too_long, Err(SendError::TooLarge), "an MTU of {mtu}");
            assert_eq!(pair.send(TO, &text(longest)), Ok(()), "an MTU of {mtu}");
        }
    }

    #[test]
    fn what_nobody_takes_can_be_discarded() {
        let mut pair = Pair::new(Medium::Ethernet, 1500);
        pair.send(NOWHERE, &text(2000)).unwrap();
        pair.send(TO, &text(2000)).unwrap();
        assert!(pair.exchange().is_empty());
        assert!(
            pair.exchange().is_empty(),
            "it waits, and the one behind it too"
        );
        assert_eq!(pair.queued(), 2 * bytes(2000, 1500));

        // Another socket is gone meanwhile, and this one is put into its place.
        let removed = pair.sender.sockets.remove(pair.sender.socket);
        pair.fragmenter.discard(&mut pair.sender.sockets);
        pair.sender.socket = pair.sender.sockets.add(removed).unwrap();
        assert_eq!(pair.queued(), 0);
        pair.send(TO, &text(3000)).unwrap();
        pair.sender.socket().send_slice(b"SHORT", TO).unwrap();
        let received = pair.exchange();
        assert_eq!(received.len(), 2);
        assert!(received.contains(&text(3000)));
        pair.fragmenter.discard(&mut pair.sender.sockets);
        pair.send(TO, &text(4000)).unwrap();
        assert!(pair.exchange() == [text(4000)]);
    }

    #[test]
    fn it_needs_a_slot_aside() {
        let (mut end, _) = link(Medium::Ip, 1500);
        let mut host = Host::new(&mut end, 1, 1);
        let queue = || raw::PacketBuffer::new(&mut [][..], &mut [][..]);
        let without = Fragmenter::from_parts(&mut host.sockets, queue(), &mut [][..], 1);
        assert_eq!(without.err(), Some(SocketsFull { capacity: 0 }));
        #[cfg(feature = "alloc")]
        Fragmenter::from_parts(&mut host.sockets, queue(), vec![], 1).unwrap();
    }

    #[test]
    fn fragments_that_reach_smoltcp_are_not_answered_any_more() {
        let answers = |with_fragmenter: bool| {
            let mut pair = Pair::new(Medium::Ip, 1500);
            pair.send(TO, &text(2000)).unwrap();
            pair.sender.poll(&mut pair.sender_end, pair.now);
            let end = pair.receiver_end.inner_mut();
            if with_fragmenter {
                fragmenter(&mut pair.receiver);
            }
            pair.receiver.poll(end, pair.now);
            end.leaving.borrow().len()
        };
        assert_eq!(answers(false), 2, "a Parameter Problem for each");
        assert_eq!(answers(true), 0);
    }

    #[test]
    fn its_socket_is_the_only_thing_in_the_socket_set() {
        let (mut end, _) = link(Medium::Ip, 1500);
        let mut host = Host::new(&mut end, 1, 1);
        let before = host.sockets.iter().count();
        let _ = fragmenter(&mut host);
        let raw = |socket: &Socket| matches!(socket, Socket::Raw(_));
        let sockets: Vec<_> = host
            .sockets
            .iter()
            .filter(|(_, socket)| raw(socket))
            .collect();
        assert_eq!(
            (sockets.len(), host.sockets.iter().count()),
            (1, before + 1)
        );
        let Socket::Raw(socket) = sockets[0].1 else {
            unreachable!()
        };
        let _: &raw::Socket = socket;
        assert_eq!(socket.payload_recv_capacity(), 0);
    }
}

// IPv4, where smoltcp makes the fragments, if its own buffer is large enough.

#[cfg(feature = "command")]
mod v4 {
    use smoltcp::iface::PollIngressSingleResult::None as Nothing;

    use super::*;

    const TO: IpEndpoint = IpEndpoint {
        addr: IpAddress::v4(192, 0, 2, 2),
        port: PORT,
    };

    fn sizes_received(sizes: &[usize], send: impl Fn(&mut Host, &mut End, Instant)) -> Vec<usize> {
        let mut received = vec![];
        let (mut sender_end, receiver_end) = link(Medium::Ethernet, 1500);
        let mut buffers = Box::new(Buffers::<{ 65_507 + OVERHEAD }, 4>::new());
        let mut receiver_end = Reassembly::new(receiver_end, &mut buffers);
        let mut sender = Host::new(&mut sender_end, 1, 1);
        let mut receiver = Host::new(&mut receiver_end, 2, 2);
        for size in sizes {
            sender.socket().send_slice(&text(*size), TO).unwrap();
        }
        for tenth in 0..100 {
            let now = Instant::from_millis(tenth * 100);
            send(&mut sender, &mut sender_end, now);
            receiver.poll(&mut receiver_end, now);
            received.extend(receiver.received());
        }
        assert!(
            received
                .iter()
                .all(|payload| *payload == text(payload.len()))
        );
        received.iter().map(Vec::len).collect()
    }

    #[test]
    fn smoltcp_sends_one_large_datagram() {
        for size in [1473, 2048, 6144, 65_507] {
            let received = sizes_received(&[size], |host, end, now| host.poll(end, now));
            assert_eq!(received, [size]);
        }
    }

    #[test]
    fn smoltcp_loses_a_large_datagram_when_another_one_follows() {
        let received = sizes_received(&[6144, 6145], |host, end, now| host.poll(end, now));
        assert_eq!(received, [6145]);
    }

    #[test]
    fn none_is_lost_when_each_is_sent_to_its_end_before_the_next() {
        let sizes = [6144, 6145, 9000, 65_507 / 8, 2048, 1473, 100];
        let received = sizes_received(&sizes, |host, end, now| {
            for _ in 0..sizes.len() {
                finish(&mut host.interface, end, now);
                host.interface.poll_egress(now, end, &mut host.sockets);
            }
            while host
                .interface
                .poll_ingress_single(now, end, &mut host.sockets)
                != Nothing
            {
                finish(&mut host.interface, end, now);
            }
        });
        assert_eq!(received, sizes);
    }

    /// Sends what is left of a datagram: nothing else makes an interface without sockets busy.
    fn finish(interface: &mut Interface, end: &mut End, now: Instant) {
        let mut none = Sockets::new(&mut [][..]);
        while interface.poll_at(now, &none).is_some() {
            interface.poll_egress(now, end, &mut none);
        }
    }
}
