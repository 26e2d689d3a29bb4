//! What of a connection is in flight, and how its path treats that: segments are lost, and some are
//! too long for a link.
//!
//! smoltcp 0.14 retransmits the first segment in flight at the third duplicate acknowledgement, and
//! counts those from the start again at each segment with payload and each change of the window. The
//! first acknowledgement of anything new ends the recovery, though of several segments lost in a round
//! trip it covers the first only. The others, and a segment that is lost once more, wait for the
//! retransmission timeout of a second at least. So all of it is judged here: smoltcp is given the
//! duplicate acknowledgements that it would need, and never a third one otherwise.

mod timer;

use smoltcp::time::Instant;
use smoltcp::wire::TcpSeqNumber;

pub(in crate::stack) use self::timer::Expiry;
use self::timer::{DEFAULT_SEGMENT_SIZE, Timer};
use crate::packet::{Flags, Segment};

/// Duplicate acknowledgements after which a segment is taken for lost (RFC 5681, 3.2).
pub(in crate::stack) const DUPLICATES: u8 = 3;

/// After so many acknowledgements in a row of one retransmitted segment, those behind it are lost too. One
/// of them a round trip would take long: RFC 6582, 4 has the timeout expire then, after which all is
/// sent again.
const LONG_LOSS: u8 = 3;

/// The largest window scale (RFC 7323, 2.3).
const MOST_SCALE: u8 = 14;

/// The payload of a segment over Ethernet, in bytes.
const MAXIMUM_SEGMENT_SIZE: u16 = 1460;

/// The least MTUs that can be learned of a path over IPv4, in bytes: what every host takes (RFC 791),
/// and what nearly every path does.
const LEAST_MTU: u16 = 576;
const FALLBACKS: [u16; 2] = [1280, LEAST_MTU];

/// What is in flight, and what is known about the path.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::stack) struct Flight {
    /// SND.UNA, since the first segment with payload was sent.
    unacknowledged: Option<TcpSeqNumber>,
    /// The peer's window, as its latest segment gives it.
    window: u16,
    /// Whether it is known to be zero.
    is_shut: bool,
    /// By how many bits it is scaled.
    shift: u8,
    /// The longest payload of a segment.
    payload: u16,
    /// Acknowledgements in a row that say that a later segment has arrived than this first one.
    duplicates: u8,
    /// How many of them smoltcp has counted.
    counted: u8,
    /// Whether smoltcp is about to retransmit the first segment in flight because of them.
    is_due: bool,
    /// The acknowledgement that ends the recovery (RFC 6582, 3.2).
    recover: Option<TcpSeqNumber>,
    /// How many duplicates smoltcp may still be given until the next acknowledgement of anything new.
    /// `None` outside a recovery, and within one after such an acknowledgement, until the next segment is
    /// retransmitted.
    inflations: Option<u16>,
    retransmitted: Option<Retransmission>,
    /// Whether all is sent again because of what was acknowledged, not because of the time.
    is_informed: bool,
    /// Acknowledgements in a row that cover no more than what was retransmitted.
    single: u8,
    /// After a retransmission timeout all is sent again, and was so up to here.
    rewound: Option<TcpSeqNumber>,
    /// SND.NXT at that timeout, until all before it is acknowledged.
    timed_out: Option<TcpSeqNumber>,
    timer: Timer,
    /// Whether segments wait until they are full.
    pub(in crate::stack) avoids_silly_windows: bool,
    /// The longest packet that has arrived, and one that may have: its end, and its length.
    proven: u16,
    sample: Option<(TcpSeqNumber, u16)>,
    /// The longest packet that is sent, in bytes, if the path takes none of those that are agreed upon.
    limit: Option<u16>,
    /// Whether the limit is a guess, and whether nothing has arrived yet since there is one.
    is_guess: bool,
    is_unconfirmed: bool,
}

/// How long a packet is, or each that the device makes of it, in bytes.
#[derive(Clone, Copy, Debug)]
pub(in crate::stack) struct Length {
    pub(in crate::stack) headers: usize,
    pub(in crate::stack) payload: usize,
}

/// The latest segment that was retransmitted.
#[derive(Clone, Copy, Debug)]
struct Retransmission {
    first: TcpSeqNumber,
    end: TcpSeqNumber,
    /// SND.NXT then: what is behind was sent later.
    next: TcpSeqNumber,
    time: Instant,
}

