//! An acknowledgement without a connection: that of a SYN-ACK for which no slot was kept, perhaps.

use smoltcp::time::Instant;

use super::backlog::Kind;
use super::fairness::HalfOpen;
use super::proof::Proof;
use super::{Accept, Arrival, Verdict};
use crate::packet::Segment;
use crate::stack::counters::{Counters, count};
use crate::stack::host::Host;
use crate::stack::table::{Room, Table};

impl<'a> Accept<'a> {
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
