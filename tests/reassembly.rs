//! Datagrams larger than the link's MTU, on their way in.
#![cfg(feature = "fragmentation")]

use std::collections::VecDeque;

use smoltcp::iface::{Config, Interface, SocketSet, SocketStorage};
use smoltcp::phy::{
    Checksum, ChecksumCapabilities, Device, DeviceCapabilities, Medium, RxToken, TxToken,
};
use smoltcp::socket::udp;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{
    EthernetAddress, EthernetFrame, EthernetProtocol, HardwareAddress, IpAddress, IpCidr,
    IpProtocol, Ipv4Address, Ipv4Packet, UdpPacket, UdpRepr,
};
#[cfg(feature = "ipv6")]
use smoltcp::wire::{Ipv6Address, Ipv6FragmentHeader, Ipv6FragmentRepr, Ipv6Packet};

use uppercase::device::reassembly::{Buffers, Counters, LIFETIME, OVERHEAD, Reassembly};

const PEER: EthernetAddress = EthernetAddress([2, 0, 0, 0, 0, 2]);
const OURS: EthernetAddress = EthernetAddress([2, 0, 0, 0, 0, 1]);
const MEDIA: [Medium; 2] = [Medium::Ethernet, Medium::Ip];
#[cfg(feature = "ipv6")]
const VERSIONS: &[u8] = &[4, 6];
#[cfg(not(feature = "ipv6"))]
const VERSIONS: &[u8] = &[4];
const START: Instant = Instant::from_millis_const(1_000);

// What is on the link.

struct Line {
    medium: Medium,
    checksum: ChecksumCapabilities,
    arriving: VecDeque<Vec<u8>>,
    sent: Vec<Vec<u8>>,
}

impl Line {
    fn new(medium: Medium) -> Self {
        let (arriving, sent) = Default::default();
        Self {
            medium,
            checksum: ChecksumCapabilities::default(),
            arriving,
            sent,
        }
    }
}

struct Arriving<'l>(&'l mut VecDeque<Vec<u8>>);
struct Sending<'l>(&'l mut Vec<Vec<u8>>);

impl Device for Line {
    type RxToken<'t> = Arriving<'t>;
    type TxToken<'t> = Sending<'t>;

    fn receive(&mut self, _: Instant) -> Option<(Arriving<'_>, Sending<'_>)> {
        (!self.arriving.is_empty())
            .then_some((Arriving(&mut self.arriving), Sending(&mut self.sent)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Sending<'_>> {
        Some(Sending(&mut self.sent))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = self.medium;
        capabilities.checksum = self.checksum.clone();
        capabilities.max_transmission_unit = if self.medium == Medium::Ip {
            1500
        } else {
            1514
        };
        capabilities
    }
}

impl RxToken for Arriving<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0.pop_front().unwrap())
    }
}

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let mut frame = vec![0; length];
        let result = fill(&mut frame);
        self.0.push(frame);
        result
    }
}

/// What is seen through the device when a frame arrives. An empty frame is no frame.
fn see(device: &mut Reassembly<Line>, frame: &[u8], now: Instant) -> Option<Vec<u8>> {
    device.inner_mut().arriving.push_back(frame.to_vec());
    let (token, _) = device.receive(now).unwrap();
    token.consume(|frame| (!frame.is_empty()).then(|| frame.to_vec()))
}

fn see_all(device: &mut Reassembly<Line>, frames: &[Vec<u8>]) -> Vec<Vec<u8>> {
    frames
        .iter()
        .filter_map(|frame| see(device, frame, START))
        .collect()
}

// Frames to be put on it.

fn address(version: u8, host: u8) -> IpAddress {
    match version {
        4 => IpAddress::v4(192, 0, 2, host),
        #[cfg(feature = "ipv6")]
        6 => IpAddress::v6(0xfd00, 0, 0, 0, 0, 0, 0, host.into()),
        _ => panic!("IP version {version}"),
    }
}

/// One datagram on its way from one host to another, as a rule from host 2 to host 1.
#[derive(Clone, Copy)]
struct Datagram {
    version: u8,
    medium: Medium,
    hosts: (u8, u8),
    hop_limit: u8,
    identification: u16,
    protocol: IpProtocol,
}

