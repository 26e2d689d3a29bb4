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
use smoltcp::iface::SocketSet;
use smoltcp::phy::{ChecksumCapabilities, Medium};
use smoltcp::socket::tcp::State;
use smoltcp::time::Instant;
use smoltcp::wire::TcpPacket;

use super::backlog::{Backlog, Turn};
use super::cookies::{Cookies, MadeUp};
use super::counters::{Counters, count};
use super::frame::{Frame, Packet};
use super::neighbors::Neighbors;
use super::sockets::MOST_SERVERS;
use super::steering::{Arrival, Ends, Sets, Steering};

/// What becomes of a frame.
pub(super) enum Decision {
    /// smoltcp is given it, and perhaps something of it once more.
    Pass { again: bool },
    /// A close behind text, which fits into the window or does not. smoltcp is reminded of its
    /// window; then it is given it, or the sender hears how far the connection is.
    Close { fits: bool },
    /// It is no more needed.
    Drop,
    /// This is sent back.
    Answer(MadeUp),
    /// smoltcp is given this in its place.
    Replace(MadeUp),
}

const PASS: Decision = Decision::Pass { again: false };

/// The servers of this stack, and the requests that wait for them.
pub(super) struct Admission<'a> {
    /// Their ports, and whether they have a place. One more than have sockets in the stack's own set
    /// can be there.
    servers: Vec<(u16, bool), { MOST_SERVERS + 1 }>,
    pub(super) backlog: Backlog<'a>,
    /// The one that is to be given to smoltcp.
    admitted: Option<usize>,
    /// Whether the checksums of segments are to be verified, and those of IPv4 headers.
    verifies: (bool, bool),
    cookies: Cookies,
}

