//! A host that sends datagrams in fragments over IPv6, and one that receives them.

use smoltcp::phy::Medium;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpEndpoint;
use uppercase::device::reassembly::{Buffers, OVERHEAD, Reassembly};
use uppercase::udp::fragmentation::{self, Fragmenter, LONGEST_PAYLOAD, SendError};

use super::link::{End, header, link};
use super::plain_host::{Host, PORT, ipv6};

const fn endpoint(number: u8) -> IpEndpoint {
    IpEndpoint {
        addr: ipv6(number),
        port: PORT,
    }
}

pub const FROM: IpEndpoint = endpoint(1);
pub const TO: IpEndpoint = endpoint(2);
/// An address that no host has.
pub const NOWHERE: IpEndpoint = endpoint(3);
pub const IDENTIFICATION: u32 = u32::MAX - 1;

pub type Room = fragmentation::Buffers<'static, 80_000, 1300>;

pub fn fragmenter(host: &mut Host) -> Fragmenter<'static> {
    let buffers = Box::leak(Box::new(Room::new()));
    Fragmenter::new(&mut host.sockets, buffers, IDENTIFICATION).unwrap()
}

/// A host that sends, and one that receives whole datagrams.
pub struct Pair {
    ip_mtu: usize,
    pub now: Instant,
    pub sender: Host,
    pub sender_end: End,
    pub fragmenter: Fragmenter<'static>,
    pub receiver: Host,
    pub receiver_end: Reassembly<'static, End>,
}

impl Pair {
    pub fn new(medium: Medium, ip_mtu: usize) -> Self {
        let (mut sender_end, receiver_end) = link(medium, ip_mtu);
        let buffers = Box::leak(Box::new(Buffers::<{ LONGEST_PAYLOAD + OVERHEAD }, 2>::new()));
        let mut receiver_end = Reassembly::new(receiver_end, buffers);
        let mut sender = Host::new(&mut sender_end, 1);
        Self {
            ip_mtu,
            now: Instant::ZERO,
            fragmenter: fragmenter(&mut sender),
            sender,
            sender_end,
            receiver: Host::new(&mut receiver_end, 2),
            receiver_end,
        }
    }

    pub fn send(&mut self, to: IpEndpoint, payload: &[u8]) -> Result<(), SendError> {
        let sockets = &mut self.sender.sockets;
        self.fragmenter
            .send(sockets, FROM, to, payload, self.ip_mtu)
    }

    pub fn queued(&self) -> usize {
        self.fragmenter.queued(&self.sender.sockets)
    }

    /// What is received within some seconds.
    pub fn exchange(&mut self) -> Vec<Vec<u8>> {
        let mut received = vec![];
        for _ in 0..40 {
            self.now += Duration::from_millis(100);
            self.sender.poll(&mut self.sender_end, self.now);
            self.receiver.poll(&mut self.receiver_end, self.now);
            received.extend(self.receiver.received());
        }
        received
    }

    /// What the sender sends in one poll, as IPv6 packets.
    pub fn packets(&mut self) -> Vec<Vec<u8>> {
        self.sender.poll(&mut self.sender_end, self.now);
        let link = header(self.sender_end.medium);
        let frames = self
            .sender_end
            .leaving
            .borrow_mut()
            .drain(..)
            .collect::<Vec<_>>();
        frames
            .into_iter()
            .map(|frame| frame[link..].to_vec())
            .collect()
    }
}
