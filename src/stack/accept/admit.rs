//! SYNs that have waited are admitted when their server has room.

use smoltcp::time::Instant;

use super::Accept;
#[cfg(feature = "isn")]
use super::Arrival;
use super::fairness::HalfOpen;
#[cfg(feature = "isn")]
use super::parse;
#[cfg(any(feature = "syn-cache", feature = "syn-cookies"))]
use super::proof::Proof;
#[cfg(all(feature = "syn-cache", not(feature = "syn-cookies")))]
use super::remembered::Memory;
#[cfg(feature = "isn")]
use super::request::open;
use crate::link::EthernetAddress;
use crate::packet::FourTuple;
use crate::stack::control::Connection;
use crate::stack::counters::Counters;
#[cfg(any(feature = "syn-cache", feature = "syn-cookies"))]
use crate::stack::counters::count;
use crate::stack::host::Host;
#[cfg(not(feature = "isn"))]
use crate::stack::path_mtu::SynCopy;
use crate::stack::service::{Service, earliest};
use crate::stack::table::Room;

/// Gives a connection the packet that opens it, which this card has sent; without a connection, the
/// packet is an answer to this card.
pub(in crate::stack) type Deliver<'d, 'a> =
    dyn FnMut(Option<&mut Connection<'a>>, Option<EthernetAddress>, &[u8]) + 'd;

impl<'a> Accept<'a> {
    /// Takes a SYN out of the backlog if its server has room by now, and delivers it to the
    /// connection that is opened for it. Returns whether there were any.
    pub(in crate::stack) fn admit(
        &mut self,
        service: &mut dyn Service<'a>,
        host: &Host,
        now: Instant,
        counters: &mut Counters,
        deliver: &mut Deliver<'_, 'a>,
    ) -> bool {
        self.backlog.expire(now);
        #[cfg(feature = "syn-cookies")]
        self.answer_all(host, now, counters, deliver);
        let mut admitted = false;
        // Each turn takes a SYN out: this comes to an end.
        while let Some((index, tuple, is_proven)) = self.first(service, host, now) {
            let table = service.table(tuple.local.port);
            let Some(table) = table.filter(|table| table.room() != Room::Closed) else {
                // The server is gone: its client is refused when it asks again.
                self.backlog.take(index);
                continue;
            };
            #[cfg(all(feature = "syn-cache", not(feature = "syn-cookies")))]
            let mut given_up = None;
            if table.room() == Room::Full
                && let Some(half_open) = HalfOpen::of(table, host, now)
            {
                let slot = half_open.victim(table, &tuple.remote.addr, host);
                #[cfg(all(feature = "syn-cache", not(feature = "syn-cookies")))]
                {
                    let given = table.get(slot);
                    given_up = given.and_then(|given| Memory::of(given.control()));
                }
                self.pressure.gave_way(now);
                table.give_up(slot, now);
            }
            // There is none for a client that has come in by another way.
            let slot = table.open(&tuple, now);
            let connection = slot.and_then(|slot| table.touch(slot));
            let taken = self.backlog.take(index);
            if let Some((connection, (source, bytes))) = connection.zip(taken) {
                admitted = true;
                let _ = is_proven;
                #[cfg(not(feature = "isn"))]
                {
                    let mut copy = SynCopy::new();
                    deliver(Some(connection), source, copy.of(bytes, host, now));
                }
                #[cfg(feature = "isn")]
                if let Some((packet, segment)) = parse(bytes) {
                    let arrival = &Arrival {
                        source,
                        packet: &packet,
                        segment: &segment,
                    };
                    if is_proven {
                        #[cfg(any(feature = "syn-cache", feature = "syn-cookies"))]
                        {
                            let proof = Proof::kept(&packet, &segment);
                            proof.open(arrival, host, now, connection);
                            count(&mut counters.proven);
                            #[cfg(feature = "syn-cookies")]
                            self.cookies.acknowledged();
                            let probe = proof.probe(&segment);
                            deliver(Some(connection), source, probe.as_bytes());
                        }
                    } else {
                        #[cfg(feature = "syn-cookies")]
                        let first = self.cookies.cookie(arrival, now);
                        #[cfg(not(feature = "syn-cookies"))]
                        let first = None;
                        open(first, arrival, host, now, connection);
                    }
                }
            }
            // What has waited has left its room.
            #[cfg(all(feature = "syn-cache", not(feature = "syn-cookies")))]
            self.remember(given_up, host, now);
        }
        let _ = (counters, deliver);
        admitted
    }

    /// Answers the SYNs that wait by cookies, if all SYNs are answered by cookies.
    #[cfg(feature = "syn-cookies")]
    fn answer_all(
        &mut self,
        host: &Host,
        now: Instant,
        counters: &mut Counters,
        deliver: &mut Deliver<'_, 'a>,
    ) {
        if !self.only_proven(now) {
            return;
        }
        // The last first: none is looked at twice.
        let mut end = self.backlog.len();
        while let Some((source, bytes)) = self.backlog.take_before(&mut end) {
            let Some((packet, segment)) = parse(bytes) else {
                continue;
            };
            let arrival = &Arrival {
                source,
                packet: &packet,
                segment: &segment,
            };
            if let Some(answer) = self.cookies.answer(arrival, host, false, now) {
                count(&mut counters.cookies);
                deliver(None, source, answer.as_bytes());
            }
        }
    }

    /// Whether a SYN waits for a server that has room.
    pub(in crate::stack) fn is_ready(
        &self,
        service: &mut dyn Service<'a>,
        host: &Host,
        now: Instant,
    ) -> bool {
        self.first(service, host, now).is_some()
    }

    /// When SYNs that wait may be admitted: as a half-open connection gives way, or cookies are not
    /// given any more.
    pub(in crate::stack) fn due(
        &self,
        service: &mut dyn Service<'a>,
        host: &Host,
        now: Instant,
    ) -> Option<Instant> {
        if self.backlog.is_empty() {
            return None;
        }
        #[cfg(feature = "syn-cookies")]
        if let Some(end) = self.cookies.end(now) {
            return Some(end);
        }
        let grace = self.grace(now);
        let (mut due, mut seen) = (None, 0);
        self.backlog.first(now, |tuple, _| {
            let port = tuple.local.port;
            if core::mem::replace(&mut seen, port) != port
                && let Some(table) = service.table(port)
                && let Some(half_open) = HalfOpen::of(table, host, now)
            {
                let age = half_open.age();
                due = earliest(due, Some(now + (grace.max(age) - age)));
            }
            false
        });
        due
    }

    /// The next SYN, of those for servers that have room or are gone, or in which a half-open connection
    /// gives way. To a client that has proven its address, any does.
    #[inline(never)]
    fn first(
        &self,
        service: &mut dyn Service<'a>,
        host: &Host,
        now: Instant,
    ) -> Option<(usize, FourTuple, bool)> {
        if self.backlog.is_empty() {
            return None;
        }
        let only_proven = self.only_proven(now);
        let grace = self.grace(now);
        // Of many SYNs for one port, its server is asked about the first.
        let mut seen: Option<(u16, bool, Option<HalfOpen>)> = None;
        self.backlog.first(now, |tuple, is_proven| {
            if only_proven && !is_proven {
                return false;
            }
            let port = tuple.local.port;
            if !matches!(seen, Some((seen, ..)) if seen == port) {
                seen = Some(match service.table(port) {
                    None => (port, true, None),
                    Some(table) => {
                        let has_room = table.room() != Room::Full;
                        (port, has_room, HalfOpen::of(table, host, now))
                    }
                });
            }
            let remote = &tuple.remote.addr;
            seen.as_ref().is_some_and(|(_, has_room, half_open)| {
                let gives_way =
                    |half_open: &HalfOpen| is_proven || half_open.gives_way(remote, host, grace);
                *has_room || half_open.as_ref().is_some_and(gives_way)
            })
        })
    }
}