/// How an acknowledgement arrives.
#[derive(Clone, Copy, Debug)]
pub(in crate::stack) struct Acknowledgement<'s> {
    pub(in crate::stack) segment: &'s Segment,
    /// Whether smoltcp has found that it acknowledges anything new.
    pub(in crate::stack) is_new: bool,
    /// Behind what has arrived, by its selective acknowledgements (RFC 2018).
    pub(in crate::stack) highest: Option<TcpSeqNumber>,
    pub(in crate::stack) now: Instant,
}

/// What smoltcp has to be told about an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack) enum Advice {
    Nothing,
    /// That it is a duplicate, which it has not counted. RFC 5681, 3.2 (4): "For each additional
    /// duplicate ACK received (after the third), cwnd MUST be incremented by SMSS."
    Duplicate,
    /// That the first segment in flight is lost.
    Lost,
    /// That all of the flight is.
    AllLost,
}

impl Flight {
    /// The longest packet that the path takes, where that is shorter than was agreed upon.
    pub(in crate::stack) fn limit(&self) -> Option<usize> {
        self.limit.map(usize::from)
    }

    /// SND.UNA and the peer's window, for an acknowledgement of nothing new.
    pub(in crate::stack) fn acknowledged(&self) -> Option<(TcpSeqNumber, u16)> {
        Some((self.unacknowledged?, self.window))
    }

    /// The peer's SYN gives this scale of its windows.
    pub(in crate::stack) fn set_scale(&mut self, scale: Option<u8>) {
        self.shift = scale.unwrap_or(0).min(MOST_SCALE);
    }

    /// Whether the first segment of `queued` bytes fits the peer's window, however long it is.
    pub(in crate::stack) fn fits_window(&self, queued: usize) -> bool {
        let longest = usize::from(self.payload.max(MAXIMUM_SEGMENT_SIZE));
        usize::from(self.window) << self.shift >= queued.min(longest)
    }

    /// When something has to be done if nothing is heard.
    pub(in crate::stack) fn due(&self) -> Option<Instant> {
        self.timer.due()
    }

    /// What has to be done now because of the time; SND.NXT is `sent`.
    pub(in crate::stack) fn expire(&mut self, sent: TcpSeqNumber, now: Instant) -> Option<Expiry> {
        let expiry = self.timer.expire(now)?;
        let is_in_flight = self.unacknowledged.is_some_and(|number| number != sent);
        (is_in_flight && self.window > 0).then_some(expiry)
    }

    /// A SYN leaves, or leaves again: the first round-trip time is that until its acknowledgement.
    pub(in crate::stack) fn opens(&mut self, segment: &Segment, is_again: bool, now: Instant) {
        match is_again {
            true => self.timer.forget_sample(),
            false => self.timer.measure(segment.sequence + 1, 0, now),
        }
    }

    /// The SYN is acknowledged. The `window` of a SYN-ACK is not scaled as in the segments to come: "The
    /// window field in a segment where the SYN bit is set MUST NOT be scaled" (RFC 7323, 2.2).
    pub(in crate::stack) fn opened(&mut self, number: TcpSeqNumber, window: u16, now: Instant) {
        self.window = window >> self.shift;
        self.timer.acknowledged(number, now);
    }

