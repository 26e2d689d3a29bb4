//! Proofs of a review; each states what should be.
#![cfg(feature = "syn-cookies")]

mod common;

use smoltcp::iface::SocketStorage;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{
    EthernetAddress, IpAddress, IpCidr, IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber,
};
use uppercase::stack::{self, Waiting};
use uppercase::tcp::Config;
use uppercase::{Stack, tcp as service};

use common::frames::{packet_start, read_tcp, segment, tcp};
use common::hand::Hand;
use common::network::{CLIENT, Link, SECOND};
use common::scene::{Caller, Scene, buffers, server};

struct Busy {
    scene: Scene,
    holders: Vec<Caller>,
}

type Heard = (u16, TcpControl, TcpSeqNumber, Option<TcpSeqNumber>, usize);

fn quiet() -> Config {
    Config {
        idle_timeout: None,
        silence_timeout: None,
        keep_alive: None,
        ..Config::default()
    }
}

impl Busy {
    fn new(link: Link, places: usize, taken: usize, backlog: usize) -> Self {
        let mut scene = Scene::new(link, places, quiet());
        let backlog = vec![Waiting::NOBODY; backlog];
        scene.network.server = Box::new(scene.network.server.with_backlog(backlog));
        let holders = (0..taken).map(|_| Caller::connected(&mut scene)).collect();
        scene.network.to_client.capture();
        scene.network.to_client.filter(|_| false);
        Self { scene, holders }
    }

    fn request(&self, port: u16) -> TcpRepr<'static> {
        let link = self.scene.link;
        TcpRepr {
            control: TcpControl::Syn,
            seq_number: TcpSeqNumber(1_000),
            max_seg_size: Some(1400),
            ..segment(IpEndpoint::new(link.address(CLIENT), port), link.server())
        }
    }

    fn confirmation(&self, port: u16, cookie: TcpSeqNumber) -> TcpRepr<'static> {
        TcpRepr {
            control: TcpControl::None,
            seq_number: TcpSeqNumber(1_001),
            ack_number: Some(cookie + 1),
            max_seg_size: None,
            ..self.request(port)
        }
    }

    fn send(&mut self, segment: &TcpRepr<'_>) -> Vec<Heard> {
        let from = self.scene.link.address(CLIENT);
        self.send_from(from, segment)
    }

    fn send_from(&mut self, from: IpAddress, segment: &TcpRepr<'_>) -> Vec<Heard> {
        let link = self.scene.link;
        let frame = tcp(link, from, link.server().addr, segment);
        self.put(&frame)
    }

    fn put(&mut self, frame: &[u8]) -> Vec<Heard> {
        self.scene.network.to_server.inject(frame);
        self.hear()
    }

    fn hear(&mut self) -> Vec<Heard> {
        self.scene.settle();
        let frames = self.scene.network.to_client.captured();
        let segments = frames.iter().filter_map(|frame| {
            let (_, to, segment) = read_tcp(self.scene.link, frame)?;
            let (number, acknowledged) = (segment.seq_number, segment.ack_number);
            Some((
                to.port,
                segment.control,
                number,
                acknowledged,
                segment.payload.len(),
            ))
        });
        segments.collect()
    }

    fn leave(&mut self) -> Vec<Heard> {
        self.hear();
        let mut holder = self.holders.pop().unwrap();
        holder.abort(&mut self.scene);
        self.hear()
    }
}

fn opened(heard: &[Heard]) -> Vec<u16> {
    heard
        .iter()
        .filter(|h| h.1 == TcpControl::Syn)
        .map(|h| h.0)
        .collect()
}

#[test]
fn an_idle_server_does_not_keep_anothers_clients_waiting() {
    let link = Link::ETHERNET_V4;
    let mut busy = Busy::new(link, 1, 1, 2);
    let other = Config {
        port: 12_001,
        ..quiet()
    };
    let mut other = server(&mut busy.scene.network, 1, 1024, other);
    let frame = tcp(
        link,
        link.address(CLIENT),
        link.server().addr,
        &busy.request(40_001),
    );
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
    let frames = network.to_client.captured();
    let opened = frames.iter().filter(|frame| {
        read_tcp(link, frame)
            .is_some_and(|(_, to, s)| to.port == 40_001 && s.control == TcpControl::Syn)
    });
    assert_ne!(opened.count(), 0, "the place is free for 5 seconds");
}

