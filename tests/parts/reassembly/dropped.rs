//! Datagrams that do not arrive.

use smoltcp::phy::{ChecksumCapabilities, Device, Medium};
use smoltcp::time::Duration;
use smoltcp::wire::IpProtocol;
use uppercase::device::reassembly::{Counters, LIFETIME, Reassembly};

use super::datagram::{Datagram, everywhere, permutations, udp};
use super::line::{Line, Room, see, see_all, with_room};
use super::plain_host::text;
use super::{START, VERSIONS};

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
            let mut expected = Counters::default();
            expected.malformed = count;
            assert_eq!(device.counters(), expected);
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
                let mut expected = Counters::default();
                expected.reassembled = 1;
                expected.too_large = 1;
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
