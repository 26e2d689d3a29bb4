//! A SYN for a new connection, and the acknowledgement of one for which no slot was kept.

use smoltcp::time::{Duration, Instant};
#[cfg(feature = "isn")]
use smoltcp::wire::TcpSeqNumber;

use super::backlog::Kind;
use super::fairness::HalfOpen;
#[cfg(any(feature = "syn-cache", feature = "syn-cookies"))]
use super::proof::Proof;
#[cfg(all(feature = "syn-cache", not(feature = "syn-cookies")))]
use super::remembered::Memory;
use super::{Accept, Arrival, Verdict};
#[cfg(any(feature = "syn-cache", feature = "syn-cookies"))]
use crate::packet::Segment;
#[cfg(feature = "isn")]
use crate::stack::control::Connection;
use crate::stack::counters::{Counters, count};
use crate::stack::host::Host;
#[cfg(feature = "isn")]
use crate::stack::initial_sequence::begin;
#[cfg(feature = "isn")]
use crate::stack::path_mtu::SynCopy;
use crate::stack::table::{Room, Slot, Table};

impl<'a> Accept<'a> {
    /// A SYN for a new connection.
    pub(super) fn request(
        &mut self,
        table: &mut dyn Table<'a>,
        arrival: &Arrival<'_>,
        host: &Host,
        now: Instant,
        counters: &mut Counters,
    ) -> Verdict {
        let tuple = arrival.segment.four_tuple();
        let by_cookie = self.only_proven(now);
        let has_room = table.room() == Room::Free
            || cfg!(not(feature = "syn-cookies"))
                && (!self.backlog.remembers() || self.backlog.has_room_to_remember())
                && self.make_room(table, arrival, host, now);
        if has_room && !by_cookie {
            let Some(slot) = table.open(&tuple, now) else {
                return Verdict::Drop;
            };
            self.backlog.leave(&tuple);
            #[cfg(feature = "isn")]
            if let Some(connection) = table.touch(slot) {
                let first = self.first_number(arrival, now);
                open(first, arrival, host, now, connection);
                return Verdict::Delivered;
            }
            return Verdict::Deliver(slot);
        }
        // One with payload does not wait: its client sends it again, at last without.
        let bare = arrival.segment.payload_len == 0;
        let (source, packet) = (arrival.source, arrival.packet.bytes);
        let waits = !by_cookie && bare;
        if waits
            && self
                .backlog
                .put(tuple, source, packet, Kind::Waiting, host, now)
        {
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
        self.pressure.dropped(now);
        count(&mut counters.dropped);
        Verdict::Drop
    }

    /// The initial sequence number for a SYN, if it is not drawn: a cookie, or that with which the
    /// same SYN was answered before its half-open connection gave way.
    #[cfg(feature = "isn")]
    pub(super) fn first_number(
        &mut self,
        arrival: &Arrival<'_>,
        now: Instant,
    ) -> Option<TcpSeqNumber> {
        #[cfg(feature = "syn-cookies")]
        return self.cookies.cookie(arrival, now);
        #[cfg(all(feature = "syn-cache", not(feature = "syn-cookies")))]
        if let Some(before) = self.recall(&arrival.segment.four_tuple())
            && before.client == arrival.segment.sequence
        {
            return Some(before.server);
        }
        #[cfg(not(feature = "syn-cookies"))]
        {
            let _ = (arrival, now);
            None
        }
    }

    /// Makes room for a SYN, if a half-open connection gives way to it.
    fn make_room(
        &mut self,
        table: &mut dyn Table<'a>,
        arrival: &Arrival<'_>,
        host: &Host,
        now: Instant,
    ) -> bool {
        let source = &arrival.packet.source;
        let grace = self.grace(now);
        let half_open = HalfOpen::of(table, host, now);
        let gives_way = |half_open: &HalfOpen| half_open.gives_way(source, host, grace);
        let Some(half_open) = half_open.filter(gives_way) else {
            return false;
        };
        let slot = half_open.victim(table, source, host);
        self.give_up(table, slot, host, now)
    }

    /// Gives up a half-open connection; returns whether that makes room in its table. Without cookies,
    /// the backlog remembers it, if there is room.
    pub(super) fn give_up(
        &mut self,
        table: &mut dyn Table<'a>,
        slot: Slot,
        host: &Host,
        now: Instant,
    ) -> bool {
        #[cfg(all(feature = "syn-cache", not(feature = "syn-cookies")))]
        if let Some(connection) = table.get(slot) {
            let memory = Memory::of(connection.control());
            self.remember(memory, host, now);
        }
        let _ = host;
        self.pressure.gave_way(now);
        table.give_up(slot, now)
    }

    /// After how long a half-open connection gives way to a SYN that waits.
    pub(super) fn grace(&self, now: Instant) -> Duration {
        self.pressure.grace(self.backlog.remembers(), now)
    }

    /// Whether only clients that have proven their address are let in.
    pub(super) fn only_proven(&self, now: Instant) -> bool {
        #[cfg(feature = "syn-cookies")]
        return self.cookies.are_given(now);
        #[cfg(not(feature = "syn-cookies"))]
        {
            let _ = now;
            false
        }
    }
}

#[cfg(any(feature = "syn-cache", feature = "syn-cookies"))]
impl<'a> Accept<'a> {
    /// An acknowledgement without a connection: that of a SYN-ACK for which no slot was kept, perhaps.
    pub(super) fn confirmation(
        &mut self,
        table: &mut dyn Table<'a>,
        arrival: &Arrival<'_>,
        host: &Host,
        now: Instant,
        counters: &mut Counters,
    ) -> Verdict {
        let Some(proof) = self.proof(table, arrival.segment, now) else {
            // It may follow one that has the cookie, and was lost or waits. A client probes the window,
            // which is closed, and retransmits, unless a reset ends the connection before.
            #[cfg(feature = "syn-cookies")]
            if self.cookies.may_be_acknowledged(table.gave_up(), now) {
                return Verdict::Drop;
            }
            return Verdict::Refuse;
        };
        if table.room() == Room::Closed || !arrival.packet.is_intact(&host.capabilities.checksum) {
            return Verdict::Refuse;
        }
        let tuple = arrival.segment.four_tuple();
        if table.room() == Room::Full
            && let Some(half_open) = HalfOpen::of(table, host, now)
        {
            // What is remembered of this one is not needed any more, if it gets the slot.
            self.give_up(table, half_open.oldest(), host, now);
        }
        if table.room() == Room::Free
            && let Some(slot) = table.open(&tuple, now)
        {
            let Some(connection) = table.touch(slot) else {
                return Verdict::Drop;
            };
            count(&mut counters.proven);
            proof.open(arrival, host, now, connection);
            let probe = proof.probe(arrival.segment);
            #[cfg(feature = "syn-cookies")]
            {
                self.cookies.acknowledged();
                return Verdict::Replace(slot, probe);
            }
            #[cfg(not(feature = "syn-cookies"))]
            {
                self.recall(&tuple);
                return Verdict::DeliverAfter(slot, probe);
            }
        }
        let kept = proof.keep(arrival.segment);
        let (source, packet) = (arrival.source, kept.as_bytes());
        self.backlog
            .put(tuple, source, packet, Kind::Acknowledged, host, now);
        Verdict::Drop
    }

    /// What an acknowledgement proves, if it is that of a SYN-ACK of this host.
    fn proof(&self, table: &dyn Table<'a>, segment: &Segment, now: Instant) -> Option<Proof> {
        #[cfg(feature = "syn-cookies")]
        return self.cookies.check(segment, table.gave_up(), now);
        #[cfg(not(feature = "syn-cookies"))]
        {
            let _ = (table, now);
            self.remembered(segment)
        }
    }
}

/// Opens a connection for a SYN that has found room.
#[cfg(feature = "isn")]
pub(super) fn open(
    first: Option<TcpSeqNumber>,
    arrival: &Arrival<'_>,
    host: &Host,
    now: Instant,
    connection: &mut Connection<'_>,
) {
    let tuple = arrival.segment.four_tuple();
    let first = first.unwrap_or_else(|| host.sequence_numbers.next(&tuple, now));
    let address = arrival.packet.destination;
    let mut copy = SynCopy::new();
    let syn = copy.limited(arrival.packet, arrival.segment, host, now);
    begin(host, address, first, &[syn], now, connection);
    connection.control.hardware = arrival.source;
    connection.control.credit.limit();
    connection
        .control
        .credit
        .received(arrival.packet.bytes.len());
}
