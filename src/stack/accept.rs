//! What becomes of a segment, by its connection and the room that its server has.
//!
//! smoltcp 0.14 knows no backlog: where no socket listens it refuses, so a burst of clients that
//! is larger than the server fails. Here a SYN for a server that has no free slot waits in the
//! [backlog](super::Stack::with_backlog) until there is some. Where that is full, or there is none, it
//! is dropped, so that the client sends it again a second later (RFC 9293, 3.8.1). With the feature
//! `syn-cookies` it is answered instead, in a way that takes no room: see `accept/syn_cookies.rs`.
//!
//! A SYN for a connection that exists is a late copy, or its client has started anew: smoltcp 0.14
//! gives it to the first socket that takes it. Where that socket listens, it answers and ends the
//! connection. So it is dropped. If the client is another one by now, it says so when it is asked
//! whether it is there (`tcp::Config::keep_alive`).

mod backlog;
#[cfg(feature = "syn-cookies")]
mod initial_sequence;
#[cfg(feature = "syn-cookies")]
mod syn_cookies;

pub use backlog::PendingSyn;

use managed::ManagedSlice;
use smoltcp::socket::tcp::State;
use smoltcp::time::Instant;

use super::control::Connection;
use super::counters::{Counters, count};
use super::host::Host;
use super::inject::Synthetic;
use super::service::Service;
use super::table::{Room, Slot, Table};
use crate::link::EthernetAddress;
use crate::packet::{Flags, FourTuple, Packet, Segment};
use backlog::Backlog;
#[cfg(feature = "syn-cookies")]
use syn_cookies::{Cookies, PRESSURE};

/// What becomes of a segment.
pub(super) enum Verdict {
    /// This connection is given it.
    Deliver(Slot),
    /// No connection is given it: smoltcp refuses it by a reset.
    Refuse,
    /// Its connection has been given it.
    #[cfg_attr(not(feature = "syn-cookies"), allow(dead_code))]
    Delivered,
    /// It is dropped.
    Drop,
    /// This is sent back.
    #[cfg_attr(not(feature = "syn-cookies"), allow(dead_code))]
    Answer(Synthetic),
    /// This connection is given that in its place.
    #[cfg_attr(not(feature = "syn-cookies"), allow(dead_code))]
    Replace(Slot, Synthetic),
}

/// Gives a connection the packet that opens it, which this card has sent.
pub(super) type Deliver<'d, 'a> =
    dyn FnMut(&mut Connection<'a>, Option<EthernetAddress>, &[u8]) + 'd;

/// A segment that has arrived.
pub(super) struct Arrival<'f> {
    /// The card that has sent it, on Ethernet.
    pub(super) source: Option<EthernetAddress>,
    pub(super) packet: &'f Packet<'f>,
    pub(super) segment: &'f Segment,
}

/// SYNs that wait, and those that are answered by a cookie.
pub(super) struct Accept<'a> {
    backlog: Backlog<'a>,
    #[cfg(feature = "syn-cookies")]
    cookies: Cookies,
}

impl<'a> Accept<'a> {
    pub(super) fn new(random_seed: u64) -> Self {
        #[cfg(not(feature = "syn-cookies"))]
        let _ = random_seed;
        Self {
            backlog: Backlog::new((&mut [][..]).into()),
            #[cfg(feature = "syn-cookies")]
            cookies: Cookies::new(random_seed),
        }
    }

    pub(super) fn set_backlog(&mut self, slots: ManagedSlice<'a, PendingSyn>) {
        self.backlog = Backlog::new(slots);
    }

