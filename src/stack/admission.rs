//! What becomes of a connection request (SYN) when it arrives.
//!
//! smoltcp 0.14 knows no backlog: where no socket listens it refuses, so a burst of clients that
//! is larger than the server fails. Here a server says when it has no place
//! ([`Context::busy`](super::Context::busy)). Requests for its port then wait in the stack's
//! [backlog](super::Stack::with_backlog) until the server has a place and
//! [admits](super::Context::admit) them. Where that is full, or there is none, they are dropped
//! without a word, so that the client asks again a second later (RFC 9293, 3.8.1).
//!
//! With the feature `syn-cookies` they are answered instead, in a way that takes no place: see
//! `stack/cookies.rs`.
//!
//! A request from one end of a connection to the other is a late copy, or its client has started
//! anew: smoltcp 0.14 gives it to whichever socket comes first, and where that listens, it answers
//! and ends the connection. So it is dropped. If the client is another one by now, it says so when
//! it is asked whether it is there (`tcp::Config::keep_alive`).
//!
//! Requests for all other ports are smoltcp's, which refuses those for a port that nobody serves.

use heapless::Vec;
use managed::ManagedSlice;
use smoltcp::iface::SocketSet;
use smoltcp::socket::AnySocket;
use smoltcp::socket::tcp::{self, State};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpEndpoint, IpProtocol, TcpPacket};

#[cfg(feature = "syn-cookies")]
use super::cookies::{Cookies, MadeUp};
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
    /// Whether it has brought back a cookie, so that it is there for sure.
    #[cfg(feature = "syn-cookies")]
    proven: bool,
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
        #[cfg(feature = "syn-cookies")]
        proven: false,
        length: 0,
        frame: [0; LONGEST],
    };

    /// Whether a request for `port` waits that its client has not given up.
    fn waits(&self, port: u16, now: Instant) -> bool {
        self.length > 0 && self.port == port && now < self.since + PATIENCE
    }

    /// Its frame, which is to be received once more.
    pub(super) fn frame(&self) -> &[u8] {
        &self.frame[..self.length.into()]
    }

    const fn is_proven(&self) -> bool {
        #[cfg(feature = "syn-cookies")]
        return self.proven;
        #[cfg(not(feature = "syn-cookies"))]
        false
    }
}

/// The connection that a segment belongs to.
pub(super) fn connection<'s, 'a>(
    sockets: &'s mut SocketSet<'a>,
    packet: &Packet<'_>,
    segment: &TcpPacket<&[u8]>,
) -> Option<&'s mut tcp::Socket<'a>> {
    let local = IpEndpoint::new(packet.destination, segment.dst_port());
    let remote = IpEndpoint::new(packet.source, segment.src_port());
    let sockets = sockets.iter_mut();
    let mut sockets = sockets.filter_map(|(_, socket)| tcp::Socket::downcast_mut(socket));
    sockets.find(|socket| {
        let ends = (socket.local_endpoint(), socket.remote_endpoint());
        ends == (Some(local), Some(remote)) && socket.state() != State::Closed
    })
}

/// Whether only a part of the text finds room. smoltcp 0.14 would cut it there, and take the close
/// behind it all the same. The other side sends again what it should not have sent yet.
fn cuts_text(sockets: &mut SocketSet<'_>, packet: &Packet<'_>, segment: &TcpPacket<&[u8]>) -> bool {
    let length = packet.payload.len() - usize::from(segment.header_len());
    length > 0
        && connection(sockets, packet, segment)
            .map(|socket| socket.recv_capacity() - socket.recv_queue())
            .is_some_and(|room| 0 < room && room < length)
}

/// What becomes of a frame.
pub(super) enum Decision {
    /// smoltcp is given it.
    Pass,
    /// It is no more needed.
    Drop,
    /// This is sent back.
    #[cfg(feature = "syn-cookies")]
    Answer(MadeUp),
}

/// The servers of this stack, and the requests that wait for them.
pub(super) struct Admission<'a> {
    /// Their ports, and whether they have a place.
    servers: Vec<(u16, bool), 4>,
    pub(super) backlog: ManagedSlice<'a, Waiting>,
    /// The one that is to be given to smoltcp.
    admitted: Option<usize>,
    #[cfg(feature = "syn-cookies")]
    cookies: Cookies,
    /// The server that has no place for a client that brought back its cookie.
    #[cfg(feature = "syn-cookies")]
    wanted: Option<u16>,
}

