//! Frames that a capture has cut short: what is missing is not made up.

use smoltcp::phy::Medium;
use smoltcp::time::Instant;
use smoltcp::wire::{TcpControl, TcpRepr};
use uppercase::trace::{Ladder, Record, text};

use super::common::frames::{segment, tcp, udp};
use super::common::network::{CLIENT, Link};

/// The drawing of a frame of which `kept` bytes were kept.
fn drawn(frame: &[u8], medium: Medium, kept: usize) -> String {
    let mut record = Record::new(Instant::ZERO, medium, &frame[..kept.min(frame.len())]);
    record.length = frame.len();
    let ladder = Ladder::new(&[record], &[]);
    text::draw(&ladder, &text::Options::default().with_width(120))
}

#[test]
fn a_payload_is_shown_as_far_as_it_was_kept() {
    for link in Link::ALL {
        let from = (link.address(CLIENT), 5000).into();
        let frame = udp(link, from, link.server(), b"hello, world");
        let kept = frame.len() - 7;
        let shown = drawn(&frame, link.medium, kept);
        assert!(shown.contains(" UDP len=12 \"hello…\" "), "{shown}");
        let shown = drawn(&frame, link.medium, kept - 5);
        assert!(shown.contains(" UDP len=12 \"…\" "), "{shown}");
    }
}

#[test]
fn a_name_of_which_the_end_is_missing_is_no_other_name() {
    for link in Link::ALL {
        let mut server = link.server();
        server.port = 53;
        let from = (link.address(CLIENT), 5000).into();
        let question =
            b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x01a\x00\x00\x01\x00\x01";
        let frame = udp(link, from, server, question);
        let whole = drawn(&frame, link.medium, frame.len());
        assert!(whole.contains("www.a"), "{whole}");
        let cut = drawn(&frame, link.medium, frame.len() - 5);
        assert!(cut.contains(" UDP len=23 "), "{cut}");
    }
}

#[test]
fn arp_and_icmp_say_that_they_are_cut() {
    let arp = [
        &[0xff; 6][..],
        &[2, 0, 0, 0, 0, 2, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1],
        &[
            2, 0, 0, 0, 0, 2, 192, 168, 69, 2, 0, 0, 0, 0, 0, 0, 192, 168, 69, 1,
        ],
    ]
    .concat();
    let whole = drawn(&arp, Medium::Ethernet, arp.len());
    assert!(whole.contains(" ARP request for 192.168.69.1 "), "{whole}");
    let cut = drawn(&arp, Medium::Ethernet, arp.len() - 1);
    assert!(cut.contains(" ARP [cut] "), "{cut}");

    let link = Link::ETHERNET_V4;
    let (client, server) = (link.address(CLIENT), link.server().addr);
    let icmp = super::common::frames::ip(
        link,
        server,
        client,
        smoltcp::wire::IpProtocol::Icmp,
        36,
        |message| {
            message[..2].copy_from_slice(&[3, 3]);
            message[8] = 0x45;
        },
    );
    let cut = drawn(&icmp, link.medium, icmp.len() - 4);
    assert!(cut.contains(" ICMP [cut] "), "{cut}");
}

#[test]
fn a_header_that_is_cut_has_no_numbers() {
    for link in Link::ALL {
        let (from, to) = ((link.address(CLIENT), 5000).into(), link.server());
        let syn = TcpRepr {
            control: TcpControl::Syn,
            max_seg_size: Some(1460),
            ..segment(from, to)
        };
        let frame = tcp(link, from.addr, to.addr, &syn);
        let header = frame.len() - syn.header_len();
        for kept in 0..syn.header_len() {
            let shown = drawn(&frame, link.medium, header + kept);
            assert!(shown.contains(" TCP [cut] "), "{kept}: {shown}");
            assert!(
                !shown.contains("win=") && !shown.contains(":0\n"),
                "{kept}: {shown}"
            );
        }
        let shown = drawn(&frame, link.medium, frame.len());
        assert!(shown.contains(" SYN seq=0 win=1024 mss=1460 "), "{shown}");

        let frame = udp(link, from, to, b"hello, world");
        for kept in 0..8 {
            let shown = drawn(&frame, link.medium, frame.len() - 12 - 8 + kept);
            assert!(shown.contains(" UDP [cut] "), "{kept}: {shown}");
        }
    }
}
