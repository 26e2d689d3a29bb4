//! What one poll transmits of an answer that is longer.

use smoltcp::iface::SocketStorage;
use smoltcp::time::Instant;
use smoltcp::wire::{IpCidr, IpEndpoint, TcpRepr, TcpSeqNumber};
use uppercase::Stack;
use uppercase::link::EthernetAddress;
use uppercase::stack::{self, Next};
use uppercase::tcp::CongestionControl;

use super::common::busy::patient;
use super::common::cable::Cable;
use super::common::frames::read_tcp;
use super::common::hand::Hand;
use super::common::network::{Actor, CLIENT, Link};
use super::common::scene::Server;

/// Of each segment of the answer, in bytes.
const PAYLOAD: usize = 100;
/// Of the answer, in segments.
const SEGMENTS: usize = 400;

struct Host {
    link: Link,
    stack: Stack<'static, Cable>,
    server: Server,
}

impl Host {
    fn new(link: Link) -> Self {
        let prefix = if link.ipv6 { 64 } else { 24 };
        let config = stack::Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]), 1)
            .with_addresses(&[IpCidr::new(link.server().addr, prefix)]);
        let slots = Vec::<SocketStorage<'_>>::new();
        let stack = Stack::new(Cable::default(), config, slots, Instant::ZERO);
        let mut stack = stack.expect("it is right");
        let config = patient().with_congestion_control(CongestionControl::None);
        let server = Server::scanning_on(stack.sockets(), 1, SEGMENTS * PAYLOAD, config);
        Self {
            link,
            stack,
            server,
        }
    }

    fn receive(&mut self, frame: Vec<u8>) {
        self.stack.device_mut().to_server.push_back(frame);
    }

    /// Polls once; returns what to do next, and the length of the payload of each segment that was
    /// transmitted.
    fn poll(&mut self) -> (Next, Vec<usize>) {
        let service = self.server.service().expect("it is one");
        let next = self.stack.poll(Instant::ZERO, service);
        let frames = core::mem::take(&mut self.stack.device_mut().from_server);
        let segments = frames
            .iter()
            .filter_map(|frame| Some(read_tcp(self.link, frame)?.2));
        (
            next,
            segments.map(|segment| segment.payload.len()).collect(),
        )
    }
}

/// Otherwise one client could keep the server from receiving what others send.
#[test]
fn frames_are_received_again_after_256_packets() {
    for link in [Link::IP_V4, Link::IP_V6] {
        let mut host = Host::new(link);
        let mut hand = Hand {
            link,
            from: IpEndpoint::new(link.address(CLIENT), 40_000),
            next: TcpSeqNumber(1_000_000),
            expected: TcpSeqNumber(0),
        };
        let syn = TcpRepr {
            max_seg_size: Some(PAYLOAD as u16),
            ..hand.syn()
        };
        host.receive(hand.frame(&syn));
        let service = host.server.service().expect("it is one");
        let _ = host.stack.poll(Instant::ZERO, service);
        let frames = core::mem::take(&mut host.stack.device_mut().from_server);
        let (.., answer) = read_tcp(link, &frames[0]).expect("a segment");
        hand.expected = answer.seq_number + 1;
        hand.next += 1;
        for _ in 0..SEGMENTS / 10 {
            let text = TcpRepr {
                payload: &[b'x'; 10 * PAYLOAD],
                ..hand.segment()
            };
            host.receive(hand.frame(&text));
            hand.next += 10 * PAYLOAD;
        }
        // The client has no room yet.
        for _ in 0..10 {
            assert!(host.poll().1.iter().all(|length| *length == 0), "{link:?}");
        }
        let window = TcpRepr {
            window_len: u16::MAX,
            ..hand.segment()
        };
        host.receive(hand.frame(&window));
        let (next, lengths) = host.poll();
        assert_eq!((next, &lengths[..]), (Next::Poll, &[PAYLOAD; 256][..]));
        let (next, lengths) = host.poll();
        assert!(matches!(next, Next::Frame(_)), "{link:?}, {next:?}");
        assert_eq!(lengths, [PAYLOAD; SEGMENTS - 256], "{link:?}");
    }
}
