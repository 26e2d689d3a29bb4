//! How much is sent to a host that has acknowledged nothing: it may be that an attacker forges its
//! address.

use smoltcp::wire::{IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::stack::PendingSyn;
use uppercase::tcp::Config;

use super::common::ask;
use super::common::frames::{packet, read_tcp, segment, tcp, udp};
use super::common::network::{CLIENT, Link, Network, SECOND};
use super::common::scene::Scene;

/// Bytes that may be sent for each that was received.
const MOST: usize = 3;

fn length(link: Link, frame: &[u8]) -> usize {
    packet(link, frame).map_or(0, <[u8]>::len)
}

/// Sends each frame to a server of `places`, and returns the IP bytes that were sent and received
/// until all has been given up.
fn exchanged(link: Link, places: usize, frames: &[Vec<u8>]) -> (usize, usize) {
    let mut scene = Scene::new(link, places, Config::default());
    let backlog = vec![PendingSyn::EMPTY; 1];
    *scene.network.server = scene.network.server.with_backlog(backlog);
    scene.expect_service();
    scene.pass(SECOND * 60);
    scene.network.to_client.capture();
    scene.network.to_client.filter(|_| false);
    for frame in frames {
        scene.network.to_server.inject(frame);
        scene.settle();
    }
    scene.pass(SECOND * 100);
    let sent = scene.network.to_client.captured();
    let sent = sent.iter().map(|frame| length(link, frame)).sum();
    let received = frames.iter().map(|frame| length(link, frame)).sum();
    (sent, received)
}

/// What makes a segment one of a kind.
type Change<'c> = &'c dyn Fn(&mut TcpRepr<'static>);

/// A segment of a host that is not there.
fn forged(link: Link, port: u16, change: impl Fn(&mut TcpRepr<'static>)) -> Vec<u8> {
    let from = IpEndpoint::new(link.address(CLIENT), port);
    let mut forged = segment(from, link.server());
    change(&mut forged);
    tcp(link, from.addr, link.server().addr, &forged)
}

#[test]
fn a_host_that_acknowledges_nothing_is_sent_little() {
    let syn = |segment: &mut TcpRepr<'static>| segment.control = TcpControl::Syn;
    let syn_with_size = |segment: &mut TcpRepr<'static>| {
        segment.control = TcpControl::Syn;
        segment.max_seg_size = Some(1460);
    };
    let syn_with_options = |segment: &mut TcpRepr<'static>| {
        segment.control = TcpControl::Syn;
        segment.max_seg_size = Some(1460);
        segment.window_scale = Some(7);
        segment.sack_permitted = true;
    };
    let ack = |segment: &mut TcpRepr<'static>| segment.ack_number = Some(segment.seq_number);
    let payload = |segment: &mut TcpRepr<'static>| {
        segment.ack_number = Some(segment.seq_number);
        segment.payload = &[b'x'; 100];
    };
    for link in Link::ALL {
        let kinds: [(Change<'_>, _); 5] = [
            (&syn, "SYN"),
            (&syn_with_size, "SYN with a segment size"),
            (&syn_with_options, "SYN with options"),
            (&ack, "ACK"),
            (&payload, "payload"),
        ];
        for (change, kind) in kinds {
            for count in [1, 2, 10] {
                let frames: Vec<_> = (0..count)
                    .map(|number| forged(link, 40_000 + number, change))
                    .collect();
                let (sent, received) = exchanged(link, 2, &frames);
                println!("{link:?}, {count} times {kind}: {sent} bytes for {received}");
                assert!(sent <= MOST * received, "{count} times {kind}, {link:?}");
            }
        }
    }
}

/// The longest answer that the upper-casing makes is three times as long as its text.
#[test]
fn over_udp_a_host_is_sent_three_bytes_for_each_at_most() {
    for link in Link::ALL {
        for text in [&b""[..], b"a", "\u{390}".repeat(300).as_bytes()] {
            let mut network = Network::new(link);
            let mut server = ask::server(&mut network, 4000, 4);
            network.to_client.capture();
            network.to_client.filter(|_| false);
            let from = IpEndpoint::new(link.address(CLIENT), 40_000);
            let frame = udp(link, from, link.server(), text);
            network.to_server.inject(&frame);
            network.run_for(SECOND * 10, &mut [&mut server], &mut []);
            let sent = network.to_client.captured();
            let sent: usize = sent.iter().map(|frame| length(link, frame)).sum();
            let received = length(link, &frame);
            assert!(sent <= MOST * received, "{sent} for {received}, {link:?}");
        }
    }
}

/// The end of such a payload is beyond the window, so its FIN is cut off.
#[test]
fn a_handshake_that_ends_with_a_fin_that_is_cut_off_is_complete() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 2, Config::default());
        scene.expect_service();
        scene.network.to_client.cut();
        scene.network.to_client.capture();
        let from = IpEndpoint::new(link.address(CLIENT), 40_000);
        let first = TcpSeqNumber(1_000_000);
        let next = segment(from, link.server());
        let mut answers = |segment: &TcpRepr<'_>, seconds| {
            let frame = tcp(link, from.addr, link.server().addr, segment);
            scene.network.to_server.inject(&frame);
            scene.pass(SECOND * seconds);
            scene.network.to_client.captured()
        };
        let syn = TcpRepr {
            control: TcpControl::Syn,
            seq_number: first,
            max_seg_size: Some(1400),
            ..next
        };
        let frames = answers(&syn, 0);
        let (_, _, own) = read_tcp(link, &frames[0]).expect("a SYN-ACK");
        let acknowledgement = TcpRepr {
            seq_number: first + 1,
            ack_number: Some(own.seq_number + 1),
            ..next
        };
        let window = usize::from(own.window_len);
        let cut_off = TcpRepr {
            control: TcpControl::Fin,
            seq_number: first + 1 + window - 100,
            payload: &[b'x'; 300],
            ..acknowledgement
        };
        answers(&cut_off, 0);
        // It is retransmitted as often as to any other client.
        let text = TcpRepr {
            payload: &[b'x'; 800],
            ..acknowledgement
        };
        let answers = answers(&text, 60);
        let texts = answers.iter().filter_map(|frame| read_tcp(link, frame));
        let texts = texts.filter(|(.., segment)| segment.payload.len() == 800);
        assert!(texts.count() > 3, "{link:?}");
    }
}
