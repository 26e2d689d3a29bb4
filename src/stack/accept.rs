//! What becomes of a segment, by its connection and the room that its server has.
//!
//! smoltcp 0.14 knows no backlog: where no socket listens it refuses, so a burst of clients that
//! is larger than the server fails. Here a SYN for a server that has no free slot waits in the
//! [backlog](super::Stack::with_backlog) until there is some. Where that is full, or there is none, it
//! is dropped, so that the client sends it again a second later (RFC 9293, 3.8.1). With the feature
//! `syn-cookies` it is answered instead, in a way that takes no room: see `accept/syn_cookies.rs`.
//!
//! Half-open connections keep no client waiting for long, however slowly or fast others come that are
//! never acknowledged: the oldest gives way to a SYN that waits, and with cookies at once to a client
//! that has acknowledged one.
//!
//! A SYN for a connection that exists is a late copy, or its client has started anew: smoltcp 0.14
//! gives it to the first socket that takes it. Where that socket listens, it answers and ends the
//! connection. So no other connection is given it. If the client has not acknowledged the SYN-ACK
//! yet, the SYN is dropped, as the SYN-ACK is retransmitted; else it is answered by a challenge
//! (`challenge.rs`), and a client that has started anew answers that by a reset.

mod admit;
mod backlog;
#[cfg(feature = "syn-cookies")]
mod syn_cookies;

pub use backlog::PendingSyn;

use managed::ManagedSlice;
use smoltcp::socket::tcp::State;
use smoltcp::time::{Duration, Instant};
#[cfg(feature = "isn")]
use smoltcp::wire::TcpSeqNumber;

#[cfg(feature = "isn")]
use super::control::Connection;
use super::counters::{Counters, count};
use super::host::Host;
#[cfg(feature = "isn")]
use super::initial_sequence::begin;
use super::inject::Synthetic;
#[cfg(feature = "isn")]
use super::path_mtu::SynCopy;
use super::table::{Room, Slot, Table};
#[cfg(feature = "addressing")]
use crate::link::Addresses;
use crate::link::EthernetAddress;
use crate::packet::{Flags, Packet, Segment};
use backlog::Backlog;
#[cfg(feature = "syn-cookies")]
use syn_cookies::{Cookies, PRESSURE};

/// After so long, a half-open connection gives way to a SYN that waits. With cookies, a client that
/// acknowledges later is known all the same. Without, the SYN-ACK is retransmitted before, after 1 s
/// (RFC 6298, 2.1).
const GRACE: Duration = if cfg!(feature = "syn-cookies") {
    Duration::from_millis(250)
} else {
    Duration::from_secs(2)
};

/// Without cookies, the same while SYNs are dropped: longer than a round trip on a link, so that a
/// client on it that is there keeps its slot ("Recycling the Oldest Half-Open TCB", RFC 4987, 3.3).
const SHORT_GRACE: Duration = Duration::from_millis(20);
/// So many SYNs that were dropped are a flood, until no more is dropped for as long as [`GRACE`].
const FLOOD: u8 = 3;

/// What becomes of a segment.
pub(super) enum Verdict {
    /// This connection is given it.
    Deliver(Slot),
    /// No connection is given it: smoltcp refuses it by a reset.
    Refuse,
    /// Its connection has been given it.
    #[cfg_attr(not(feature = "isn"), allow(dead_code))]
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
    /// How many SYNs in a row were dropped, and when the last one was.
    dropped: (u8, Instant),
}

impl<'a> Accept<'a> {
    pub(super) fn new(random_seed: u64) -> Self {
        #[cfg(not(feature = "syn-cookies"))]
        let _ = random_seed;
        Self {
            backlog: Backlog::new((&mut [][..]).into()),
            #[cfg(feature = "syn-cookies")]
            cookies: Cookies::new(random_seed),
            dropped: (0, Instant::ZERO),
        }
    }

    pub(super) fn set_backlog(&mut self, slots: ManagedSlice<'a, PendingSyn>) {
        self.backlog = Backlog::new(slots);
    }

