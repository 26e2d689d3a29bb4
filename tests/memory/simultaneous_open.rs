//! Two hosts that open one connection at once (RFC 9293, 3.5, MUST-10).

use super::common;

use smoltcp::wire::{IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::tcp::Config;

use common::frames::{read_tcp, segment, tcp, unborrowed};
use common::network::{CLIENT, Link};
use common::scene::{Caller, Scene};

const FIRST: TcpSeqNumber = TcpSeqNumber(7_000);

/// A client that has got a SYN in answer to its own, its endpoint, and its sequence number.
fn crossing(link: Link) -> (Scene, Caller, IpEndpoint, TcpSeqNumber) {
    let mut scene = Scene::new(link, 1, Config::default());
    scene.expect_service();
    scene.network.to_server.cut();
    scene.network.to_server.capture();
    let mut caller = Caller::new(&mut scene.network, 1024);
    caller.connect(&mut scene);
    scene.settle();
    let (from, syn) = sent(&scene, link).expect("a segment");
    assert_eq!((syn.control, syn.ack_number), (TcpControl::Syn, None));
    inject(&scene, link, &theirs(link, from));
    scene.settle();
    let (_, answer) = sent(&scene, link).expect("a SYN-ACK");
    assert_eq!(answer.control, TcpControl::Syn, "{link:?}");
    assert_eq!(answer.seq_number, syn.seq_number, "{link:?}");
    assert_eq!(answer.ack_number, Some(FIRST + 1), "{link:?}");
    (scene, caller, from, syn.seq_number)
}

/// The first segment that the client's host has sent, and its source.
fn sent(scene: &Scene, link: Link) -> Option<(IpEndpoint, TcpRepr<'static>)> {
    let frames = scene.network.to_server.captured();
    let mut segments = frames.iter().filter_map(|frame| read_tcp(link, frame));
    let (from, _, segment) = segments.next()?;
    Some((from, unborrowed(&segment)))
}

fn theirs(link: Link, from: IpEndpoint) -> TcpRepr<'static> {
    TcpRepr {
        control: TcpControl::Syn,
        seq_number: FIRST,
        max_seg_size: Some(1000),
        ..segment(link.server(), from)
    }
}

fn inject(scene: &Scene, link: Link, segment: &TcpRepr<'_>) {
    let to = scene.link.address(CLIENT);
    let frame = tcp(link, link.server().addr, to, segment);
    scene.network.to_client.inject(&frame);
}

#[test]
fn a_client_whose_peer_opens_the_same_connection_is_connected() {
    for link in Link::ALL {
        let (mut scene, mut caller, from, number) = crossing(link);
        // The peer answers the client's SYN in the same way.
        let answer = TcpRepr {
            ack_number: Some(number + 1),
            ..theirs(link, from)
        };
        inject(&scene, link, &answer);
        scene.settle();
        assert_eq!(caller.is_open(&mut scene), Ok(true), "{link:?}");
    }
}

/// RFC 9293, 3.10.7.4: in SYN-RECEIVED, the acknowledgement of the SYN-ACK opens the connection.
#[test]
fn a_client_whose_syn_was_lost_is_connected_by_the_acknowledgement_of_its_answer() {
    for link in Link::ALL {
        let (mut scene, mut caller, from, number) = crossing(link);
        let acknowledgement = TcpRepr {
            seq_number: FIRST + 1,
            ack_number: Some(number + 1),
            payload: b"HI",
            ..segment(link.server(), from)
        };
        // These do not follow the SYN.
        for seq_number in [FIRST, FIRST + 2] {
            let other = TcpRepr {
                seq_number,
                ..acknowledgement
            };
            inject(&scene, link, &other);
            scene.settle();
            assert_eq!(caller.is_open(&mut scene), Ok(false), "{link:?}");
        }
        sent(&scene, link);
        inject(&scene, link, &acknowledgement);
        scene.settle();
        assert_eq!(caller.is_open(&mut scene), Ok(true), "{link:?}");
        let (_, heard) = sent(&scene, link).expect("an acknowledgement");
        assert_eq!(heard.control, TcpControl::None, "{link:?}");
        assert_eq!(heard.seq_number, number + 1, "{link:?}");
        assert_eq!(heard.ack_number, Some(FIRST + 3), "{link:?}");
    }
}