impl Admission<'_> {
    pub(super) fn new(checksums: &ChecksumCapabilities, cookies: Cookies) -> Self {
        Self {
            servers: Vec::new(),
            backlog: Backlog::new((&mut [][..]).into()),
            admitted: None,
            verifies: (checksums.tcp.rx(), checksums.ipv4.rx()),
            cookies,
        }
    }

    /// What becomes of a segment that is for one of our addresses.
    pub(super) fn decide<'a>(
        &mut self,
        packet: &Packet<'_>,
        segment: &TcpPacket<&[u8]>,
        sets: &mut Sets<'_, 'a, impl Steering<'a>>,
        now: Instant,
        counters: &mut Counters,
    ) -> Decision {
        let port = segment.dst_port();
        let server = self.servers.iter().find(|(served, _)| *served == port);
        let Some(&(_, has_place)) = server else {
            return PASS;
        };
        match (segment.syn(), segment.ack(), segment.rst()) {
            // It belongs to no connection, and opens none (RFC 9293, 3.10.7.2 and 3.10.7.4).
            (false, false, false) => Decision::Drop,
            // One that closes, too, is none; smoltcp drops it.
            (true, false, false) if !segment.fin() => {
                // smoltcp drops what is not intact.
                if !self.is_intact(packet, segment) {
                    return PASS;
                }
                match sets.connection(&Ends::of(packet, segment)) {
                    None => {}
                    // It is over: a new one may begin (RFC 9293, 3.6.1).
                    Some(socket) if socket.state() == State::TimeWait => {
                        socket.abort();
                        // smoltcp owes nobody a reset any more once it listens.
                        let _ = socket.listen(port);
                        socket.close();
                    }
                    Some(_) => {
                        count(&mut counters.copies);
                        return Decision::Drop;
                    }
                }
                self.request(packet, segment, has_place, sets, now, counters)
            }
            (false, true, false) => {
                self.confirmation(packet, segment, has_place, sets, now, counters)
            }
            _ => PASS,
        }
    }

    pub(super) fn is_intact(&self, packet: &Packet<'_>, segment: &TcpPacket<&[u8]>) -> bool {
        let (segments, headers) = self.verifies;
        (!segments || segment.verify_checksum(&packet.source, &packet.destination))
            && (!headers || packet.has_intact_header())
    }

    fn request<'a>(
        &mut self,
        packet: &Packet<'_>,
        segment: &TcpPacket<&[u8]>,
        has_place: bool,
        sets: &mut Sets<'_, 'a, impl Steering<'a>>,
        now: Instant,
        counters: &mut Counters,
    ) -> Decision {
        let by_cookie = self.cookies.are_given(now);
        if has_place && !by_cookie {
            if let Some(sockets) = sets.listener(&Ends::of(packet, segment))
                && self.cookies.open(packet, segment, now, sockets)
            {
                return Decision::Drop;
            }
            return PASS;
        }
        // One with text does not wait: its client asks again, at last without.
        let bare = packet.payload.len() == usize::from(segment.header_len());
        let frame = &packet.frame[..packet.payload_start + packet.payload.len()];
        let ends = Ends::of(packet, segment);
        if !by_cookie && bare && self.backlog.put(ends, frame, false, now) {
            count(&mut counters.queued);
            return Decision::Drop;
        }
        if let Some(answer) = self.cookies.answer(packet, segment, !has_place, now) {
            // The client takes the initial sequence number of this SYN-ACK. After a second one with
            // another number, its next segment would be reset (RFC 9293, 3.10.7.4).
            self.backlog.leave(&ends);
            count(&mut counters.cookies);
            return Decision::Answer(answer);
        }
        count(&mut counters.dropped);
        Decision::Drop
    }

    fn confirmation<'a>(
        &mut self,
        packet: &Packet<'_>,
        segment: &TcpPacket<&[u8]>,
        has_place: bool,
        sets: &mut Sets<'_, 'a, impl Steering<'a>>,
        now: Instant,
        counters: &mut Counters,
    ) -> Decision {
        let ends = Ends::of(packet, segment);
        let Some(proof) = self.cookies.check(packet, segment, now) else {
            // The segment before it, which has the cookie, may have been lost. It is retransmitted,
            // unless a reset ends the connection before.
            let late = self.cookies.has_just_forgotten(now) && sets.connection(&ends).is_none();
            return if late { Decision::Drop } else { PASS };
        };
        if sets.connection(&ends).is_some() || !self.is_intact(packet, segment) {
            return PASS;
        }
        if has_place && let Some(sockets) = sets.listener(&ends) {
            count(&mut counters.proven);
            let probe = self.cookies.connect(packet, segment, &proof, now, sockets);
            return probe.map_or(Decision::Drop, Decision::Replace);
        }
        if let Some(confirmation) = self.cookies.confirmation(packet, segment, &proof) {
            self.backlog.put(ends, confirmation.as_bytes(), true, now);
        }
        self.cookies.want_place(ends.local.port);
        Decision::Drop
    }

    /// The servers are asked anew who has a place.
    pub(super) fn clear(&mut self) {
        self.servers.clear();
        self.admitted = None;
    }

    /// The server on `port` has no place; returns whether somebody would deserve one more than
    /// those who have not confirmed their connection.
    pub(super) fn busy(&mut self, port: u16, now: Instant) -> bool {
        self.serve(port, false);
        self.cookies.wants_place(port) || self.backlog.has_proven(port, now)
    }

    /// The server on `port` has a place for whoever has waited longest.
    pub(super) fn admit(&mut self, port: u16, now: Instant) {
        self.serve(port, true);
        // During a flood nobody else than those who have proven to be there is let in.
        let first = self.backlog.first(port, self.cookies.are_given(now), now);
        // The next time it is another server's turn.
        self.admitted = self.admitted.or(first);
    }

    /// A server has deleted a connection that was never acknowledged.
    pub(super) fn forgot(&mut self, now: Instant) {
        self.cookies.forgot(now);
    }

    /// There is no server on `port`.
    pub(super) fn gone(&mut self, port: u16) {
        self.servers.retain(|(served, _)| *served != port);
    }

    fn serve(&mut self, port: u16, has_place: bool) {
        // What was said last counts.
        self.gone(port);
        // Where there are too many, requests are refused.
        let _ = self.servers.push((port, has_place));
    }

    /// Gives whoever was admitted to the socket that listens; returns whether there was somebody.
    pub(super) fn give<'a>(
        &mut self,
        sets: &mut Sets<'_, 'a, impl Steering<'a>>,
        medium: Medium,
        now: Instant,
        counters: &mut Counters,
        neighbors: &mut Neighbors,
        give: impl FnOnce(&[u8], &mut SocketSet<'a>),
    ) -> bool {
        let index = self.admitted.take();
        let Some(turn) = index.and_then(|index| self.backlog.take(index)) else {
            return false;
        };
        let Turn { ends, frame, .. } = turn;
        // It has come in by another way.
        if sets.connection(&ends).is_some() {
            return true;
        }
        if !turn.is_proven {
            if let Some(request) = Frame::read(medium, frame)
                && let Some(packet) = request.packet()
                && let Some(segment) = packet.segment()
                && let Some(sockets) = sets.listener(&ends)
                && self.cookies.open(packet, &segment, now, sockets)
            {
                neighbors.received(Some(&request));
            } else if let Some(sockets) = sets.receiver(Arrival { medium, frame }) {
                neighbors.received(Frame::read(medium, frame).as_ref());
                give(frame, sockets);
            }
        } else if let Some(frame) = Frame::read(medium, frame)
            && let Some(packet) = frame.packet()
            && let Some(segment) = packet.segment()
            && let Some(proof) = self.cookies.check(packet, &segment, now)
            && let Some(sockets) = sets.listener(&ends)
        {
            count(&mut counters.proven);
            let probe = self.cookies.connect(packet, &segment, &proof, now, sockets);
            if let Some(probe) = probe {
                neighbors.received(Frame::read(medium, probe.as_bytes()).as_ref());
                give(probe.as_bytes(), sockets);
            }
        }
        true
    }
}
