//! A TCP client; each of its segments is made by hand.

use smoltcp::wire::{IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};

use super::frames::{read_tcp, segment, tcp};
use super::network::{CLIENT, Link};
use super::scene::Scene;

const FIRST: TcpSeqNumber = TcpSeqNumber(1_000_000);

/// What a test wants to know of a segment that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub port: u16,
    pub control: TcpControl,
    pub number: TcpSeqNumber,
    pub acknowledged: Option<TcpSeqNumber>,
    pub window: u16,
    pub text: Vec<u8>,
}

#[derive(Clone, Copy)]
pub struct Hand {
    pub link: Link,
    pub from: IpEndpoint,
    /// Its next byte.
    pub next: TcpSeqNumber,
    /// The server's next byte.
    pub expected: TcpSeqNumber,
}

impl Hand {
    /// A client that is connected to the scene's server, with a window of `window` bytes.
    ///
    /// From now on no frame reaches the other clients.
    #[track_caller]
    pub fn connected(scene: &mut Scene, port: u16, window: u16) -> Self {
        // The server's host gets to know the client's.
        scene.expect_service();
        // The client's host would reset what it has not asked for.
        scene.network.to_client.cut();
        scene.network.to_client.capture();
        Self::another(scene, port, window)
    }

    /// Another client.
    #[track_caller]
    pub fn another(scene: &mut Scene, port: u16, window: u16) -> Self {
        let from = IpEndpoint::new(scene.link.address(CLIENT), port);
        Self::open(scene, from, window, 1400)
    }

    /// Another client, which takes segments of `size` bytes.
    #[track_caller]
    pub fn open(scene: &mut Scene, from: IpEndpoint, window: u16, size: u16) -> Self {
        Self::open_with(scene, from, window, size, b"")
    }

    /// The same with text in its SYN, which is not acknowledged.
    #[track_caller]
    pub fn open_with(
        scene: &mut Scene,
        from: IpEndpoint,
        window: u16,
        size: u16,
        text: &[u8],
    ) -> Self {
        let mut hand = Self {
            link: scene.link,
            from,
            next: FIRST,
            expected: TcpSeqNumber(0),
        };
        let syn = TcpRepr {
            max_seg_size: Some(size),
            payload: text,
            ..hand.syn()
        };
        hand.send(scene, &syn);
        scene.settle();
        let frames = scene.network.to_client.captured();
        let (_, _, answer) = read_tcp(scene.link, &frames[0]).expect("a segment");
        assert_eq!(answer.control, TcpControl::Syn);
        assert_eq!(answer.ack_number, Some(FIRST + 1));
        hand.next += 1;
        hand.expected = answer.seq_number + 1;
        let confirmation = TcpRepr {
            window_len: window,
            ..hand.segment()
        };
        hand.send(scene, &confirmation);
        scene.settle();
        hand
    }

    pub fn syn(&self) -> TcpRepr<'static> {
        TcpRepr {
            control: TcpControl::Syn,
            seq_number: FIRST,
            max_seg_size: Some(1400),
            ..segment(self.from, self.link.server())
        }
    }

    /// An acknowledgement of what it has heard, with a closed window.
    pub fn segment(&self) -> TcpRepr<'static> {
        TcpRepr {
            seq_number: self.next,
            ack_number: Some(self.expected),
            window_len: 0,
            ..segment(self.from, self.link.server())
        }
    }

    pub fn frame(&self, segment: &TcpRepr<'_>) -> Vec<u8> {
        tcp(self.link, self.from.addr, self.link.server().addr, segment)
    }

    /// Puts a segment on the wire.
    pub fn send(&self, scene: &mut Scene, segment: &TcpRepr<'_>) {
        scene.network.to_server.inject(&self.frame(segment));
    }

    /// All that the server's host has sent since the last call, to any client.
    #[track_caller]
    pub fn hear(&self, scene: &mut Scene) -> Vec<Heard> {
        hear(scene)
    }
}

/// All that the server's host has sent since the last call, to any client.
#[track_caller]
pub fn hear(scene: &mut Scene) -> Vec<Heard> {
    scene.settle();
    heard(scene)
}

/// The same of what is past.
pub fn heard(scene: &Scene) -> Vec<Heard> {
    let frames = scene.network.to_client.captured();
    let segments = frames.iter().filter_map(|frame| {
        let (_, to, segment) = read_tcp(scene.link, frame)?;
        Some(Heard {
            port: to.port,
            control: segment.control,
            number: segment.seq_number,
            acknowledged: segment.ack_number,
            window: segment.window_len,
            text: segment.payload.to_vec(),
        })
    });
    segments.collect()
}