impl Datagram {
    fn new(version: u8, medium: Medium) -> Self {
        let (identification, protocol) = (7, IpProtocol::Udp);
        Self {
            version,
            medium,
            hosts: (2, 1),
            hop_limit: 61,
            identification,
            protocol,
        }
    }

    fn numbered(self, identification: u16) -> Self {
        Self {
            identification,
            ..self
        }
    }

    fn frame(self, packet: &[u8]) -> Vec<u8> {
        if self.medium == Medium::Ip {
            return packet.to_vec();
        }
        let mut frame = vec![0; 14 + packet.len()];
        let mut ethernet = EthernetFrame::new_unchecked(&mut frame[..]);
        ethernet.set_src_addr(PEER);
        ethernet.set_dst_addr(OURS);
        let four = self.version == 4;
        ethernet.set_ethertype(if four {
            EthernetProtocol::Ipv4
        } else {
            EthernetProtocol::Ipv6
        });
        ethernet.payload_mut().copy_from_slice(packet);
        frame
    }

    fn ipv4(self, options: &[u8], offset: usize, more: bool, data: &[u8]) -> Vec<u8> {
        let header = 20 + options.len();
        let mut bytes = [&vec![0; 20][..], options, data].concat();
        let mut packet = Ipv4Packet::new_unchecked(&mut bytes[..]);
        packet.set_version(4);
        packet.set_header_len(header as u8);
        packet.set_total_len((header + data.len()) as u16);
        packet.set_ident(self.identification);
        packet.set_more_frags(more);
        packet.set_frag_offset(offset as u16);
        packet.set_hop_limit(self.hop_limit);
        packet.set_next_header(self.protocol);
        packet.set_src_addr(Ipv4Address::new(192, 0, 2, self.hosts.0));
        packet.set_dst_addr(Ipv4Address::new(192, 0, 2, self.hosts.1));
        packet.fill_checksum();
        self.frame(&bytes)
    }

    #[cfg(feature = "ipv6")]
    fn ipv6(self, next_header: IpProtocol, data: &[u8]) -> Vec<u8> {
        let mut bytes = [&[0; 40][..], data].concat();
        let mut packet = Ipv6Packet::new_unchecked(&mut bytes[..]);
        packet.set_version(6);
        packet.set_payload_len(data.len() as u16);
        packet.set_next_header(next_header);
        packet.set_hop_limit(self.hop_limit);
        let address = |host: u8| Ipv6Address::new(0xfd00, 0, 0, 0, 0, 0, 0, host.into());
        packet.set_src_addr(address(self.hosts.0));
        packet.set_dst_addr(address(self.hosts.1));
        self.frame(&bytes)
    }

    fn whole(self, data: &[u8]) -> Vec<u8> {
        match self.version {
            4 => self.ipv4(&[], 0, false, data),
            #[cfg(feature = "ipv6")]
            _ => self.ipv6(self.protocol, data),
            #[cfg(not(feature = "ipv6"))]
            _ => panic!(),
        }
    }

    fn fragment(self, offset: usize, more: bool, data: &[u8]) -> Vec<u8> {
        match self.version {
            4 => self.ipv4(&[], offset, more, data),
            #[cfg(feature = "ipv6")]
            _ => {
                let mut header = [u8::from(self.protocol), 0, 0, 0, 0, 0, 0, 0];
                let frag_offset = (offset / 8) as u16;
                let ident = self.identification.into();
                Ipv6FragmentRepr {
                    frag_offset,
                    more_frags: more,
                    ident,
                }
                .emit(&mut Ipv6FragmentHeader::new_unchecked(&mut header[2..]));
                self.ipv6(IpProtocol::Ipv6Frag, &[&header[..], data].concat())
            }
            #[cfg(not(feature = "ipv6"))]
            _ => panic!(),
        }
    }

    fn fragments(self, data: &[u8], size: usize) -> Vec<Vec<u8>> {
        let last = data.len().div_ceil(size) - 1;
        let parts = data.chunks(size).enumerate();
        parts
            .map(|(index, part)| self.fragment(index * size, index < last, part))
            .collect()
    }
}