    /// What becomes of a segment for a port with this table.
    pub(super) fn judge(
        &mut self,
        table: &mut dyn Table<'a>,
        arrival: &Arrival<'_>,
        host: &Host,
        now: Instant,
        counters: &mut Counters,
    ) -> Verdict {
        let segment = arrival.segment;
        let found = table.find(&segment.four_tuple());
        let existing = found.filter(|slot| table.state(*slot) != State::Closed);
        match segment.flags.kind() {
            // It belongs to no connection, and opens none (RFC 9293, 3.10.7.2 and 3.10.7.4).
            0 => Verdict::Drop,
            Flags::SYN if table.room() != Room::Closed => {
                // smoltcp drops a SYN with a FIN, and so does every stack that takes no part in scans.
                if segment.flags.has(Flags::FIN) || !arrival.packet.is_intact(&host.checksums) {
                    return Verdict::Drop;
                }
                match existing {
                    // In TIME-WAIT, a new connection may begin (RFC 9293, 3.6.1).
                    Some(slot) if table.state(slot) != State::TimeWait => {
                        count(&mut counters.copies);
                        // The first one may have come by another way, or a spoiled header.
                        if let Some(connection) = table.touch(slot) {
                            connection.control.hardware = arrival.source;
                        }
                        Verdict::Drop
                    }
                    _ => self.request(table, arrival, host, now, counters),
                }
            }
            _ => match existing {
                Some(slot) => Verdict::Deliver(slot),
                #[cfg(feature = "syn-cookies")]
                None if segment.flags.kind() == Flags::ACK => {
                    self.confirmation(table, arrival, host, now, counters)
                }
                None => Verdict::Refuse,
            },
        }
    }

    /// A SYN for a new connection.
    fn request(
        &mut self,
        table: &mut dyn Table<'a>,
        arrival: &Arrival<'_>,
        host: &Host,
        now: Instant,
        counters: &mut Counters,
    ) -> Verdict {
        let tuple = arrival.segment.four_tuple();
        let has_room = table.room() == Room::Free;
        let by_cookie = self.only_proven(now);
        if has_room && !by_cookie {
            let Some(slot) = table.open(&tuple, now) else {
                return Verdict::Drop;
            };
            #[cfg(feature = "syn-cookies")]
            if let Some(connection) = table.touch(slot)
                && self.cookies.open(arrival, host, now, connection)
            {
                connection.control.hardware = arrival.source;
                return Verdict::Delivered;
            }
            return Verdict::Deliver(slot);
        }
        // One with payload does not wait: its client sends it again, at last without.
        let bare = arrival.segment.payload_len == 0;
        let (source, packet) = (arrival.source, arrival.packet.bytes);
        if !by_cookie && bare && self.backlog.put(tuple, source, packet, false, now) {
            count(&mut counters.queued);
            return Verdict::Drop;
        }
        #[cfg(feature = "syn-cookies")]
        if let Some(answer) = self.cookies.answer(arrival, host, !has_room, now) {
            // The client takes the initial sequence number of this SYN-ACK. After a second one with
            // another number, its next segment would be reset (RFC 9293, 3.10.7.4).
            self.backlog.leave(&tuple);
            count(&mut counters.cookies);
            return Verdict::Answer(answer);
        }
        #[cfg(not(feature = "syn-cookies"))]
        let _ = host;
        count(&mut counters.dropped);
        Verdict::Drop
    }

    /// Whether only clients that have proven their address are let in.
    fn only_proven(&self, now: Instant) -> bool {
        #[cfg(feature = "syn-cookies")]
        return self.cookies.are_given(now);
        #[cfg(not(feature = "syn-cookies"))]
        {
            let _ = now;
            false
        }
    }

    /// An acknowledgement without a connection: of a cookie, perhaps.
    #[cfg(feature = "syn-cookies")]
    fn confirmation(
        &mut self,
        table: &mut dyn Table<'a>,
        arrival: &Arrival<'_>,
        host: &Host,
        now: Instant,
        counters: &mut Counters,
    ) -> Verdict {
        let gave_up = table.gave_up();
        let Some(proof) = self.cookies.check(arrival.segment, gave_up, now) else {
            // The segment before it, which has the cookie, may have been lost. It is retransmitted,
            // unless a reset ends the connection before.
            let is_late = gave_up.is_some_and(|since| now < since + PRESSURE);
            return if is_late {
                Verdict::Drop
            } else {
                Verdict::Refuse
            };
        };
        if table.room() == Room::Closed || !arrival.packet.is_intact(&host.checksums) {
            return Verdict::Refuse;
        }
        let tuple = arrival.segment.four_tuple();
        if (table.room() == Room::Free || table.make_room(now))
            && let Some(slot) = table.open(&tuple, now)
        {
            let Some(connection) = table.touch(slot) else {
                return Verdict::Drop;
            };
            count(&mut counters.proven);
            let probe = self.cookies.connect(arrival, &proof, host, now, connection);
            return Verdict::Replace(slot, probe);
        }
        let confirmation = proof.confirmation(arrival);
        let (source, packet) = (arrival.source, confirmation.as_bytes());
        self.backlog.put(tuple, source, packet, true, now);
        Verdict::Drop
    }

