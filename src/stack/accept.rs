//! What becomes of a segment, by its connection and the room that its server has.
//!
//! smoltcp 0.14 knows no backlog: where no socket listens it refuses, so a burst of clients that
//! is larger than the server fails. Here a SYN for a server that has no free slot waits in the
//! [backlog](super::Stack::with_backlog) until there is some. Where that is full, or there is none, it
//! is dropped, so that the client sends it again a second later (RFC 9293, 3.8.1). With the feature
//! `syn-cookies` it is answered instead, in a way that takes no room: see `accept/syn_cookies.rs`.
//!
//! Half-open connections keep no client waiting for long, however slowly or fast others come that are
//! never acknowledged: one gives way to a SYN that waits (`accept/pressure.rs` says when, and
//! `accept/fairness.rs` which), and at once to a client that has acknowledged a SYN-ACK. Its own client
//! is known when it acknowledges later: by the cookie, or as the backlog remembers it.
//!
//! A SYN for a connection that exists is a late copy, or its client has started anew: smoltcp 0.14
//! gives it to the first socket that takes it. Where that socket listens, it answers and ends the
//! connection. So no other connection is given it. If the client has not acknowledged the SYN-ACK
//! yet, the SYN is dropped, as the SYN-ACK is retransmitted; else it is answered by a challenge
//! (`challenge.rs`), and a client that has started anew answers that by a reset.

mod admit;
mod backlog;
mod fairness;
mod pressure;
#[cfg(any(feature = "syn-cache", feature = "syn-cookies"))]
mod proof;
#[cfg(all(feature = "syn-cache", not(feature = "syn-cookies")))]
mod remembered;
mod request;
#[cfg(feature = "client")]
pub(super) mod simultaneous_open;
#[cfg(feature = "syn-cookies")]
mod syn_cookies;

pub use backlog::PendingSyn;

use managed::ManagedSlice;
use smoltcp::socket::tcp::State;
use smoltcp::time::Instant;

use super::counters::{Counters, count};
use super::host::Host;
use super::inject::Synthetic;
use super::table::{Room, Slot, Table};
#[cfg(feature = "addressing")]
use crate::link::Addresses;
use crate::link::EthernetAddress;
use crate::packet::{Flags, Packet, Segment};
use backlog::Backlog;
use pressure::Pressure;
#[cfg(feature = "syn-cookies")]
use syn_cookies::Cookies;

/// What becomes of a segment.
pub(super) enum Verdict {
    /// It is given to this connection.
    Deliver(Slot),
    /// It is given to no connection: smoltcp refuses it by a reset.
    Refuse,
    /// It has been given to its connection already.
    #[cfg_attr(not(feature = "isn"), allow(dead_code))]
    Delivered,
    /// It is dropped.
    Drop,
    /// It is answered by this segment.
    #[cfg_attr(
        not(any(feature = "client", feature = "syn-cookies")),
        allow(dead_code)
    )]
    Answer(Synthetic),
    /// This connection is given the other segment instead.
    #[cfg_attr(not(feature = "syn-cookies"), allow(dead_code))]
    Replace(Slot, Synthetic),
    /// This connection is given the other segment first, and the answer to that is dropped.
    #[cfg_attr(
        any(not(feature = "syn-cache"), feature = "syn-cookies"),
        allow(dead_code)
    )]
    DeliverAfter(Slot, Synthetic),
}

/// A segment that has arrived.
pub(super) struct Arrival<'f> {
    /// The card that has sent it, on Ethernet.
    pub(super) source: Option<EthernetAddress>,
    pub(super) packet: &'f Packet<'f>,
    pub(super) segment: &'f Segment,
}

impl Arrival<'_> {
    /// Whether it is intact, and has no FIN. A SYN with a FIN is sent by scanners only; smoltcp drops
    /// it, as other stacks do.
    fn may_open(&self, host: &Host) -> bool {
        !self.segment.flags.has(Flags::FIN) && self.packet.is_intact(&host.capabilities.checksum)
    }
}

/// SYNs that wait, and those that are answered by a cookie.
pub(super) struct Accept<'a> {
    backlog: Backlog<'a>,
    #[cfg(feature = "syn-cookies")]
    cookies: Cookies,
    pressure: Pressure,
}

impl<'a> Accept<'a> {
    pub(super) fn new(random_seed: u64) -> Self {
        #[cfg(not(feature = "syn-cookies"))]
        let _ = random_seed;
        Self {
            backlog: Backlog::new((&mut [][..]).into()),
            #[cfg(feature = "syn-cookies")]
            cookies: Cookies::new(random_seed),
            pressure: Pressure::default(),
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
            #[cfg(feature = "client")]
            Flags::SYN if state == State::SynSent => {
                let answer = connection
                    .filter(|_| arrival.may_open(host))
                    .and_then(|connection| simultaneous_open::answer(connection, arrival, host));
                let Some(answer) = answer else {
                    return Verdict::Drop;
                };
                if let Some(connection) = found.and_then(|slot| table.touch(slot)) {
                    simultaneous_open::remember(&mut connection.control, arrival);
                }
                Verdict::Answer(answer)
            }
            Flags::SYN if table.room() != Room::Closed => {
                if !arrival.may_open(host) {
                    return Verdict::Drop;
                }
                match existing {
                    Some(slot) if !begins_anew => {
                        count(&mut counters.copies);
                        // The first one may have come by another way, or a spoiled header.
                        if let Some(connection) = table.touch(slot) {
                            connection.control.hardware = arrival.source;
                            #[cfg(feature = "isn")]
                            if state == State::SynReceived {
                                connection
                                    .control
                                    .credit
                                    .received(arrival.packet.bytes.len());
                            }
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
                #[cfg(any(feature = "syn-cache", feature = "syn-cookies"))]
                None if segment.flags.kind() == Flags::ACK => {
                    self.confirmation(table, arrival, host, now, counters)
                }
                None => Verdict::Refuse,
            },
        }
    }
}

/// A packet that has waited, and the segment in it.
#[cfg(feature = "isn")]
fn parse(bytes: &[u8]) -> Option<(Packet<'_>, Segment)> {
    let packet = Packet::parse(bytes)?;
    let segment = packet.segment()?;
    Some((packet, segment))
}