fn text(length: usize) -> Vec<u8> {
    (0..length)
        .map(|index| b'a' + (index / 7 % 26) as u8)
        .collect()
}

/// A UDP datagram with a payload of so many bytes and the right checksum.
fn udp(version: u8, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; 8 + length];
    UdpRepr {
        src_port: 50_000,
        dst_port: 12_000,
    }
    .emit(
        &mut UdpPacket::new_unchecked(&mut bytes[..]),
        &address(version, 2),
        &address(version, 1),
        length,
        |payload| payload.copy_from_slice(&text(length)),
        &Default::default(),
    );
    bytes
}

fn permutations(of: usize) -> Vec<Vec<usize>> {
    if of == 0 {
        return vec![vec![]];
    }
    let smaller = permutations(of - 1).into_iter();
    let longer = |order: Vec<usize>| {
        (0..of).map(move |place| {
            let mut order = order.clone();
            order.insert(place, of - 1);
            order
        })
    };
    smaller.flat_map(longer).collect()
}

fn everywhere(test: impl Fn(Datagram)) {
    for medium in MEDIA {
        for version in VERSIONS {
            test(Datagram::new(*version, medium));
        }
    }
}

type Room = Buffers<{ 2048 + OVERHEAD }, 3>;

fn with_room(medium: Medium, test: impl FnOnce(&mut Reassembly<Line>)) {
    test(&mut Reassembly::new(Line::new(medium), &mut Room::new()));
}

// Datagrams that arrive.

#[test]
fn fragments_in_every_order_become_the_datagram() {
    everywhere(|datagram| {
        with_room(datagram.medium, |device| {
            let mut times = 0;
            for count in 2..=5 {
                let data = udp(datagram.version, 8 * 48 * count - 100);
                for order in permutations(count) {
                    times += 1;
                    let datagram = datagram.numbered(times as u16);
                    let frames = datagram.fragments(&data, 8 * 48);
                    assert_eq!(frames.len(), count);
                    for (nth, index) in order.iter().enumerate() {
                        let seen = see(device, &frames[*index], START);
                        let expected = (nth + 1 == count).then(|| datagram.whole(&data));
                        assert!(seen == expected, "{order:?}, fragment {index}");
                    }
                }
            }
            assert_eq!(
                device.counters(),
                Counters {
                    reassembled: times,
                    ..Default::default()
                }
            );
        })
    });
}

#[test]
fn fragments_of_several_datagrams_may_be_mixed() {
    everywhere(|datagram| {
        let mut buffers = Buffers::<{ 2048 + OVERHEAD }, 5>::new();
        let mut device = Reassembly::new(Line::new(datagram.medium), &mut buffers);
        let mut datagrams = vec![
            (datagram, 1000),
            (datagram.numbered(8), 1100),
            (
                Datagram {
                    hosts: (3, 1),
                    ..datagram
                },
                1200,
            ),
            (
                Datagram {
                    hosts: (2, 3),
                    ..datagram
                },
                900,
            ),
        ];
        if datagram.version == 4 {
            // The protocol is part of the identity; in IPv6 it is not.
            datagrams.push((
                Datagram {
                    protocol: IpProtocol::Icmp,
                    ..datagram
                },
                950,
            ));
        }
        let mut seen = vec![];
        for index in [2, 0, 1] {
            for (datagram, length) in &datagrams {
                let fragment = &datagram.fragments(&text(*length), 400)[index];
                seen.extend(see(&mut device, fragment, START));
            }
        }
        let whole = datagrams
            .iter()
            .map(|(datagram, length)| datagram.whole(&text(*length)));
        assert!(seen == whole.collect::<Vec<_>>());
    });
}