    /// A segment with payload or a FIN leaves in a packet of this length; SND.NXT is `sent` before. Returns
    /// whether routers may fragment it.
    ///
    /// A packet that is longer than any that has arrived, and is retransmitted because of the timeout, may
    /// have met a link that is too small for it, and the router's message about that a filter
    /// (RFC 2923, 2.1). So it is sent for the routers to fragment, and those after it are shorter.
    pub(in crate::stack) fn transmitted(
        &mut self,
        segment: &Segment,
        length: Length,
        sent: TcpSeqNumber,
        is_far: bool,
        now: Instant,
    ) -> bool {
        // What asks whether the peer is there has a number before.
        if self.unacknowledged.is_none() && segment.sequence < sent {
            return false;
        }
        let unacknowledged = *self.unacknowledged.get_or_insert(segment.sequence);
        let payload = u16::try_from(length.payload).unwrap_or(u16::MAX);
        let length = u16::try_from(length.headers + length.payload).unwrap_or(u16::MAX);
        let end = segment.end() + usize::from(segment.flags.has(Flags::FIN));
        if segment.sequence >= sent {
            self.payload = self.payload.max(payload);
            self.rewound = None;
            if self.sample.is_none() && length > self.proven {
                self.sample = Some((end, length));
            }
            self.timer.measure(end, payload, now);
            if self.is_recovering() {
                return false;
            }
            self.timer.start_probe(now, self.is_one_segment(end));
            return false;
        }
        // The same, and probes of a zero window.
        if segment.sequence < unacknowledged || self.is_shut {
            return false;
        }
        self.sample = None;
        self.timer.forget_sample();
        if (self.rewound).is_some_and(|rewound| segment.sequence >= rewound) {
            self.rewound = Some(end);
            return false;
        }
        if segment.sequence != unacknowledged {
            return false;
        }
        self.retransmitted = Some(Retransmission {
            first: unacknowledged,
            end,
            next: sent,
            time: now,
        });
        if core::mem::take(&mut self.is_due) {
            self.timer.start_timeout(now);
            return false;
        }
        // The retransmission timeout, which ends a recovery (RFC 6582, 3.2).
        (self.recover, self.inflations, self.duplicates) = (None, None, 0);
        (self.rewound, self.timed_out) = (Some(end), Some(sent));
        if !core::mem::take(&mut self.is_informed) {
            self.timer.double();
        }
        self.timer.start_timeout(now);
        let shorter = FALLBACKS.into_iter().find(|fallback| *fallback < length);
        match shorter {
            // Few paths are so small that a single loss says it.
            Some(LEAST_MTU) if !self.is_guess && !self.timer.has_expired_twice() => false,
            Some(shorter) if is_far && length > self.proven => {
                (self.limit, self.is_guess, self.is_unconfirmed) = (Some(shorter), true, true);
                true
            }
            _ => false,
        }
    }

    fn is_recovering(&self) -> bool {
        self.recover.is_some() || self.timed_out.is_some() || self.is_due
    }

    /// Whether less is in flight than two full segments, so that the peer may delay its acknowledgement
    /// (RFC 9293, 3.8.6.3: "an ACK SHOULD be generated for at least every second full-sized segment").
    fn is_one_segment(&self, sent: TcpSeqNumber) -> bool {
        let two = 2 * usize::from(self.payload.max(DEFAULT_SEGMENT_SIZE));
        self.unacknowledged.is_none_or(|number| sent < number + two)
    }

    /// Whether a segment that acknowledges nothing new tells anything else.
    pub(in crate::stack) fn is_concerned(&self, segment: &Segment, sent: TcpSeqNumber) -> bool {
        let is_in_flight = self.unacknowledged.is_some_and(|number| number != sent);
        self.is_current(segment, sent) && (self.window != segment.window || is_in_flight)
    }

    /// Whether a segment acknowledges no less than the latest one, and nothing that was not sent: only
    /// then its window counts (RFC 9293, 3.10.7.4).
    fn is_current(&self, segment: &Segment, sent: TcpSeqNumber) -> bool {
        let number = segment.acknowledgement;
        number <= sent && number >= self.unacknowledged.unwrap_or(sent)
    }

    /// Whether smoltcp must not be given a segment: it would take the first segment in flight for lost,
    /// or send more than has left the network.
    pub(in crate::stack) fn is_one_too_many(&self, segment: &Segment, sent: TcpSeqNumber) -> bool {
        self.counts(segment, sent) && (self.is_at_two() || self.is_inflated())
    }

    /// Whether as many duplicates have come in this recovery as there were segments in flight. Upon each,
    /// smoltcp sends one segment more.
    ///
    /// RFC 5681, 3.2 (4): "many bogus duplicate ACKs are sent to the data sender in order to artificially
    /// inflate cwnd [...]. A TCP MAY therefore limit the number of times cwnd is artificially inflated
    /// during loss recovery to the number of outstanding segments".
    fn is_inflated(&self) -> bool {
        self.inflations == Some(0)
    }

    /// Whether smoltcp takes a segment for a duplicate acknowledgement.
    fn counts(&self, segment: &Segment, sent: TcpSeqNumber) -> bool {
        let number = segment.acknowledgement;
        let is_bare = segment.payload_len == 0 && segment.window == self.window;
        is_bare && number != sent && self.unacknowledged == Some(number)
    }

