//! Files of other programs.

use std::time::Duration;

use smoltcp::phy::Medium;
use uppercase::device::capture::Direction;
use uppercase::trace::pcapng::{LinkType, Packet, Reader};

use super::file::{ORDERS, Order};
use super::read_good;

const FRAME: &[u8] = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0payload";

#[test]
fn the_older_format_is_read_in_both_byte_orders_and_resolutions() {
    for order in ORDERS {
        let kinds = [(0xa1b2_c3d4, 1000), (0xa1b2_3c4d, 1)];
        for (magic, unit) in kinds {
            let file = [
                order.classic(magic, 1 | 0x1400_0000), // with a frame check sequence
                order.classic_packet(7, 123_456, FRAME),
                order.classic_packet(8, 0, b""),
            ];
            let packets = read_good(&file.concat());
            assert_eq!(packets.len(), 2, "{order:?} {magic:x}");
            assert_eq!(packets[0].time, Duration::new(7, 123_456 * unit));
            assert_eq!(packets[0].bytes, FRAME);
            assert_eq!(packets[0].original_length, FRAME.len() + 1);
            assert_eq!(packets[0].interface.link, LinkType::Ethernet);
            assert_eq!(packets[0].interface.name, None);
            assert_eq!(packets[0].direction, None);
            assert_eq!(packets[1].bytes, b"");
        }
    }
}

#[test]
fn the_modified_older_format_has_longer_headers() {
    let order = Order::Little;
    let packet = order.classic_packet(7, 8, FRAME);
    let (head, bytes) = packet.split_at(16);
    let file = [
        &order.classic(0xa1b2_cd34, 1)[..],
        head,
        b"8 bytes.",
        bytes,
        head,
        b"8 bytes.",
        bytes,
    ];
    let packets = read_good(&file.concat());
    assert_eq!(packets.len(), 2);
    assert_eq!(packets[1].bytes, FRAME);
}

#[test]
fn options_of_interfaces_and_packets_are_read_in_both_byte_orders() {
    for order in ORDERS {
        let described = [
            order.option(2, b"eth0"),
            order.option(3, b"a card"),
            order.option(9, &[0x80 | 10]),            // 1/1024 s
            order.option(14, &order.long(1_000_000)), // later than its times say
            order.option(0, b""),
            order.option(2, b"behind the end"),
        ];
        let early = [order.option(9, &[9]), order.option(14, &order.long(-5))];
        let comments = [
            order.option(1, b"first"),
            order.option(2, &order.word(1)),
            order.option(1, b"second"),
            order.option(0, b""),
            order.option(1, b"behind the end"),
        ];
        let file = [
            order.section(),
            order.interface(1, 0, &described.concat()),
            order.block(0xbad, b"a block of another kind"),
            order.interface(101, 0, &early.concat()),
            order.packet(0, 5 * 1024 + 512, FRAME, &comments.concat()),
            order.packet(
                1,
                7_000_000_001,
                FRAME,
                &order.option(2, &order.word(0x0602)),
            ),
            order.packet(1, 4_000_000_000, FRAME, b""),
        ];
        let packets = read_good(&file.concat());
        let [first, second, third] = &packets[..] else {
            panic!("{}", packets.len());
        };
        assert_eq!(first.interface.name.as_deref(), Some("eth0"));
        assert_eq!(first.time, Duration::new(1_000_005, 500_000_000));
        assert_eq!(first.comments, ["first", "second"]);
        assert_eq!(first.direction, Some(Direction::Inbound));
        assert_eq!(first.bytes, FRAME);
        assert_eq!(second.interface.index, 1);
        assert_eq!(second.interface.link, LinkType::Ip);
        assert_eq!(second.time, Duration::new(2, 1));
        assert_eq!(second.direction, Some(Direction::Outbound));
        assert_eq!((third.time, third.direction), (Duration::ZERO, None));
    }
}