#[test]
fn the_headers_are_those_of_the_first_fragment() {
    everywhere(|datagram| {
        for order in permutations(3) {
            with_room(datagram.medium, |device| {
                let other = Datagram {
                    hop_limit: 3,
                    ..datagram
                };
                let data = udp(datagram.version, 1000);
                let mut frames = other.fragments(&data, 400);
                frames[0] = datagram.fragment(0, true, &data[..400]);
                if datagram.medium == Medium::Ethernet {
                    frames[1][..6].fill(0xff);
                    frames[2][6..12].fill(0);
                }
                let frames = order.iter().map(|index| frames[*index].clone());
                assert!(see_all(device, &frames.collect::<Vec<_>>()) == [datagram.whole(&data)]);
            });
        }
    });
}

#[test]
fn a_header_checksum_that_the_device_has_verified_is_not_verified_again() {
    let mut line = Line::new(Medium::Ip);
    line.checksum.ipv4 = Checksum::Tx;
    let mut room = Room::new();
    let mut device = Reassembly::new(line, &mut room);
    let (datagram, data) = (Datagram::new(4, Medium::Ip), udp(4, 1000));
    let mut frames = datagram.fragments(&data, 400);
    frames.iter_mut().for_each(|frame| frame[10..12].fill(0));
    assert!(see_all(&mut device, &frames) == [datagram.whole(&data)]);
}

#[test]
fn a_fragment_may_arrive_twice() {
    everywhere(|datagram| {
        for order in permutations(3) {
            with_room(datagram.medium, |device| {
                let data = udp(datagram.version, 1000);
                let frames = datagram.fragments(&data, 400);
                let seen = |device: &mut _, nth: usize| see(device, &frames[order[nth]], START);
                for nth in [0, 0, 1, 1, 0, 1] {
                    assert_eq!(seen(device, nth), None);
                }
                assert!(seen(device, 2) == Some(datagram.whole(&data)));
                assert_eq!(device.counters().reassembled, 1);
            });
        }
    });
}

#[test]
fn the_last_fragment_may_be_as_short_as_one_byte() {
    everywhere(|datagram| {
        with_room(datagram.medium, |device| {
            for length in 1..=9 {
                let data = text(400 + length);
                let mut frames = datagram.fragments(&data, 400);
                frames.reverse();
                assert!(see_all(device, &frames) == [datagram.whole(&data)]);
            }
        })
    });
}

#[test]
fn what_is_not_a_fragment_passes_untouched() {
    everywhere(|datagram| {
        with_room(datagram.medium, |device| {
            let whole = datagram.whole(&udp(datagram.version, 1400));
            let mut wrong_checksum = whole.clone();
            *wrong_checksum.last_mut().unwrap() ^= 1;
            for frame in [
                &whole[..],
                &wrong_checksum,
                &whole[..30],
                b"not IP at all, but a frame",
                b"?",
            ] {
                device.inner_mut().arriving.push_back(frame.to_vec());
                let place = device.inner().arriving[0].as_ptr();
                let (token, _) = device.receive(START).unwrap();
                token.consume(|seen| {
                    assert_eq!(seen, frame);
                    assert_eq!(seen.as_ptr(), place, "it is not copied either");
                });
            }
            assert_eq!(device.counters(), Counters::default());
        })
    });
}

#[test]
fn ipv4_options_are_left_out() {
    for medium in MEDIA {
        with_room(medium, |device| {
            let (datagram, data) = (Datagram::new(4, medium), udp(4, 1000));
            let frames = [
                datagram.ipv4(&[], 800, false, &data[800..]),
                datagram.ipv4(&[1; 40], 0, true, &data[..400]),
                datagram.ipv4(&[1; 4], 400, true, &data[400..800]),
            ];
            assert!(see_all(device, &frames) == [datagram.whole(&data)]);
        });
    }
}

#[cfg(feature = "ipv6")]
#[test]
fn an_atomic_fragment_has_nothing_to_do_with_others() {
    for medium in MEDIA {
        with_room(medium, |device| {
            let (datagram, data) = (Datagram::new(6, medium), udp(6, 1000));
            let frames = datagram.fragments(&data, 400);
            assert!(see_all(device, &frames[..2]).is_empty());
            let short = udp(6, 10);
            let atomic = datagram.fragment(0, false, &short);
            assert!(see_all(device, &[atomic]) == [datagram.whole(&short)]);
            assert!(see_all(device, &frames[2..]) == [datagram.whole(&data)]);
        });
    }
}

