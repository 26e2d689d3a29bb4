//! Datagrams that arrive.

use smoltcp::phy::{Checksum, Device, Medium, RxToken};
use smoltcp::wire::IpProtocol;
use uppercase::device::reassembly::{Buffers, Counters, OVERHEAD, Reassembly};

use super::datagram::{Datagram, everywhere, permutations, udp};
use super::line::{Line, Room, see, see_all, with_room};
use super::plain_host::text;
use super::{MEDIA, START};

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
            let mut expected = Counters::default();
            expected.reassembled = times;
            assert_eq!(device.counters(), expected);
        })
    });
}

#[test]
fn fragments_of_several_datagrams_may_be_mixed() {
    everywhere(|datagram| {
        let mut buffers = Buffers::<5, { 2048 + OVERHEAD }>::new();
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
