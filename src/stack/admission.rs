//! What becomes of a connection request (SYN) when it arrives.
//!
//! smoltcp 0.14 knows no backlog: where no socket listens it refuses, so a burst of clients that
//! is larger than the server fails. Here a server says when it has no place
//! ([`Context::busy`](super::Context::busy)). Requests for its port then wait in the stack's
//! [backlog](super::Stack::with_backlog) until the server has a place and
//! [admits](super::Context::admit) them. Where that is full, or there is none, they are dropped
//! without a word, so that the client asks again a second later (RFC 9293, 3.8.1).
//!
//! Requests for all other ports are smoltcp's, which refuses those for a port that nobody serves.

use heapless::Vec;
use managed::ManagedSlice;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpEndpoint, IpProtocol, TcpPacket};

use super::counters::{Counters, count};
use super::frame::Packet;

/// Headers of Ethernet, IP and TCP with all options, in bytes.
#[cfg(feature = "ipv6")]
const LONGEST: usize = 14 + 40 + 60;
#[cfg(not(feature = "ipv6"))]
const LONGEST: usize = 14 + 20 + 60;

/// How long a request waits. Its client has asked again by then, or has given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Room for a connection request that waits for a place; about 140 bytes.
#[derive(Clone, Debug)]
pub struct Waiting {
    client: IpEndpoint,
    port: u16,
    since: Instant,
    /// 0: nobody waits.
    length: u8,
    frame: [u8; LONGEST],
}

impl Waiting {
    /// Nobody waits.
    pub const NOBODY: Self = Self {
        client: IpEndpoint::new(IpAddress::v4(0, 0, 0, 0), 0),
        port: 0,
        since: Instant::ZERO,
        length: 0,
        frame: [0; LONGEST],
    };

    /// Whether a request for `port` waits that its client has not given up.
    fn waits(&self, port: u16, now: Instant) -> bool {
        self.length > 0 && self.port == port && now < self.since + PATIENCE
    }
}

/// The ports of busy servers, and the requests that wait for them.
pub(super) struct Admission<'a> {
    busy: Vec<u16, 4>,
    pub(super) backlog: ManagedSlice<'a, Waiting>,
    /// The one that is to be given to smoltcp.
    admitted: Option<usize>,
}

impl Admission<'_> {
    pub(super) const fn new() -> Self {
        Self {
            busy: Vec::new(),
            backlog: ManagedSlice::Borrowed(&mut []),
            admitted: None,
        }
    }

    /// Whether this packet, which is for one of our addresses, is not for smoltcp now.
    pub(super) fn holds_back(
        &mut self,
        packet: &Packet<'_>,
        now: Instant,
        counters: &mut Counters,
    ) -> bool {
        if self.busy.is_empty() || packet.protocol != IpProtocol::Tcp {
            return false;
        }
        let Ok(segment) = TcpPacket::new_checked(packet.payload) else {
            return false;
        };
        let port = segment.dst_port();
        if !segment.syn() || segment.ack() || segment.rst() || !self.busy.contains(&port) {
            return false;
        }
        let client = IpEndpoint::new(packet.source, segment.src_port());
        // One with text does not wait: its client asks again, at last without.
        let bare = packet.payload.len() == usize::from(segment.header_len());
        match bare && self.put(packet, client, port, now) {
            true => count(&mut counters.queued),
            false => count(&mut counters.dropped),
        }
        true
    }

    /// Lets a client wait; returns whether there is room. One that asks again keeps its turn.
    fn put(&mut self, packet: &Packet<'_>, client: IpEndpoint, port: u16, now: Instant) -> bool {
        let mut free = None;
        for waiting in self.backlog.iter_mut() {
            if !waiting.waits(waiting.port, now) {
                free = Some(waiting);
            } else if waiting.port == port && waiting.client == client {
                return true;
            }
        }
        let frame = &packet.frame[..packet.payload_start + packet.payload.len()];
        let Some(waiting) = free.filter(|_| frame.len() <= LONGEST) else {
            return false;
        };
        waiting.client = client;
        waiting.port = port;
        waiting.since = now;
        waiting.length = frame.len() as u8;
        waiting.frame[..frame.len()].copy_from_slice(frame);
        true
    }

    /// The servers are asked anew who is busy.
    pub(super) fn clear(&mut self) {
        self.busy.clear();
    }

    pub(super) fn busy(&mut self, port: u16) {
        if !self.busy.contains(&port) {
            // Where there are too many, requests are refused.
            let _ = self.busy.push(port);
        }
    }

    /// The server on `port` has a place for whoever has waited longest.
    pub(super) fn admit(&mut self, port: u16, now: Instant) {
        let waiting = self.backlog.iter().enumerate();
        let waiting = waiting.filter(|(_, waiting)| waiting.waits(port, now));
        let oldest = waiting.min_by_key(|(_, waiting)| waiting.since);
        self.admitted = oldest.map(|(index, _)| index);
    }

    /// Gives the request that was admitted; returns whether there was one.
    pub(super) fn give(&mut self, give: impl FnOnce(&[u8])) -> bool {
        let index = self.admitted.take();
        let Some(waiting) = index.and_then(|index| self.backlog.get_mut(index)) else {
            return false;
        };
        give(&waiting.frame[..waiting.length.into()]);
        waiting.length = 0;
        true
    }
}