#[test]
fn a_request_that_waits_is_forgotten_when_its_client_comes_in_by_a_cookie() {
    let link = Link::ETHERNET_V4;
    let mut busy = Busy::new(link, 2, 2, 1);
    assert_eq!(busy.send(&busy.request(40_001)), []);
    // Finds no room to wait.
    busy.send(&busy.request(40_002));
    busy.scene.pass(SECOND);
    // It asks again, as it was not answered, and gets a cookie this time.
    let heard = busy.send(&busy.request(40_001));
    let [(40_001, TcpControl::Syn, cookie, ..)] = heard[..] else {
        panic!("{heard:?}")
    };
    busy.leave();
    busy.send(&busy.confirmation(40_001, cookie));
    assert_eq!(busy.scene.network.server.counters().proven, 1);
    let text = TcpRepr {
        control: TcpControl::Psh,
        payload: b"me",
        ..busy.confirmation(40_001, cookie)
    };
    assert_eq!(busy.send(&text)[0].4, 2);
    busy.scene.pass(SECOND * 5);
    let heard = busy.leave();
    eprintln!("heard {heard:?}");
    // A client in an established connection answers a SYN with where it is (RFC 9293, 3.10.7.4).
    let challenge = TcpRepr {
        seq_number: TcpSeqNumber(1_003),
        ack_number: Some(cookie + 3),
        ..busy.confirmation(40_001, cookie)
    };
    let after = busy.send(&challenge);
    eprintln!("after the challenge {after:?}");
    let more = TcpRepr {
        control: TcpControl::Psh,
        payload: b"more",
        ..challenge
    };
    let after = busy.send(&more);
    eprintln!("after more text {after:?}");
    assert!(
        !opened(&heard).contains(&40_001),
        "a second connection with the same ends: {heard:?}"
    );
}

#[test]
fn a_group_of_hosts_is_sent_no_cookie() {
    let link = Link::ETHERNET_V4;
    let mut busy = Busy::new(link, 1, 1, 0);
    let request = busy.request(40_001);
    let all = IpAddress::v4(192, 168, 69, 255);
    assert_eq!(busy.send_from(all, &request), []);
}

#[test]
fn a_client_of_small_segments_gets_small_segments() {
    let link = Link::ETHERNET_V4;
    let mut busy = Busy::new(link, 1, 1, 0);
    let request = TcpRepr {
        max_seg_size: Some(100),
        ..busy.request(40_001)
    };
    let heard = busy.send(&request);
    let Some(&(_, TcpControl::Syn, cookie, ..)) = heard.first() else {
        return;
    };
    busy.leave();
    busy.send(&busy.confirmation(40_001, cookie));
    let text = TcpRepr {
        control: TcpControl::Psh,
        payload: &[b'x'; 500],
        ..busy.confirmation(40_001, cookie)
    };
    let heard = busy.send(&text);
    let longest = heard.iter().map(|h| h.4).max();
    assert!(longest <= Some(100), "{longest:?}");
}

#[test]
fn who_has_waited_is_answered_without_asking_where_it_is() {
    for link in Link::ETHERNET {
        let mut busy = Busy::new(link, 1, 1, 3);
        for host in 50..53 {
            let request = busy.request(40_000 + host as u16);
            let from = link.address(host);
            let request = TcpRepr {
                src_port: 40_000 + u16::from(host),
                ..request
            };
            assert_eq!(busy.send_from(from, &request), []);
            busy.scene.pass(SECOND / 10);
        }
        assert_eq!(opened(&busy.leave()), [40_050], "{link:?}");
    }
}

#[test]
fn a_client_that_starts_anew_while_it_waits_is_opened_as_it_asked_last() {
    let link = Link::ETHERNET_V4;
    let mut busy = Busy::new(link, 1, 1, 1);
    busy.send(&busy.request(40_001));
    let anew = TcpRepr {
        seq_number: TcpSeqNumber(900_000),
        ..busy.request(40_001)
    };
    busy.send(&anew);
    let heard = busy.leave();
    let acknowledged: Vec<_> = heard
        .iter()
        .filter(|h| h.1 == TcpControl::Syn)
        .map(|h| h.3)
        .collect();
    assert_eq!(acknowledged, [Some(TcpSeqNumber(900_001))]);
}

#[test]
fn who_is_there_takes_the_place_of_who_is_not_after_a_second() {
    let link = Link::ETHERNET_V4;
    let mut busy = Busy::new(link, 1, 0, 1);
    // Half open.
    assert_eq!(opened(&busy.send(&busy.request(40_001))), [40_001]);
    busy.send(&busy.request(40_002)); // waits
    let heard = busy.send(&busy.request(40_003));
    let [(40_003, TcpControl::Syn, cookie, ..)] = heard[..] else {
        panic!("{heard:?}")
    };
    busy.scene.pass(SECOND / 2);
    busy.send(&busy.confirmation(40_003, cookie));
    busy.scene.pass(SECOND * 4);
    assert_eq!(busy.scene.network.server.counters().proven, 1);
}

