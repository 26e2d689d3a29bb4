//! Connections for clients that answer, and for no others: SYN cookies (RFC 4987, 3.6).
//!
//! A flood of SYNs from forged sources takes all connections and the backlog, and smoltcp 0.14 has no
//! other answer to a SYN than to take a connection. While SYNs find neither, they are answered
//! without taking one: the sequence number of the answer is a keyed hash of the four-tuple. A client
//! that exists acknowledges it, and only then takes a connection, in front of clients that have not
//! answered yet.
//!
//! smoltcp then has to begin the connection with that very number: `initial_sequence.rs`.
//!
//! # Limits
//!
//! - Connections that begin like this have no scaled windows, no selective acknowledgements and
//!   segments of at most 1460 bytes.
//! - A client sends its first bytes one round trip later, as the first answer announces no window.
//!   If there is no room then, it sends them again after its retransmission timeout.
//! - The initial sequence number is a cookie for a SYN that finds room, too, so that its ACK is
//!   known after the room has gone to another client. To that client, scaled windows and selective
//!   acknowledgements have been announced, which its connection then does without: it is slower.
//! - It depends on the generator of smoltcp 0.14. With another one clients would be refused
//!   during a flood; a test would tell. smoltcp's feature `medium-ieee802154` takes a number more
//!   from it, so with that there are no connections by cookies.

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::TcpSeqNumber;

use super::Arrival;
use super::proof::Proof;
use crate::packet::{Flags, Segment, options};
use crate::secret::{Key, Purpose};
use crate::stack::host::Host;
use crate::stack::inject::{Header, Synthetic};

/// How long after a SYN that found no room all SYNs are answered by cookies.
const PRESSURE: Duration = Duration::from_secs(4);
/// How many cookies that are not acknowledged are a flood.
const MANY: usize = 64;
/// A cookie is valid until the end of the period after its own.
const PERIOD: Duration = Duration::from_secs(64);
/// The segment sizes that a cookie can tell, in bytes: those of IPv4 and IPv6 without options
/// on Ethernet, and what every host takes.
const SEGMENT_SIZES: [u16; 4] = [536, 1220, 1440, 1460];

/// Makes cookies, and knows its own.
pub(super) struct Cookies {
    key: Key,
    /// When a SYN last found no room.
    pressed: Option<Instant>,
    /// Cookies that were sent since then, less two for each that was acknowledged.
    unproven: usize,
}

impl Cookies {
    pub(super) fn new(random_seed: u64) -> Self {
        Self {
            key: Key::new(random_seed, Purpose::Cookies),
            pressed: None,
            unproven: 0,
        }
    }

    /// Whether all SYNs are answered by cookies.
    pub(super) fn are_given(&self, now: Instant) -> bool {
        self.end(now).is_some()
    }

    /// When they no longer are, if they are.
    pub(super) fn end(&self, now: Instant) -> Option<Instant> {
        let end = self.pressed? + PRESSURE;
        (now < end).then_some(end)
    }

    /// The answer to a SYN that has found no room, or comes while others do not.
    pub(super) fn answer(
        &mut self,
        arrival: &Arrival<'_>,
        host: &Host,
        no_room: bool,
        now: Instant,
    ) -> Option<Synthetic> {
        let syn = arrival.segment;
        if !self.are_given(now) {
            self.unproven = 0;
        }
        self.unproven = self.unproven.saturating_add(1);
        // As long as most of them are not acknowledged, it is a flood.
        if no_room || self.unproven > MANY {
            self.pressed = Some(now);
        }
        let sequence = self.cookie(arrival, now)?;
        let answer = Header {
            sequence,
            acknowledgement: syn.sequence + 1,
            flags: Flags::SYN | Flags::ACK,
            window: 0,
            maximum_segment_size: Some(host.largest_segment(&arrival.packet.source)),
            payload: None,
        };
        Some(Synthetic::new(&syn.destination, &syn.source, &answer))
    }

    /// Whether cookies were given so recently that one may still be acknowledged; `gave_up` is when the
    /// server has last given up a half-open connection.
    pub(super) fn may_be_acknowledged(&self, gave_up: Option<Instant>, now: Instant) -> bool {
        // Both are `None` as long as there is nothing to find.
        let last = self.pressed.max(gave_up);
        last.is_some_and(|last| now < last + PRESSURE + PERIOD * 2)
    }

    /// Whether this segment acknowledges a cookie of a server; `gave_up` is when that has last given
    /// up a half-open connection.
    pub(super) fn check(
        &self,
        segment: &Segment,
        gave_up: Option<Instant>,
        now: Instant,
    ) -> Option<Proof> {
        if !self.may_be_acknowledged(gave_up, now) {
            return None;
        }
        let newest = period(now);
        let cookie = segment.acknowledgement - 1;
        // The acknowledgement of the SYN-ACK follows the SYN; a probe of the window, which is
        // closed, may repeat its number (Linux does).
        for client in [segment.sequence - 1, segment.sequence] {
            for period in [newest, newest - 1] {
                let hash = self.hash(segment, client, period);
                if (cookie.0 as u32 ^ hash) & !0b11 == 0 {
                    let size = (cookie.0 as u32 ^ hash) as usize;
                    return Some(Proof {
                        client,
                        server: cookie,
                        segment_size: SEGMENT_SIZES[size],
                    });
                }
            }
        }
        None
    }

    /// A cookie was acknowledged, and its connection is open.
    pub(super) fn acknowledged(&mut self) {
        self.unproven = self.unproven.saturating_sub(2);
    }

    /// The sequence number with which a SYN is answered; `None` if its segments are too small. It is
    /// that of a SYN that has found room, too, as in the hybrid of RFC 4987, 3.7: the room may go to
    /// another client before the ACK comes, which is then known by its cookie, and not reset.
    pub(super) fn cookie(&self, arrival: &Arrival<'_>, now: Instant) -> Option<TcpSeqNumber> {
        let syn = arrival.segment;
        let offered = options(arrival.packet, syn).maximum_segment_size();
        let offered = offered.unwrap_or(SEGMENT_SIZES[0]);
        let size = SEGMENT_SIZES.iter().rposition(|size| *size <= offered)?;
        let hash = self.hash(syn, syn.sequence, period(now));
        Some(TcpSeqNumber((hash ^ size as u32) as i32))
    }

    fn hash(&self, segment: &Segment, client: TcpSeqNumber, period: u64) -> u32 {
        let tuple = segment.four_tuple();
        self.key.hash_tuple(&tuple, client.0 as u32, period)
    }
}

fn period(now: Instant) -> u64 {
    // One before the first is not below zero.
    1 + now.total_micros().unsigned_abs() / PERIOD.total_micros()
}