    /// A segment of the peer has arrived, and was given to smoltcp unless it is
    /// [one too many](Self::is_one_too_many); SND.NXT is `sent`.
    pub(in crate::stack) fn received(
        &mut self,
        acknowledgement: Acknowledgement<'_>,
        sent: TcpSeqNumber,
    ) -> Advice {
        let Acknowledgement {
            segment,
            is_new,
            highest,
            now,
        } = acknowledgement;
        if !self.is_current(segment, sent) {
            return Advice::Nothing;
        }
        let number = segment.acknowledgement;
        let counts = self.counts(segment, sent) && !is_new;
        let is_inflated = self.is_inflated();
        let is_one_too_many = counts && (self.is_at_two() || is_inflated);
        self.counted = match counts {
            true if is_one_too_many => self.counted,
            true => self.counted.saturating_add(1).min(u8::MAX - 1),
            false => 0,
        };
        let is_update = core::mem::replace(&mut self.window, segment.window) != segment.window;
        self.is_shut = segment.window == 0;
        let Some(unacknowledged) = self.unacknowledged else {
            self.timer.acknowledged(number, now);
            return Advice::Nothing;
        };
        if is_new {
            return self.advance(unacknowledged, number, sent, now);
        }
        let is_bare = segment.payload_len == 0 && !segment.flags.has(Flags::FIN) && !is_update;
        let highest = highest.filter(|highest| *highest > number && *highest <= sent);
        let is_duplicate = highest.is_some() || is_bare;
        if number != unacknowledged || number == sent || self.window == 0 {
            return Advice::Nothing;
        }
        if self.timer.due().is_none() {
            self.timer.start_probe(now, self.is_one_segment(sent));
        }
        if !is_duplicate {
            return Advice::Nothing;
        }
        self.duplicates = self.duplicates.saturating_add(1);
        // What is behind SND.NXT of that moment was sent later, and once.
        if let (Some(retransmitted), Some(highest)) = (self.retransmitted, highest)
            && highest > retransmitted.next
        {
            self.timer.undouble();
            if retransmitted.first == unacknowledged && !self.is_due {
                self.timer.hasten(retransmitted.time, now);
            }
        }
        if self.recover.is_some() {
            self.inflations = self.inflations.map(|left| left.saturating_sub(1));
            return match !self.is_due && !is_inflated && (is_one_too_many || !counts) {
                true => Advice::Duplicate,
                false => Advice::Nothing,
            };
        }
        // RFC 6582, 3.2: what is sent again after the timeout may bring duplicates, which mean nothing.
        if self.timed_out.is_some() || self.duplicates > DUPLICATES {
            return Advice::Nothing;
        }
        if self.duplicates == DUPLICATES {
            return self.suspect(sent, now);
        }
        if highest.is_some() {
            self.timer.start_reordering(now);
        }
        Advice::Nothing
    }

    /// All before `number` is acknowledged; before it was all before `unacknowledged`.
    fn advance(
        &mut self,
        unacknowledged: TcpSeqNumber,
        number: TcpSeqNumber,
        sent: TcpSeqNumber,
        now: Instant,
    ) -> Advice {
        let duplicates = core::mem::take(&mut self.duplicates);
        let was_due = core::mem::take(&mut self.is_due);
        self.unacknowledged = Some(number);
        // smoltcp's window is that of before the duplicates.
        self.inflations = None;
        let retransmitted = self.retransmitted.filter(|it| it.first == unacknowledged);
        self.single = match retransmitted {
            Some(it) if number <= it.end => self.single.saturating_add(1),
            _ => 0,
        };
        match retransmitted {
            // What was sent first has arrived late.
            Some(it) if self.timer.is_too_early(it.time, now) => {
                self.timer.saw_reordering(true);
                self.recover = None;
            }
            None if duplicates > 0 && !was_due && self.timed_out.is_none() => {
                self.timer.saw_reordering(false);
            }
            _ => {}
        }
        self.timer.acknowledged(number, now);
        let resent = self.rewound.or(self.retransmitted.map(|it| it.next));
        if resent.is_some_and(|resent| number > resent) {
            self.timer.undouble();
        }
        if let Some((_, length)) = self.sample.take_if(|(end, _)| *end <= number) {
            self.proven = self.proven.max(length);
        }
        self.recover = self.recover.filter(|recover| number < *recover);
        self.timed_out = self.timed_out.filter(|timed_out| number < *timed_out);
        if number == sent {
            self.timer.stop();
            return Advice::Nothing;
        }
        // RFC 6582, 3.2: "If this ACK does not acknowledge all of the data up to and including recover,
        // then this is a partial ACK. In this case, retransmit the first unacknowledged segment."
        if self.recover.is_some() {
            if self.single >= LONG_LOSS {
                return Advice::AllLost;
            }
            return self.suspect(sent, now);
        }
        match self.timed_out {
            Some(_) => self.timer.start_timeout(now),
            None => self.timer.start_probe(now, self.is_one_segment(sent)),
        }
        Advice::Nothing
    }