#[test]
fn a_cookie_with_a_wrong_checksum_takes_no_place() {
    let link = Link::ETHERNET_V4;
    let mut busy = Busy::new(link, 1, 1, 0);
    let cookie = busy.send(&busy.request(40_001))[0].2;
    busy.leave();
    let confirmation = busy.confirmation(40_001, cookie);
    let mut frame = tcp(
        link,
        link.address(CLIENT),
        link.server().addr,
        &confirmation,
    );
    let window = packet_start(link) + 20 + 14;
    frame[window] ^= 0xff;
    busy.put(&frame);
    assert_eq!(busy.scene.network.server.counters().proven, 0);
}

#[test]
fn a_request_with_a_wrong_checksum_does_not_wait() {
    let link = Link::ETHERNET_V4;
    let mut busy = Busy::new(link, 1, 1, 1);
    let mut frame = tcp(
        link,
        link.address(CLIENT),
        link.server().addr,
        &busy.request(40_001),
    );
    let port = packet_start(link) + 20;
    frame[port] ^= 0x40;
    busy.put(&frame);
    assert_eq!(busy.scene.network.server.counters().queued, 0);
}

#[test]
fn a_frame_for_another_card_is_left_alone() {
    let link = Link::ETHERNET_V4;
    let destination = EthernetAddress([2, 0, 0, 0, 0, 55]);
    let mut busy = Busy::new(link, 1, 1, 0);
    let mut frame = tcp(
        link,
        link.address(CLIENT),
        link.server().addr,
        &busy.request(40_001),
    );
    frame[..6].copy_from_slice(destination.as_bytes());
    assert_eq!(busy.put(&frame), []);
}

#[test]
fn a_new_connection_instead_of_one_in_time_wait_hears_no_reset() {
    let link = Link::ETHERNET_V4;
    let config = Config {
        once: true,
        ..quiet()
    };
    let mut scene = Scene::new(link, 3, config);
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
    let again = TcpRepr {
        seq_number: TcpSeqNumber(5_000_000),
        ..hand.syn()
    };
    hand.send(&mut scene, &again);
    let heard: Vec<_> = hand.hear(&mut scene).iter().map(|h| h.control).collect();
    assert_eq!(heard, [TcpControl::Syn]);
}

#[test]
fn a_loopback_with_two_addresses() {
    use smoltcp::phy::Medium;
    let _ = (
        Medium::Ip,
        Instant::ZERO,
        Duration::ZERO,
        stack::Counters::default(),
    );
    loopback();
}

fn loopback() {
    use smoltcp::phy::{Loopback, Medium};
    let device = Loopback::new(Medium::Ip);
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
    let mut stack = Stack::new(device, config, slots, Instant::ZERO).unwrap();
    let places = vec![service::Place::new()];
    let mut server =
        service::Server::from_parts(stack.sockets(), places, [buffers(512)], quiet()).unwrap();
    let (rx, tx) = buffers(512);
    let mut client = service::Client::from_parts(stack.sockets(), rx, tx, SECOND * 10).unwrap();
    let to = IpEndpoint::new(IpAddress::v4(127, 0, 0, 2), 12_000);
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
    let link = Link::ETHERNET_V4;
    let mut busy = Busy::new(link, 1, 1, 2);
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
    let link = Link::ETHERNET_V4;
    let mut busy = Busy::new(link, 1, 1, 0);
    let mut frame = tcp(
        link,
        link.address(CLIENT),
        link.server().addr,
        &busy.request(40_001),
    );
    let start = packet_start(link) + 20;
    frame[start + 13] |= 1;
    let (_, tcp_bytes) = frame.split_at_mut(start);
    smoltcp::wire::TcpPacket::new_unchecked(tcp_bytes)
        .fill_checksum(&link.address(CLIENT), &link.server().addr);
    assert_eq!(busy.put(&frame), []);
}

#[test]
fn a_cookie_that_comes_back_right_after_the_close_is_refused() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 1, 1, 0);
        let cookie = busy.send(&busy.request(40_001))[0].2;
        busy.leave();
        let now = busy.scene.network.now();
        let Scene {
            network, server, ..
        } = &mut busy.scene;
        server.close(&mut network.server.context(now));
        let heard = busy.send(&busy.confirmation(40_001, cookie));
        let controls: Vec<_> = heard.iter().map(|h| h.1).collect();
        assert_eq!(controls, [TcpControl::Rst], "{link:?}");
    }
}