// Datagrams that do not.

#[test]
fn overlapping_fragments_discard_the_datagram_and_what_still_comes_of_it() {
    let data = text(1200);
    everywhere(|datagram| {
        let overlaps = [
            datagram.fragment(392, true, &data[392..400]), // all of it seen before, but ...
            datagram.fragment(392, true, &data[392..408]), // ... not if it is longer
            datagram.fragment(0, true, &text(1200)[..1192]),
            datagram.fragment(0, true, b"different from what was there"[..24].as_ref()),
            datagram.fragment(320, false, &data[320..]),
            datagram.fragment(8, false, &data[8..16]),
        ];
        for (index, overlap) in overlaps.iter().enumerate() {
            with_room(datagram.medium, |device| {
                let frames = datagram.fragments(&data, 400);
                let seen = see_all(
                    device,
                    &[&frames[..1], std::slice::from_ref(overlap), &frames[1..]].concat(),
                );
                if index == 0 {
                    assert!(seen == [datagram.whole(&data)]);
                    assert_eq!(device.counters().malformed, 0);
                } else {
                    assert!(seen.is_empty(), "overlap {index}");
                    assert_eq!(device.counters().malformed, 1);
                    // The next datagram is not affected.
                    let next = datagram.numbered(8);
                    assert!(see_all(device, &next.fragments(&data, 400)) == [next.whole(&data)]);
                }
            });
        }
    });
}

#[test]
fn fragments_that_disagree_about_the_end_discard_the_datagram() {
    let data = text(1200);
    everywhere(|datagram| {
        for wrong in [
            datagram.fragment(800, false, &data[800..1192]),
            datagram.fragment(800, true, &data[800..1200]),
            datagram.fragment(1200, true, &data[..8]),
            datagram.fragment(1200, false, &data[..8]),
            datagram.fragment(400, false, &data[400..800]),
        ] {
            with_room(datagram.medium, |device| {
                let frames = datagram.fragments(&data, 400);
                let order = [&frames[2..], &[wrong], &frames[..2]].concat();
                assert!(see_all(device, &order).is_empty());
                assert_eq!(device.counters().malformed, 1);
            });
        }
    });
}

#[test]
fn impossible_fragments_are_dropped_and_counted() {
    let data = text(1200);
    everywhere(|datagram| {
        with_room(datagram.medium, |device| {
            let longest = if datagram.version == 4 {
                65_515
            } else {
                65_535
            };
            let last_block = longest / 8 * 8;
            let mut frames = vec![
                datagram.fragment(0, true, &[]),
                datagram.fragment(400, false, &[]),
                datagram.fragment(0, true, &data[..399]),
                datagram.fragment(last_block, false, &data[..longest - last_block + 1]),
                datagram.fragment(65_528, true, &data[..1200]),
            ];
            let link = if datagram.medium == Medium::Ethernet {
                14
            } else {
                0
            };
            if datagram.version == 4 {
                let mut wrong_checksum = datagram.fragment(0, true, &data[..400]);
                wrong_checksum[link + 8] -= 1;
                frames.push(wrong_checksum);
            } else {
                let mut truncated = datagram.fragment(0, true, &data[..8]);
                truncated.truncate(link + 40 + 7);
                truncated[link + 5] = 7;
                frames.push(truncated);
            }
            let count = frames.len() as u32;
            assert!(see_all(device, &frames).is_empty());
            assert_eq!(
                device.counters(),
                Counters {
                    malformed: count,
                    ..Default::default()
                }
            );
            // They did not become a part of anything.
            assert!(see_all(device, &datagram.fragments(&data, 400)) == [datagram.whole(&data)]);
            assert_eq!(device.counters().evicted, 0);
        })
    });
}

