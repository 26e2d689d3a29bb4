//! The backlog: in which order SYNs leave it, and which of them find room.

use smoltcp::wire::{IpProtocol, TcpPacket, checksum};

use super::common::busy::{Busy, FIRST, opened};
use super::common::frames;
use super::common::hand::Heard;
use super::common::network::{CLIENT, Link, SECOND, SERVER};

#[test]
fn the_syn_that_has_waited_longest_is_admitted_first_whichever_room_it_has_taken() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 3);
        let wait = |busy: &mut Busy, port| {
            assert_eq!(busy.send(&busy.request(port)), [], "{link:?}");
            busy.scene.pass(SECOND / 10);
        };
        for port in [40_001, 40_002, 40_003] {
            wait(&mut busy, port);
        }
        assert_eq!(opened(&busy.leave()), [40_001], "{link:?}");
        // It takes the room of the first one.
        wait(&mut busy, 40_004);
        for (port, next) in (40_001..).zip(40_002..=40_004) {
            assert_eq!(opened(&busy.reset(port)), [next], "{link:?}");
        }
    }
}

#[test]
fn syns_that_come_at_one_moment_are_admitted_in_the_order_in_which_they_came() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 3);
        for port in [40_001, 40_002, 40_003] {
            assert_eq!(busy.send(&busy.request(port)), [], "{link:?}");
        }
        assert_eq!(opened(&busy.leave()), [40_001], "{link:?}");
        assert_eq!(opened(&busy.reset(40_001)), [40_002], "{link:?}");
        assert_eq!(opened(&busy.reset(40_002)), [40_003], "{link:?}");
    }
}

#[test]
fn the_client_that_brought_its_cookie_first_is_admitted_first() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 2);
        for port in [40_001, 40_002] {
            busy.send(&busy.request(port));
        }
        let cookies = [40_003, 40_004].map(|port| (port, busy.cookie(port)));
        for (port, cookie) in cookies {
            assert_eq!(busy.confirm(port, cookie), [], "{link:?}");
            busy.scene.pass(SECOND / 10);
        }
        let served = |heard: Vec<Heard>| {
            let heard = heard.iter().filter(|heard| heard.port > 40_000);
            heard.map(|heard| heard.port).collect::<Vec<_>>()
        };
        assert_eq!(served(busy.leave()), [40_003], "{link:?}");
        assert_eq!(served(busy.reset(40_003)), [40_004], "{link:?}");
    }
}

/// The frame of a SYN with these numbers of bytes of options in its two headers.
fn with_options(link: Link, port: u16, ip_options: usize, tcp_options: usize) -> Vec<u8> {
    let (from, to) = (link.address(CLIENT), link.address(SERVER));
    let length = 20 + tcp_options;
    let mut frame = frames::ip(link, from, to, IpProtocol::Tcp, length, |payload| {
        payload[20..].fill(1); // No operation.
        payload[20..24].copy_from_slice(&[2, 4, 5, 0x78]); // Segments of 1400 bytes.
        let mut segment = TcpPacket::new_unchecked(payload);
        segment.set_src_port(port);
        segment.set_dst_port(link.server().port);
        segment.set_seq_number(FIRST);
        segment.clear_flags();
        segment.set_syn(true);
        segment.set_header_len(length as u8);
        segment.set_window_len(1024);
        segment.fill_checksum(&from, &to);
    });
    if ip_options > 0 {
        let start = frames::packet_start(link);
        let header = &mut frame[start..];
        let total = (20 + ip_options + length) as u16;
        header[0] = 0x40 | ((20 + ip_options) / 4) as u8;
        header[2..4].copy_from_slice(&total.to_be_bytes());
        let end_of_header = start + 20;
        frame.splice(end_of_header..end_of_header, vec![1; ip_options]);
        let header = &mut frame[start..start + 20 + ip_options];
        header[10..12].fill(0);
        let sum = !checksum::data(header);
        header[10..12].copy_from_slice(&sum.to_be_bytes());
    }
    frame
}

#[test]
fn a_syn_with_all_options_of_tcp_waits() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 1);
        assert_eq!(busy.put(&with_options(link, 40_001, 0, 40)), [], "{link:?}");
        assert_eq!(busy.counters().queued, 1, "{link:?}");
        assert_eq!(opened(&busy.leave()), [40_001], "{link:?}");
    }
}

/// There is room for its headers without options of IPv4.
#[test]
fn a_syn_with_all_options_of_ipv4_and_tcp_does_not_wait_and_is_sent_a_cookie() {
    for link in Link::V4 {
        let mut busy = Busy::new(link, 1);
        let heard = busy.put(&with_options(link, 40_001, 40, 40));
        assert_eq!(opened(&heard), [40_001], "{link:?}");
        assert_eq!(busy.counters().queued, 0, "{link:?}");
        assert_eq!(busy.counters().cookies, 1, "{link:?}");
    }
}
