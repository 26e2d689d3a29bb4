//! Connection requests at the edges: who asks twice, who asks wrongly, who is asked at two ports.
#![cfg(feature = "syn-cookies")]

mod common;

use smoltcp::iface::SocketStorage;
use smoltcp::phy::{ChecksumCapabilities, Loopback, Medium};
use smoltcp::time::Instant;
use smoltcp::wire::{
    EthernetAddress, IpAddress, IpCidr, IpEndpoint, IpProtocol, TcpControl, TcpPacket, TcpRepr,
    TcpSeqNumber,
};
use uppercase::tcp::{self, Config};
use uppercase::{Stack, stack};

use common::busy::{Busy, controls, opened, patient};
use common::frames::{self, packet_start};
use common::hand::{self, Hand};
use common::network::{CLIENT, Link, SECOND, SERVER};
use common::scene::{Scene, buffers, server};

/// These promises do not depend on the link.
const LINK: Link = Link::ETHERNET_V4;

#[test]
fn an_idle_server_does_not_keep_anothers_clients_waiting() {
    let mut busy = Busy::new(LINK, 2);
    let other = Config {
        port: 12_001,
        ..patient()
    };
    let mut other = server(&mut busy.scene.network, 1, 1024, other);
    let frame = busy.frame(&busy.request(40_001));
    let Scene {
        network, server, ..
    } = &mut busy.scene;
    network.settle(&mut [server, &mut other], &mut []);
    network.to_server.inject(&frame);
    network.settle(&mut [server, &mut other], &mut []);
    assert_eq!(network.server.counters().queued, 1);
    network.to_client.captured();
    busy.holders[0].abort(&mut busy.scene);
    let Scene {
        network, server, ..
    } = &mut busy.scene;
    network.run_for(SECOND * 5, &mut [server, &mut other], &mut []);
    let opened = opened(&hand::heard(&busy.scene));
    assert!(
        opened.contains(&40_001),
        "the place is free for 5 seconds: {opened:?}"
    );
}

#[test]
fn a_request_that_waits_is_forgotten_when_its_client_comes_in_by_a_cookie() {
    let mut busy = Busy::with_places(LINK, 2, 2, 1);
    assert_eq!(busy.send(&busy.request(40_001)), []);
    // Finds no room to wait.
    busy.send(&busy.request(40_002));
    busy.scene.pass(SECOND);
    // It asks again, as it was not answered, and gets a cookie this time.
    let cookie = busy.cookie(40_001);
    busy.leave();
    busy.confirm(40_001, cookie);
    assert_eq!(busy.counters().proven, 1);
    let text = TcpRepr {
        control: TcpControl::Psh,
        payload: b"me",
        ..busy.confirmation(40_001, cookie)
    };
    assert_eq!(busy.send(&text)[0].text, b"ME");
    busy.scene.pass(SECOND * 5);
    let heard = busy.leave();
    assert!(
        !opened(&heard).contains(&40_001),
        "a second connection with the same ends: {heard:?}"
    );
}

#[test]
fn a_group_of_hosts_is_sent_no_cookie() {
    let mut busy = Busy::new(LINK, 0);
    let request = busy.request(40_001);
    let all = IpAddress::v4(192, 168, 69, 255);
    assert_eq!(busy.send_from(all, &request), []);
}

#[test]
fn a_client_of_smaller_segments_than_a_cookie_can_tell_is_not_sent_one() {
    let mut busy = Busy::new(LINK, 0);
    let with_segments_of = |busy: &Busy, size| TcpRepr {
        max_seg_size: Some(size),
        ..busy.request(40_001)
    };
    assert_eq!(busy.send(&with_segments_of(&busy, 535)), []);
    assert_eq!(busy.counters().dropped, 1);
    let heard = busy.send(&with_segments_of(&busy, 536));
    assert_eq!(opened(&heard), [40_001]);
}

#[test]
fn a_client_that_comes_in_by_a_cookie_gets_segments_of_the_size_that_it_takes() {
    let mut busy = Busy::new(LINK, 0);
    let request = TcpRepr {
        max_seg_size: Some(700),
        ..busy.request(40_001)
    };
    let cookie = busy.send(&request)[0].number;
    busy.leave();
    busy.confirm(40_001, cookie);
    let text = TcpRepr {
        control: TcpControl::Psh,
        payload: &[b'x'; 600],
        ..busy.confirmation(40_001, cookie)
    };
    let heard = busy.send(&text);
    let sizes: Vec<_> = heard.iter().map(|heard| heard.text.len()).collect();
    assert_eq!(sizes, [536, 64]);
}