#[test]
fn a_datagram_with_a_gap_is_given_up_in_time() {
    let (data, just_before) = (text(1200), LIFETIME - Duration::from_millis(1));
    everywhere(|datagram| {
        with_room(datagram.medium, |device| {
            let frames = datagram.fragments(&data, 400);
            assert_eq!(see(device, &frames[0], START), None);
            assert_eq!(
                see(device, &frames[2], START + Duration::from_secs(5)),
                None
            );
            assert!(see(device, &frames[1], START + just_before) == Some(datagram.whole(&data)));

            assert_eq!(see(device, &frames[0], START), None);
            assert_eq!(see(device, &frames[2], START + just_before), None);
            assert_eq!(device.counters().expired, 0);
            assert_eq!(see(device, &frames[1], START + LIFETIME), None);
            assert_eq!(device.counters().expired, 1);
            // The fragment that was late has become the first of a new one.
            assert_eq!(see(device, &frames[0], START + LIFETIME), None);
            assert!(see(device, &frames[2], START + LIFETIME) == Some(datagram.whole(&data)));
            // Time passes without frames, too.
            assert_eq!(see(device, &frames[0], START + LIFETIME), None);
            assert!(device.receive(START + LIFETIME + LIFETIME).is_none());
            assert_eq!(device.counters().expired, 2);
        })
    });
}

#[test]
fn unfinished_datagrams_make_room_for_new_ones_the_oldest_first() {
    let data = text(1200);
    everywhere(|datagram| {
        with_room(datagram.medium, |device| {
            let frames: Vec<_> = (0..100)
                .map(|number| datagram.numbered(number).fragments(&data, 400))
                .collect();
            for frames in &frames {
                assert!(see_all(device, &frames[..2]).is_empty());
            }
            assert_eq!(device.counters().evicted, 97);
            // The three youngest are still there.
            for number in [98, 97, 99] {
                let whole = datagram.numbered(number).whole(&data);
                assert!(see_all(device, &frames[usize::from(number)][2..]) == [whole]);
            }
            assert_eq!(device.counters().evicted, 97);
        })
    });
}

#[test]
fn a_datagram_that_was_dropped_makes_room_before_one_that_may_still_arrive() {
    let data = text(1200);
    everywhere(|datagram| {
        with_room(datagram.medium, |device| {
            let frames = |number| datagram.numbered(number).fragments(&data, 400);
            assert!(see_all(device, &frames(1)[..2]).is_empty());
            assert!(see_all(device, &frames(2)[..2]).is_empty());
            for number in 3..50 {
                let contradiction = datagram.numbered(number).fragment(0, true, &data[8..16]);
                assert!(
                    see_all(device, &[&frames(number)[..2], &[contradiction]].concat()).is_empty()
                );
            }
            assert_eq!(
                (device.counters().malformed, device.counters().evicted),
                (47, 0)
            );
            assert_eq!(see_all(device, &frames(1)[2..]).len(), 1);
            assert_eq!(see_all(device, &frames(2)[2..]).len(), 1);
        })
    });
}

#[test]
fn a_datagram_larger_than_the_room_is_dropped_whole_and_counted_once() {
    everywhere(|datagram| {
        for order in permutations(4) {
            with_room(datagram.medium, |device| {
                let fits = udp(datagram.version, 2048);
                let frames = datagram.fragments(&fits, 520);
                let ordered: Vec<_> = order.iter().map(|index| frames[*index].clone()).collect();
                assert!(see_all(device, &ordered) == [datagram.whole(&fits)]);

                let datagram = datagram.numbered(8);
                let frames = datagram.fragments(&udp(datagram.version, 2049), 520);
                let ordered: Vec<_> = order.iter().map(|index| frames[*index].clone()).collect();
                assert!(see_all(device, &ordered).is_empty());
                let expected = Counters {
                    reassembled: 1,
                    too_large: 1,
                    ..Default::default()
                };
                assert_eq!(device.counters(), expected);
            });
        }
    });
}