    /// Takes a SYN out of the backlog if its server has room by now, and delivers it to the
    /// connection that is opened for it. Returns whether there were any.
    pub(super) fn admit(
        &mut self,
        service: &mut dyn Service<'a>,
        host: &Host,
        now: Instant,
        counters: &mut Counters,
        deliver: &mut Deliver<'_, 'a>,
    ) -> bool {
        let mut admitted = false;
        // Each turn takes a SYN out: this comes to an end.
        while let Some((index, tuple, is_proven)) = self.first(service, now) {
            let table = service.table(tuple.local.port);
            let Some(table) = table.filter(|table| table.room() != Room::Closed) else {
                // The server is gone: its client is refused when it asks again.
                self.backlog.take(index);
                continue;
            };
            // It has come in by another way.
            let exists = table
                .find(&tuple)
                .is_some_and(|slot| !matches!(table.state(slot), State::Closed | State::TimeWait));
            #[cfg(feature = "syn-cookies")]
            let gave_up = table.gave_up();
            let slot = if exists {
                None
            } else {
                table.open(&tuple, now)
            };
            let Some(connection) = slot.and_then(|slot| table.touch(slot)) else {
                self.backlog.take(index);
                continue;
            };
            admitted = true;
            let Some((source, bytes)) = self.backlog.take(index) else {
                break;
            };
            #[cfg(feature = "syn-cookies")]
            {
                let Some(packet) = &Packet::parse(bytes) else {
                    continue;
                };
                let Some(segment) = &packet.segment() else {
                    continue;
                };
                let arrival = &Arrival {
                    source,
                    packet,
                    segment,
                };
                let cookies = &mut self.cookies;
                if is_proven {
                    if let Some(probe) = cookies.admit(arrival, gave_up, host, now, connection) {
                        count(&mut counters.proven);
                        deliver(connection, source, probe.as_bytes());
                    }
                    continue;
                }
                if cookies.open(arrival, host, now, connection) {
                    connection.control.hardware = source;
                    continue;
                }
            }
            let _ = is_proven;
            deliver(connection, source, bytes);
        }
        #[cfg(not(feature = "syn-cookies"))]
        let _ = (host, counters);
        admitted
    }

    /// Whether a SYN waits for a server that has room.
    pub(super) fn is_ready(&self, service: &mut dyn Service<'a>, now: Instant) -> bool {
        self.first(service, now).is_some()
    }

    /// When SYNs that wait may be admitted again, as cookies are not given any more.
    #[cfg(feature = "syn-cookies")]
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let end = self.cookies.end(now)?;
        (!self.backlog.is_empty()).then_some(end)
    }

    /// The next SYN, of those for servers that have room or are gone. For a client that has proven its
    /// address, room is made.
    #[inline(never)]
    fn first(
        &self,
        service: &mut dyn Service<'a>,
        now: Instant,
    ) -> Option<(usize, FourTuple, bool)> {
        if self.backlog.is_empty() {
            return None;
        }
        let only_proven = self.only_proven(now);
        self.backlog.first(now, |port, is_proven| {
            let has_room = |table: &mut dyn Table<'a>| {
                table.room() != Room::Full || is_proven && table.make_room(now)
            };
            (is_proven || !only_proven) && service.table(port).is_none_or(has_room)
        })
    }
}