    /// Forgets the SYNs for addresses that are gone.
    #[cfg(feature = "addressing")]
    pub(super) fn forget_gone(&mut self, addresses: &Addresses) {
        self.backlog.forget_gone(addresses);
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
        let connection = found.and_then(|slot| table.get(slot));
        let state = connection.map_or(State::Closed, |connection| connection.socket().state());
        let existing = found.filter(|_| state != State::Closed);
        let begins_anew = state == State::TimeWait
            && connection.is_some_and(|connection| connection.control.is_beyond(segment));
        match segment.flags.kind() {
            // It belongs to no connection, and opens none (RFC 9293, 3.10.7.2 and 3.10.7.4).
            0 => Verdict::Drop,
            Flags::SYN if table.room() != Room::Closed => {
                // smoltcp drops a SYN with a FIN, and so does every stack that takes no part in scans.
                if segment.flags.has(Flags::FIN)
                    || !arrival.packet.is_intact(&host.capabilities.checksum)
                {
                    return Verdict::Drop;
                }
                match existing {
                    Some(slot) if !begins_anew => {
                        count(&mut counters.copies);
                        // The first one may have come by another way, or a spoiled header.
                        if let Some(connection) = table.touch(slot) {
                            connection.control.hardware = arrival.source;
                        }
                        if state == State::SynReceived {
                            Verdict::Drop
                        } else {
                            Verdict::Deliver(slot)
                        }
                    }
                    _ => self.request(table, arrival, host, now, counters),
                }
            }
            _ => match existing {
                // It may be that of a cookie, with which a SYN was answered.
                #[cfg(feature = "syn-cookies")]
                Some(_)
                    if begins_anew
                        && segment.flags.kind() == Flags::ACK
                        && self.cookies.check(segment, table.gave_up(), now).is_some() =>
                {
                    self.confirmation(table, arrival, host, now, counters)
                }
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
        let mut has_room = table.room() == Room::Free;
        let by_cookie = self.only_proven(now);
        let grace = self.grace(now);
        // The newest SYN is as likely to be acknowledged as those that have waited.
        if cfg!(not(feature = "syn-cookies"))
            && !has_room
            && grace == SHORT_GRACE
            && table.half_open(now).is_some_and(|age| age >= grace)
        {
            has_room = table.make_room(now);
        }
        if has_room && !by_cookie {
            let Some(slot) = table.open(&tuple, now) else {
                return Verdict::Drop;
            };
            #[cfg(feature = "isn")]
            if let Some(connection) = table.touch(slot) {
                #[cfg(feature = "syn-cookies")]
                let cookie = self.cookies.cookie(arrival, now);
                #[cfg(not(feature = "syn-cookies"))]
                let cookie = None;
                open(cookie, arrival, host, now, connection);
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
        let (before, last) = self.dropped;
        let before = if now < last + GRACE { before } else { 0 };
        self.dropped = (before.saturating_add(1), now);
        count(&mut counters.dropped);
        Verdict::Drop
    }

    /// After how long a half-open connection gives way to a SYN that waits.
    fn grace(&self, now: Instant) -> Duration {
        let (dropped, last) = self.dropped;
        if cfg!(not(feature = "syn-cookies")) && dropped >= FLOOD && now < last + GRACE {
            SHORT_GRACE
        } else {
            GRACE
        }
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
        if table.room() == Room::Closed || !arrival.packet.is_intact(&host.capabilities.checksum) {
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
}

/// Opens a connection for a SYN that has found room.
#[cfg(feature = "isn")]
fn open(
    cookie: Option<TcpSeqNumber>,
    arrival: &Arrival<'_>,
    host: &Host,
    now: Instant,
    connection: &mut Connection<'_>,
) {
    let tuple = arrival.segment.four_tuple();
    let first = cookie.unwrap_or_else(|| host.sequence_numbers.next(&tuple, now));
    let address = arrival.packet.destination;
    let mut copy = SynCopy::new();
    let syn = copy.limited(arrival.packet, arrival.segment, host, now);
    begin(host, address, first, &[syn], now, connection);
    connection.control.hardware = arrival.source;
}