#[test]
fn a_datagram_larger_than_any_socket_takes_is_dropped_and_counted() {
    everywhere(|datagram| {
        let mut room = Room::new();
        let mut device =
            Reassembly::new(Line::new(datagram.medium), &mut room).with_payload_limit(1000);
        let (fits, too_large) = (udp(datagram.version, 1000), udp(datagram.version, 1001));
        for (number, size) in [(1, 400), (2, 2000)] {
            let datagram = datagram.numbered(number);
            let frames = |data: &[u8]| {
                if data.len() > size {
                    datagram.fragments(data, size)
                } else {
                    vec![datagram.whole(data)]
                }
            };
            assert!(see_all(&mut device, &frames(&fits)) == [datagram.whole(&fits)]);
            assert!(see_all(&mut device, &frames(&too_large)).is_empty());
            assert_eq!(device.counters().too_large, u32::from(number));
        }
        // Other protocols have no such limit.
        let ping = Datagram {
            protocol: IpProtocol::Icmp,
            ..datagram
        };
        assert!(
            see_all(&mut device, &ping.fragments(&text(2000), 400)) == [ping.whole(&text(2000))]
        );
    });
}

#[test]
fn nothing_that_arrives_can_make_it_panic() {
    let mut seed = 0x9e37_79b9_u32;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        seed as usize % below
    };
    let verified = ChecksumCapabilities::ignored; // and what is damaged gets further
    for (medium, checksum) in [
        (Medium::Ethernet, Default::default()),
        (Medium::Ethernet, verified()),
        (Medium::Ip, verified()),
    ] {
        let (mut room, data) = (Room::new(), text(3000));
        let line = Line {
            checksum,
            ..Line::new(medium)
        };
        let mut device = Reassembly::new(line, &mut room).with_payload_limit(2000);
        for millisecond in 0..100_000 {
            let version = VERSIONS[random(VERSIONS.len())];
            let datagram = Datagram::new(version, medium).numbered(random(6) as u16);
            let mut frame = match random(4) {
                // Fragments as they may be,
                0 => datagram.fragment(random(8192) * 8, random(2) == 0, &data[..random(1500)]),
                1 => {
                    let (block, blocks) = (random(2) * 50, 50 + usize::from(random(8) == 0));
                    let data = &data[block * 8..(block + blocks) * 8];
                    datagram.fragment(block * 8, block == 0, data)
                }
                // with options,
                2 => datagram.numbered(0).ipv4(
                    &data[..random(11) * 4],
                    random(30) * 8,
                    random(2) == 0,
                    &data[..random(100)],
                ),
                // and noise.
                _ => (0..random(100)).map(|_| random(256) as u8).collect(),
            };
            if random(3) == 0 && !frame.is_empty() {
                for _ in 0..1 + random(4) {
                    let index = random(frame.len().min(64));
                    frame[index] = random(256) as u8;
                }
                frame.truncate(random(frame.len() * 2));
            }
            let now = START + Duration::from_millis(millisecond);
            if let Some(seen) = see(&mut device, &frame, now) {
                assert!(seen.len() <= frame.len().max(14 + 40 + 2048 + 8));
            }
        }
        let found = device.counters();
        for count in [
            found.reassembled,
            found.too_large,
            found.evicted,
            found.malformed,
        ] {
            assert!(count > 100, "the noise is of all kinds: {found:?}");
        }
        // And it still works.
        let datagram = Datagram::new(4, medium).numbered(1000);
        let data = udp(4, 1500);
        assert!(see_all(&mut device, &datagram.fragments(&data, 400)) == [datagram.whole(&data)]);
    }
}

// What smoltcp makes of it.

struct Host {
    interface: Interface,
    sockets: SocketSet<'static>,
}

impl Host {
    fn new(device: &mut impl Device) -> Self {
        let address_of_device = match device.capabilities().medium {
            Medium::Ethernet => HardwareAddress::Ethernet(OURS),
            Medium::Ip => HardwareAddress::Ip,
        };
        let mut interface = Interface::new(Config::new(address_of_device), device, START);
        interface.update_ip_addrs(|addresses| {
            for version in VERSIONS {
                addresses
                    .push(IpCidr::new(address(*version, 1), 24))
                    .unwrap();
            }
        });
        // Leaked, because without `std` smoltcp takes nothing but slices.
        let buffer = || {
            let packets = vec![udp::PacketMetadata::EMPTY; 4].leak();
            udp::PacketBuffer::new(packets, vec![0; 65_535].leak())
        };
        let mut socket = udp::Socket::new(buffer(), buffer());
        socket.bind(12_000).unwrap();
        let mut sockets = SocketSet::new(vec![SocketStorage::EMPTY].leak());
        sockets.add(socket);
        Self { interface, sockets }
    }