impl Admission<'_> {
    pub(super) const fn new(#[cfg(feature = "syn-cookies")] cookies: Cookies) -> Self {
        Self {
            servers: Vec::new(),
            backlog: ManagedSlice::Borrowed(&mut []),
            admitted: None,
            #[cfg(feature = "syn-cookies")]
            cookies,
            #[cfg(feature = "syn-cookies")]
            wanted: None,
        }
    }

    /// What becomes of a packet that is for one of our addresses.
    pub(super) fn decide(
        &mut self,
        packet: &Packet<'_>,
        sockets: &mut SocketSet<'_>,
        now: Instant,
        counters: &mut Counters,
    ) -> Decision {
        if packet.protocol != IpProtocol::Tcp {
            return Decision::Pass;
        }
        let Ok(segment) = TcpPacket::new_checked(packet.payload) else {
            return Decision::Pass;
        };
        let port = segment.dst_port();
        let server = self.servers.iter().find(|(served, _)| *served == port);
        let Some(&(_, has_place)) = server else {
            return Decision::Pass;
        };
        if segment.fin() && cuts_text(sockets, packet, &segment) {
            return Decision::Drop;
        }
        match (segment.syn(), segment.ack(), segment.rst()) {
            (true, false, false) => {
                match connection(sockets, packet, &segment) {
                    None => {}
                    // It is over: a new one may begin (RFC 9293, 3.6.1).
                    Some(socket) if socket.state() == State::TimeWait => socket.abort(),
                    Some(_) => {
                        count(&mut counters.copies);
                        return Decision::Drop;
                    }
                }
                self.request(packet, &segment, has_place, now, counters)
            }
            #[cfg(feature = "syn-cookies")]
            (false, true, false) => {
                self.confirmation(packet, &segment, has_place, sockets, now, counters)
            }
            _ => Decision::Pass,
        }
    }

    fn request(
        &mut self,
        packet: &Packet<'_>,
        segment: &TcpPacket<&[u8]>,
        has_place: bool,
        now: Instant,
        counters: &mut Counters,
    ) -> Decision {
        #[cfg(feature = "syn-cookies")]
        let by_cookie = self.cookies.are_given(now);
        #[cfg(not(feature = "syn-cookies"))]
        let by_cookie = false;
        if has_place && !by_cookie {
            return Decision::Pass;
        }
        // One with text does not wait: its client asks again, at last without.
        let bare = packet.payload.len() == usize::from(segment.header_len());
        let frame = &packet.frame[..packet.payload_start + packet.payload.len()];
        if !by_cookie && bare && self.put(packet, segment, frame, false, now) {
            count(&mut counters.queued);
            return Decision::Drop;
        }
        #[cfg(feature = "syn-cookies")]
        if let Some(answer) = self.cookies.answer(packet, segment, !has_place, now) {
            count(&mut counters.cookies);
            return Decision::Answer(answer);
        }
        count(&mut counters.dropped);
        Decision::Drop
    }

    #[cfg(feature = "syn-cookies")]
    fn confirmation(
        &mut self,
        packet: &Packet<'_>,
        segment: &TcpPacket<&[u8]>,
        has_place: bool,
        sockets: &mut SocketSet<'_>,
        now: Instant,
        counters: &mut Counters,
    ) -> Decision {
        let Some(proof) = self.cookies.check(packet, segment, now) else {
            return Decision::Pass;
        };
        if connection(sockets, packet, segment).is_some() {
            return Decision::Pass;
        }
        if !has_place {
            self.wanted = Some(segment.dst_port());
            let frame = self.cookies.confirmation(packet, segment, &proof);
            if self.put(packet, segment, frame.as_bytes(), true, now) {
                count(&mut counters.queued);
            }
            return Decision::Drop;
        }
        count(&mut counters.proven);
        let answer = self.cookies.connect(packet, segment, &proof, now, sockets);
        Decision::Answer(answer)
    }

    /// Lets a client wait; returns whether there is room. One that asks again keeps its turn, one
    /// that is there takes the room of one that may not be.
    fn put(
        &mut self,
        packet: &Packet<'_>,
        segment: &TcpPacket<&[u8]>,
        frame: &[u8],
        proven: bool,
        now: Instant,
    ) -> bool {
        let client = IpEndpoint::new(packet.source, segment.src_port());
        let port = segment.dst_port();
        let mut room: Option<&mut Waiting> = None;
        for waiting in self.backlog.iter_mut() {
            let waits = waiting.waits(waiting.port, now);
            let same = waits && (waiting.port, waiting.client) == (port, client);
            if same && waiting.is_proven() == proven {
                return true;
            }
            if same {
                room = Some(waiting);
                break;
            }
            if !waits || proven && !waiting.is_proven() && room.is_none() {
                room = Some(waiting);
            }
        }
        let Some(waiting) = room.filter(|_| frame.len() <= LONGEST) else {
            return false;
        };
        *waiting = Waiting {
            client,
            port,
            since: now,
            #[cfg(feature = "syn-cookies")]
            proven,
            length: frame.len() as u8,
            ..Waiting::NOBODY
        };
        waiting.frame[..frame.len()].copy_from_slice(frame);
        true
    }

    /// The servers are asked anew who has a place.
    pub(super) fn clear(&mut self) {
        self.servers.clear();
    }

    /// The server on `port` has no place; returns whether somebody would deserve one more than
    /// those who have not confirmed their connection.
    pub(super) fn busy(&mut self, port: u16) -> bool {
        self.serve(port, false);
        #[cfg(feature = "syn-cookies")]
        return self.wanted.take_if(|wanted| *wanted == port).is_some();
        #[cfg(not(feature = "syn-cookies"))]
        false
    }

    /// The server on `port` has a place for whoever has waited longest.
    pub(super) fn admit(&mut self, port: u16, now: Instant) {
        self.serve(port, true);
        #[cfg(feature = "syn-cookies")]
        let by_cookie = self.cookies.are_given(now);
        #[cfg(not(feature = "syn-cookies"))]
        let by_cookie = false;
        let waiting = self.backlog.iter().enumerate();
        let waiting = waiting
            .filter(|(_, waiting)| waiting.waits(port, now) && (waiting.is_proven() || !by_cookie));
        let oldest = waiting.min_by_key(|(_, waiting)| (!waiting.is_proven(), waiting.since));
        self.admitted = oldest.map(|(index, _)| index);
    }

    fn serve(&mut self, port: u16, has_place: bool) {
        match self.servers.iter_mut().find(|(served, _)| *served == port) {
            Some((_, before)) => *before = has_place,
            // Where there are too many, requests are refused.
            None => {
                let _ = self.servers.push((port, has_place));
            }
        }
    }

    /// Takes whoever was admitted, who no longer waits.
    pub(super) fn take(&mut self) -> Option<Waiting> {
        let waiting = self.backlog.get_mut(self.admitted.take()?)?;
        Some(core::mem::replace(waiting, Waiting::NOBODY))
    }
}
