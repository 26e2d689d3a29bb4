//! Two hosts that open one connection at once (RFC 9293, 3.5, MUST-10).

use super::common;

use smoltcp::wire::{TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::tcp::Config;

use common::frames::{read_tcp, segment, tcp};
use common::network::Link;
use common::scene::{Caller, Scene};

#[test]
fn a_client_whose_peer_opens_the_same_connection_is_connected() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        scene.expect_service();
        scene.network.to_server.cut();
        scene.network.to_server.capture();
        let mut caller = Caller::new(&mut scene.network, 1024);
        caller.connect(&mut scene);
        scene.settle();
        let sent = || {
            let frames = scene.network.to_server.captured();
            let mut segments = frames.iter().filter_map(|frame| read_tcp(link, frame));
            let (from, _, segment) = segments.next().expect("a segment");
            (from, common::frames::unborrowed(&segment))
        };
        let (from, syn) = sent();
        assert_eq!((syn.control, syn.ack_number), (TcpControl::Syn, None));
        let first = TcpSeqNumber(7_000);
        let theirs = TcpRepr {
            control: TcpControl::Syn,
            seq_number: first,
            max_seg_size: Some(1000),
            ..segment(link.server(), from)
        };
        let frame = |segment| tcp(link, link.server().addr, from.addr, segment);
        scene.network.to_client.inject(&frame(&theirs));
        scene.settle();
        let frames = scene.network.to_server.captured();
        let mut answers = frames.iter().filter_map(|frame| read_tcp(link, frame));
        let (_, _, answer) = answers.next().expect("a SYN-ACK");
        assert_eq!(answer.control, TcpControl::Syn, "{link:?}");
        assert_eq!(answer.seq_number, syn.seq_number, "{link:?}");
        assert_eq!(answer.ack_number, Some(first + 1), "{link:?}");
        // The peer answers the client's SYN in the same way.
        let theirs = TcpRepr {
            ack_number: Some(syn.seq_number + 1),
            ..theirs
        };
        scene.network.to_client.inject(&frame(&theirs));
        scene.settle();
        assert_eq!(caller.is_open(&mut scene), Ok(true), "{link:?}");
    }
}