    /// What the socket has received.
    fn poll(&mut self, device: &mut impl Device) -> Vec<Vec<u8>> {
        self.interface.poll(START, device, &mut self.sockets);
        let mut received = vec![];
        for (_, socket) in self.sockets.iter_mut() {
            let smoltcp::socket::Socket::Udp(socket) = socket else {
                continue;
            };
            while let Ok((payload, _)) = socket.recv() {
                received.push(payload.to_vec());
            }
        }
        received
    }
}

#[test]
fn smoltcp_receives_datagrams_of_every_size() {
    everywhere(|datagram| {
        let longest = if datagram.version == 4 {
            65_507
        } else {
            65_527
        };
        let mut buffers = Box::new(Buffers::<{ 65_527 + OVERHEAD }, 2>::new());
        let mut device = Reassembly::new(Line::new(datagram.medium), &mut buffers);
        let mut host = Host::new(&mut device);
        let sizes = [
            1473,
            1480,
            2047,
            2048,
            2953,
            6144,
            9000,
            65_000,
            longest - 1,
            longest,
        ];
        for (number, size) in sizes.into_iter().enumerate() {
            let datagram = datagram.numbered(number as u16);
            let mut frames = datagram.fragments(&udp(datagram.version, size), 1448);
            let count = frames.len();
            frames.rotate_left(number % count);
            device.inner_mut().arriving.extend(frames);
            assert!(host.poll(&mut device) == [text(size)], "{size} bytes");
        }
        assert_eq!(device.counters().reassembled, sizes.len() as u32);
    });
}

#[test]
fn two_datagrams_at_a_time_are_received_but_not_by_smoltcp_alone() {
    everywhere(|datagram| {
        let other = datagram.numbered(8);
        let data = [2048, 2049].map(|length| udp(datagram.version, length));
        let [first, second] = [(datagram, &data[0]), (other, &data[1])]
            .map(|(datagram, data)| datagram.fragments(data, 1448));
        let frames = [&first[..1], &second[..1], &first[1..], &second[1..]].concat();

        let mut line = Line::new(datagram.medium);
        let mut host = Host::new(&mut line);
        line.arriving.extend(frames.clone());
        let alone = host.poll(&mut line).len();
        assert!(alone < 2, "{alone} received");

        let mut room = Buffers::<{ 2049 + OVERHEAD }, 2>::new();
        let mut device = Reassembly::new(line, &mut room);
        device.inner_mut().arriving.extend(frames);
        assert!(host.poll(&mut device) == [text(2048), text(2049)]);
    });
}

#[test]
fn smoltcp_notices_when_fragments_of_two_datagrams_were_mixed() {
    everywhere(|datagram| {
        with_room(datagram.medium, |device| {
            let mut host = Host::new(device);
            let mut other = udp(datagram.version, 2040);
            other[2000] ^= 1;
            let mixed = [
                datagram
                    .fragments(&udp(datagram.version, 2040), 1448)
                    .remove(0),
                datagram.fragments(&other, 1448).remove(1),
            ];
            device.inner_mut().arriving.extend(mixed);
            assert_eq!(host.poll(device).len(), 0);
            assert_eq!(device.counters().reassembled, 1);
        })
    });
}

#[test]
fn what_is_transmitted_is_not_touched() {
    everywhere(|datagram| {
        with_room(datagram.medium, |device| {
            let frame = datagram.fragment(0, true, &text(400));
            let copy = |buffer: &mut [u8]| buffer.copy_from_slice(&frame);
            device.transmit(START).unwrap().consume(frame.len(), copy);
            device.inner_mut().arriving.push_back(frame.clone());
            let (_, answer) = device.receive(START).unwrap();
            answer.consume(frame.len(), copy);
            assert!(device.inner().sent == [frame.clone(), frame.clone()]);
        })
    });
}