#[test]
fn who_has_waited_is_answered_without_asking_where_it_is() {
    for link in Link::ETHERNET {
        let mut busy = Busy::new(link, 3);
        for host in 50..53 {
            let request = busy.request(40_000 + u16::from(host));
            assert_eq!(busy.send_from(link.address(host), &request), []);
            busy.scene.pass(SECOND / 10);
        }
        assert_eq!(opened(&busy.leave()), [40_050], "{link:?}");
    }
}

#[test]
fn a_client_that_starts_anew_while_it_waits_is_opened_as_it_asked_last() {
    let mut busy = Busy::new(LINK, 1);
    busy.send(&busy.request(40_001));
    let anew = TcpRepr {
        seq_number: TcpSeqNumber(900_000),
        ..busy.request(40_001)
    };
    busy.send(&anew);
    let heard = busy.leave();
    let opened = heard
        .iter()
        .filter(|heard| heard.control == TcpControl::Syn);
    let acknowledged: Vec<_> = opened.map(|heard| heard.acknowledged).collect();
    assert_eq!(acknowledged, [Some(TcpSeqNumber(900_001))]);
}

#[test]
fn who_is_there_takes_the_place_of_who_is_not_after_a_second() {
    let mut busy = Busy::with_places(LINK, 1, 0, 1);
    // Half open.
    assert_eq!(opened(&busy.send(&busy.request(40_001))), [40_001]);
    busy.send(&busy.request(40_002)); // waits
    let cookie = busy.cookie(40_003);
    busy.scene.pass(SECOND / 2);
    busy.confirm(40_003, cookie);
    busy.scene.pass(SECOND * 4);
    assert_eq!(busy.counters().proven, 1);
}

#[test]
fn a_cookie_with_a_wrong_checksum_takes_no_place() {
    let mut busy = Busy::new(LINK, 0);
    let cookie = busy.cookie(40_001);
    busy.leave();
    let mut frame = busy.frame(&busy.confirmation(40_001, cookie));
    let window = packet_start(LINK) + 20 + 14;
    frame[window] ^= 0xff;
    busy.put(&frame);
    assert_eq!(busy.counters().proven, 0);
}

#[test]
fn a_request_with_a_wrong_checksum_does_not_wait() {
    let mut busy = Busy::new(LINK, 1);
    let mut frame = busy.frame(&busy.request(40_001));
    let port = packet_start(LINK) + 20;
    frame[port] ^= 0x40;
    busy.put(&frame);
    assert_eq!(busy.counters().queued, 0);
}

#[test]
fn a_request_for_another_card_is_left_alone() {
    let mut busy = Busy::new(LINK, 0);
    let mut frame = busy.frame(&busy.request(40_001));
    let another = EthernetAddress([2, 0, 0, 0, 0, 55]);
    frame[..6].copy_from_slice(another.as_bytes());
    assert_eq!(busy.put(&frame), []);
}

/// A server in TIME-WAIT towards this client, with two places more.
fn in_time_wait() -> (Scene, Hand) {
    let config = Config {
        once: true,
        ..patient()
    };
    let mut scene = Scene::new(LINK, 3, config);
    let mut hand = Hand::connected(&mut scene, 40_000, 1024);
    let text = TcpRepr {
        payload: b"me",
        window_len: 1024,
        ..hand.segment()
    };
    hand.send(&mut scene, &text);
    hand.hear(&mut scene);
    hand.next += 2;
    hand.expected += 3;
    let close = TcpRepr {
        control: TcpControl::Fin,
        ..hand.segment()
    };
    hand.send(&mut scene, &close);
    hand.hear(&mut scene);
    (scene, hand)
}

#[test]
fn a_new_connection_instead_of_one_in_time_wait_hears_no_reset() {
    let (mut scene, hand) = in_time_wait();
    let again = TcpRepr {
        seq_number: TcpSeqNumber(5_000_000),
        ..hand.syn()
    };
    hand.send(&mut scene, &again);
    assert_eq!(controls(&hand.hear(&mut scene)), [TcpControl::Syn]);
}

#[test]
fn a_request_with_a_wrong_checksum_ends_no_time_wait() {
    let (mut scene, hand) = in_time_wait();
    let mut frame = hand.frame(&hand.syn());
    frame[packet_start(LINK) + 20 + 16] ^= 0xff;
    scene.network.to_server.inject(&frame);
    assert_eq!(hand.hear(&mut scene), []);
    // The client's close once more, as the acknowledgement was lost.
    let close = TcpRepr {
        control: TcpControl::Fin,
        ..hand.segment()
    };
    hand.send(&mut scene, &close);
    assert_eq!(controls(&hand.hear(&mut scene)), [TcpControl::None]);
}