#[test]
fn each_section_has_a_byte_order_and_interfaces_of_its_own() {
    let section = |order: Order, name: &[u8], bytes: &[u8]| {
        let name = order.option(2, name);
        let blocks = [
            order.section(),
            order.interface(1, 0, &name),
            order.packet(0, 1_000_000, bytes, b""),
        ];
        blocks.concat()
    };
    let file = [
        section(Order::Big, b"one", b"abc"),
        section(Order::Little, b"two", b"defgh"),
        section(Order::Big, b"three", b"i"),
    ];
    let file = file.concat();
    let mut reader = Reader::new(&file[..]).unwrap();
    let packets: Vec<Packet> = reader.by_ref().map(Result::unwrap).collect();
    let named = |packet: &Packet| packet.interface.name.clone().unwrap();
    let names: Vec<_> = packets.iter().map(named).collect();
    assert_eq!(names, ["one", "two", "three"]);
    let times = packets.iter().map(|packet| packet.time.as_secs());
    assert_eq!(times.collect::<Vec<_>>(), [1; 3]);
    let indices = packets.iter().map(|packet| packet.interface.index);
    assert_eq!(indices.collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(reader.interfaces().len(), 3);
}

#[test]
fn packets_of_the_simple_and_of_the_obsolete_block_are_read() {
    for order in ORDERS {
        let length = order.word(FRAME.len() as u32);
        let obsolete = [
            &order.half(1)[..],
            &order.half(99), // dropped before it
            &order.word(0),
            &order.word(3_000_000),
            &length,
            &length,
            FRAME,
            b"\0\0\0", // padding
            &order.option(2, &order.word(2)),
        ];
        let file = [
            order.section(),
            order.interface(1, 8, b""),
            order.interface(101, 0, b""),
            order.block(2, &obsolete.concat()),
            order.block(3, &[&length[..], &FRAME[..8]].concat()), // cut to the limit
            order.block(3, &[&order.word(5)[..], b"short"].concat()),
        ];
        let packets = read_good(&file.concat());
        assert_eq!(packets.len(), 3);
        assert_eq!(packets[0].interface.index, 1);
        assert_eq!(packets[0].direction, Some(Direction::Outbound));
        assert_eq!(packets[0].time, Duration::from_secs(3));
        assert_eq!(packets[0].bytes, FRAME);
        assert_eq!(packets[1].interface.index, 0);
        assert_eq!(packets[1].bytes, FRAME[..8]);
        assert_eq!(packets[1].original_length, FRAME.len());
        // They have no time of their own.
        assert_eq!(packets[1].time, packets[0].time);
        assert_eq!(packets[2].bytes, b"short");
    }
}

/// One packet of this link type.
fn packet(link: u32, bytes: &[&[u8]]) -> Packet {
    let order = Order::Little;
    let packet = order.classic_packet(0, 0, &bytes.concat());
    let file = [order.classic(0xa1b2_c3d4, link), packet].concat();
    read_good(&file).remove(0)
}

#[test]
fn link_types_are_brought_to_what_a_device_has() {
    let ip = b"\x45 an IP packet";
    let ip6 = b"\x60 an IP packet";
    let arp = b"\0\x01\x08\0\x06\x04\0\x01 a message of ARP";
    let source = b"\x02\0\0\0\0\x09";
    let arp_frame = [&[0; 6][..], source, b"\x08\x06", arp].concat();

    let ethernet = packet(1, &[FRAME]);
    assert_eq!(ethernet.frame().unwrap(), (Medium::Ethernet, FRAME.into()));
    let tagged = packet(
        1,
        &[&FRAME[..12], b"\x88\xa8\0\x05\x81\0\0\x07", &FRAME[12..]],
    );
    assert_eq!(tagged.frame().unwrap(), (Medium::Ethernet, FRAME.into()));
    for link in [12, 14, 101, 228] {
        let raw = packet(link, &[ip]);
        assert_eq!(raw.frame().unwrap(), (Medium::Ip, ip.into()));
    }
    for (link, protocol) in [(0, b"\x02\0\0\0"), (0, b"\0\0\0\x02"), (108, b"\0\0\0\x02")] {
        let loopback = packet(link, &[protocol, ip]);
        assert_eq!(loopback.frame().unwrap(), (Medium::Ip, ip.into()));
    }

    let cooked = |kind: u8, protocol: &[u8], payload: &[u8]| {
        packet(
            113,
            &[
                &[0, kind],
                &[0, 1, 0, 6],
                source,
                &[0; 2],
                protocol,
                payload,
            ],
        )
    };
    let received = cooked(0, b"\x08\0", ip);
    assert_eq!(received.frame().unwrap(), (Medium::Ip, ip.into()));
    assert_eq!(received.direction, Some(Direction::Inbound));
    let sent = cooked(4, b"\x08\x06", arp);
    assert_eq!(
        sent.frame().unwrap(),
        (Medium::Ethernet, arp_frame.clone().into())
    );
    assert_eq!(sent.direction, Some(Direction::Outbound));
    let of_a_group = cooked(2, b"\x86\xdd", ip6);
    assert_eq!(of_a_group.direction, Some(Direction::Inbound));
    assert_eq!(cooked(3, b"\x86\xdd", ip6).direction, None);
    assert_eq!(cooked(0, b"\0\x04", ip).frame(), None);

    let cooked = |kind: u8, protocol: &[u8], payload: &[u8]| {
        let interface = [0, 0, 0, 0, 0, 2, 0, 1, kind, 6];
        packet(276, &[protocol, &interface, source, &[0; 2], payload])
    };
    let received = cooked(1, b"\x86\xdd", ip6);
    assert_eq!(received.frame().unwrap(), (Medium::Ip, ip6.into()));
    assert_eq!(received.direction, Some(Direction::Inbound));
    let sent = cooked(4, b"\x08\x06", arp);
    assert_eq!(sent.frame().unwrap(), (Medium::Ethernet, arp_frame.into()));
    assert_eq!(sent.direction, Some(Direction::Outbound));

    // One of IEEE 802.11; and headers that are cut.
    assert_eq!(packet(105, &[ip]).frame(), None);
    for link in [113, 276, 0] {
        assert_eq!(packet(link, &[b"abc"]).frame(), None);
    }
}