    /// The first segment in flight is lost, unless it is late.
    fn suspect(&mut self, sent: TcpSeqNumber, now: Instant) -> Advice {
        if self.timer.expects_reordering() {
            self.timer.start_reordering(now);
            return Advice::Nothing;
        }
        match self.begin(sent, now) {
            true => Advice::Lost,
            false => Advice::Nothing,
        }
    }

    /// The first segment in flight is lost; returns whether smoltcp can be told so.
    pub(in crate::stack) fn begin(&mut self, sent: TcpSeqNumber, now: Instant) -> bool {
        if self.window == 0 {
            return false;
        }
        self.recover.get_or_insert(sent);
        let in_flight = self.in_flight(sent).div_ceil(self.payload.max(1).into());
        self.inflations
            .get_or_insert(u16::try_from(in_flight).unwrap_or(u16::MAX));
        self.duplicates = DUPLICATES;
        self.is_due = true;
        self.timer.start_timeout(now);
        true
    }

    /// All in flight is sent again, as the timeout is over, or it is known by acknowledgements that that
    /// would help.
    pub(in crate::stack) fn rewind(&mut self, is_informed: bool, now: Instant) {
        (self.is_due, self.is_informed) = (false, is_informed);
        self.timer.start_timeout(now);
    }

    /// Whether smoltcp has to be told that the first segment in flight is lost.
    pub(in crate::stack) fn is_due(&self) -> bool {
        self.is_due
    }

    /// smoltcp is given so many duplicates, after what has it count from the start again if `anew`.
    pub(in crate::stack) fn inject(&mut self, duplicates: u8, anew: bool) {
        self.counted = match anew {
            true => duplicates,
            false => self.counted.saturating_add(duplicates),
        };
    }

    /// Whether more of `queued` bytes waits than one segment carries, and so many segments are in flight
    /// that the peer does not delay their acknowledgement (RFC 9293, 3.8.6.3).
    pub(in crate::stack) fn has_more(&self, queued: usize, sent: TcpSeqNumber) -> bool {
        let (in_flight, payload) = (self.in_flight(sent), usize::from(self.payload));
        in_flight >= 2 * payload && queued > in_flight + payload
    }

    /// How many bytes are in flight.
    fn in_flight(&self, sent: TcpSeqNumber) -> usize {
        self.unacknowledged
            .map_or(0, |number| sent - number.min(sent))
    }

    /// Whether smoltcp has to count from the start again, as it would otherwise retransmit.
    pub(in crate::stack) fn is_at_two(&self) -> bool {
        self.counted + 1 == DUPLICATES
    }

    /// The limit, if something has arrived for the first time since there is one.
    pub(in crate::stack) fn confirm(&mut self) -> Option<u16> {
        self.is_guess = false;
        let was_unconfirmed = core::mem::take(&mut self.is_unconfirmed);
        self.limit.filter(|_| was_unconfirmed)
    }

    /// A router says that the packet with this sequence number is too long, and how long one may be.
    /// Returns the limit, if there is a new one, after which the first segment in flight is lost.
    ///
    /// RFC 5927, 4.1: "The TCP SEQ number should be within the range of the data already sent, but not
    /// yet acknowledged". And 7.2: a message that contradicts what has been acknowledged is not
    /// believed unless segments are lost.
    pub(in crate::stack) fn too_long(
        &mut self,
        sequence: TcpSeqNumber,
        mtu: u16,
        sent: TcpSeqNumber,
        now: Instant,
    ) -> Option<u16> {
        let mtu = mtu.max(LEAST_MTU);
        let unacknowledged = self.unacknowledged?;
        let is_in_flight = sequence >= unacknowledged && sequence < sent;
        let is_lost = (self.retransmitted).is_some_and(|it| it.first == unacknowledged);
        let is_news = self.limit.is_none_or(|limit| mtu < limit);
        if !is_in_flight || !is_news || mtu < self.proven && !is_lost {
            return None;
        }
        (self.limit, self.sample) = (Some(mtu), None);
        (self.is_guess, self.is_unconfirmed) = (false, true);
        self.begin(sent, now);
        Some(mtu)
    }
}

#[cfg(test)]
mod tests;