#[test]
fn a_loopback_has_connections_between_two_of_its_addresses() {
    let addresses = [
        IpCidr::new(IpAddress::v4(127, 0, 0, 1), 8),
        IpCidr::new(IpAddress::v4(127, 0, 0, 2), 8),
    ];
    let config = stack::Config {
        hardware_address: EthernetAddress([2, 0, 0, 0, 0, 1]),
        addresses: &addresses,
        gateways: &[],
        random_seed: 7,
    };
    let slots = Vec::<SocketStorage<'_>>::new();
    let device = Loopback::new(Medium::Ip);
    let mut stack = Stack::new(device, config, slots, Instant::ZERO).unwrap();
    let places = vec![tcp::Place::new()];
    let mut server =
        tcp::Server::from_parts(stack.sockets(), places, [buffers(512)], patient()).unwrap();
    let (receive, transmit) = buffers(512);
    let mut client =
        tcp::Client::from_parts(stack.sockets(), receive, transmit, SECOND * 10).unwrap();
    let to = IpEndpoint::new(IpAddress::v4(127, 0, 0, 2), uppercase::PORT);
    client
        .connect(&mut stack.context(Instant::ZERO), to)
        .unwrap();
    for step in 0..50 {
        stack.poll(Instant::from_millis(step * 100), |context| {
            server.poll(context)
        });
    }
    let open = client.is_open(&mut stack.context(Instant::from_millis(5_000)));
    assert_eq!(open, Ok(true), "{:?}", stack.counters());
}

#[test]
fn who_goes_on_asking_does_not_lose_its_turn() {
    let mut busy = Busy::new(LINK, 2);
    busy.send(&busy.request(40_001));
    busy.scene.pass(SECOND * 15);
    busy.send(&busy.request(40_001));
    busy.send(&busy.request(40_002));
    busy.scene.pass(SECOND * 16);
    // As Linux does: it has waited for 31 seconds.
    busy.send(&busy.request(40_001));
    assert_eq!(opened(&busy.leave()), [40_001]);
}

#[test]
fn a_request_that_also_closes_is_sent_no_cookie() {
    let mut busy = Busy::new(LINK, 0);
    let request = busy.request(40_001);
    let mut frame = busy.frame(&request);
    let mut segment = TcpPacket::new_unchecked(&mut frame[packet_start(LINK) + 20..]);
    segment.set_fin(true);
    let from = LINK.address(CLIENT);
    segment.fill_checksum(&from, &LINK.server().addr);
    assert_eq!(busy.put(&frame), []);
}

#[test]
fn a_cookie_that_comes_back_right_after_the_close_is_refused() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 0);
        let cookie = busy.cookie(40_001);
        busy.leave();
        busy.close();
        let heard = busy.confirm(40_001, cookie);
        assert_eq!(controls(&heard), [TcpControl::Rst], "{link:?}");
    }
}

#[test]
fn a_request_right_after_the_close_is_refused() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 1);
        busy.close();
        let mut heard = busy.send(&busy.request(40_001));
        // Whose place it was, hears of the close.
        heard.retain(|heard| heard.port == 40_001);
        assert_eq!(controls(&heard), [TcpControl::Rst], "{link:?}");
        assert_eq!(busy.counters().queued, 0, "{link:?}");
    }
}

/// smoltcp would find it there, and refuse it.
#[test]
fn a_request_behind_a_hop_by_hop_header_is_dropped() {
    for link in Link::V6 {
        let mut busy = Busy::new(link, 1);
        let frame = hidden(link, &busy.request(40_001));
        assert_eq!(busy.put(&frame), [], "{link:?}");
        assert_eq!(busy.counters().hidden, 1, "{link:?}");
    }
}

/// An IPv6 packet with a segment behind a hop-by-hop header.
fn hidden(link: Link, segment: &TcpRepr<'_>) -> Vec<u8> {
    let (from, to) = (link.address(CLIENT), link.address(SERVER));
    let length = 8 + segment.buffer_len();
    frames::ip(link, from, to, IpProtocol::HopByHop, length, |payload| {
        // What follows, no more than 8 bytes, and padding.
        payload[..8].copy_from_slice(&[6, 0, 1, 4, 0, 0, 0, 0]);
        let checksums = ChecksumCapabilities::default();
        let mut packet = TcpPacket::new_unchecked(&mut payload[8..]);
        segment.emit(&mut packet, &from, &to, &checksums);
    })
}
