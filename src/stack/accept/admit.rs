//! SYNs that have waited are admitted when their server has room.

use smoltcp::socket::tcp::State;
use smoltcp::time::Instant;

use super::Accept;
#[cfg(feature = "isn")]
use super::{Arrival, open};
use crate::link::EthernetAddress;
use crate::packet::FourTuple;
use crate::packet::Packet;
use crate::stack::control::Connection;
use crate::stack::counters::Counters;
#[cfg(feature = "syn-cookies")]
use crate::stack::counters::count;
use crate::stack::host::Host;
#[cfg(not(feature = "isn"))]
use crate::stack::path_mtu::SynCopy;
use crate::stack::service::{Service, earliest};
use crate::stack::table::{Room, Table};

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
                .and_then(|slot| table.get(slot))
                .map(|connection| connection.socket().state())
                .is_some_and(|state| !matches!(state, State::Closed | State::TimeWait));
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
            #[cfg(feature = "isn")]
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
                #[cfg(feature = "syn-cookies")]
                if is_proven {
                    let cookies = &mut self.cookies;
                    if let Some(probe) = cookies.admit(arrival, gave_up, host, now, connection) {
                        count(&mut counters.proven);
                        deliver(Some(connection), source, probe.as_bytes());
                    }
                    continue;
                }
                #[cfg(feature = "syn-cookies")]
                let cookie = self.cookies.cookie(arrival, now);
                #[cfg(not(feature = "syn-cookies"))]
                let cookie = None;
                open(cookie, arrival, host, now, connection);
            }
            let _ = is_proven;
            #[cfg(not(feature = "isn"))]
            if let Some(packet) = &Packet::parse(bytes)
                && let Some(segment) = &packet.segment()
            {
                let mut copy = SynCopy::new();
                let syn = copy.limited(packet, segment, host, now);
                deliver(Some(connection), source, syn);
            }
        }
        #[cfg(not(feature = "syn-cookies"))]
        let _ = (host, counters, deliver);
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
        while self.only_proven(now)
            && let Some((index, ..)) = self.backlog.first(now, |_, is_proven| !is_proven)
            && let Some((source, bytes)) = self.backlog.take(index)
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
            if let Some(answer) = self.cookies.answer(arrival, host, false, now) {
                count(&mut counters.cookies);
                deliver(None, source, answer.as_bytes());
            }
        }
    }

    /// Whether a SYN waits for a server that has room.
    pub(in crate::stack) fn is_ready(&self, service: &mut dyn Service<'a>, now: Instant) -> bool {
        self.first(service, now).is_some()
    }

    /// When SYNs that wait may be admitted: as a half-open connection gives way, or cookies are not
    /// given any more.
    pub(in crate::stack) fn due(
        &self,
        service: &mut dyn Service<'a>,
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
        self.backlog.first(now, |port, _| {
            if core::mem::replace(&mut seen, port) != port {
                let age = service.table(port).and_then(|table| table.half_open(now));
                due = earliest(due, age.map(|age| now + (grace.max(age) - age)));
            }
            false
        });
        due
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
        let grace = self.grace(now);
        // Of many SYNs for one port, its server is asked about the first.
        let mut full = None;
        self.backlog.first(now, |port, is_proven| {
            if full == Some((port, is_proven)) {
                return false;
            }
            let has_room = |table: &mut dyn Table<'a>| {
                let gives_way = |age| is_proven || age >= grace;
                table.room() != Room::Full
                    || table.half_open(now).is_some_and(gives_way) && table.make_room(now)
            };
            let passes = (is_proven || !only_proven) && service.table(port).is_none_or(has_room);
            full = (!passes).then_some((port, is_proven));
            passes
        })
    }
}
