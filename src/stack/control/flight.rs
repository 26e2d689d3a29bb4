//! What of a connection is in flight, and how its path treats that: segments are lost, and some are
//! too long for a link.
//!
//! smoltcp 0.14 retransmits the first segment in flight at the third duplicate acknowledgement, and
//! counts those from the start again at each segment with payload and each change of the window. The
//! first acknowledgement of anything new ends the recovery, though of several segments lost in a round
//! trip it covers the first only. The others then wait for the retransmission timeout. So both are
//! judged here, and smoltcp is given the duplicate acknowledgements that it would need.

use smoltcp::wire::TcpSeqNumber;

use crate::packet::{Flags, Segment};

/// Duplicate acknowledgements after which a segment is taken for lost (RFC 5681, 3.2).
const DUPLICATES: u8 = 3;

/// The largest window scale (RFC 7323, 2.3).
const MOST_SCALE: u8 = 14;

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
    /// Whether that of its SYN-ACK cannot be given as later segments give it: it is not scaled.
    is_rounded: bool,
    /// Acknowledgements in a row that say that a later segment has arrived than this first one.
    duplicates: u8,
    /// How many of them smoltcp has counted.
    counted: u8,
    /// Whether smoltcp is about to retransmit the first segment in flight because of them.
    is_due: bool,
    /// The acknowledgement that ends the recovery (RFC 6582, 3.2).
    recover: Option<TcpSeqNumber>,
    /// What was retransmitted last: its first sequence number.
    retransmitted: Option<TcpSeqNumber>,
    /// After a retransmission timeout all is sent again, and was so up to here.
    rewound: Option<TcpSeqNumber>,
    /// The longest packet that has arrived, and one that may have: its end, and its length.
    proven: u16,
    sample: Option<(TcpSeqNumber, u16)>,
    /// The longest packet that is sent, in bytes, if the path takes none of those that are agreed upon.
    limit: Option<u16>,
    /// Whether the limit is a guess, after which nothing has arrived yet.
    is_guess: bool,
}

/// How an acknowledgement arrives.
#[derive(Clone, Copy, Debug)]
pub(in crate::stack) struct Acknowledgement<'s> {
    pub(in crate::stack) segment: &'s Segment,
    /// Whether smoltcp has found that it acknowledges anything new.
    pub(in crate::stack) is_new: bool,
    /// Whether it says that something behind has arrived (RFC 2018).
    pub(in crate::stack) is_selective: bool,
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

    /// How many acknowledgements of nothing new smoltcp needs to retransmit: where the window in them
    /// is not the one that it knows, it counts from the second one.
    pub(in crate::stack) fn duplicates_needed(&self) -> u8 {
        DUPLICATES + u8::from(self.is_rounded)
    }

    /// The peer's SYN-ACK has arrived, with this window and the scale of those to come: "The window
    /// field in a segment where the SYN bit is set MUST NOT be scaled" (RFC 7323, 2.2).
    pub(in crate::stack) fn opened(&mut self, window: u16, scale: u8) {
        let scale = scale.min(MOST_SCALE);
        self.window = window >> scale;
        self.is_rounded = self.window << scale != window;
    }

    /// A segment with payload leaves in a packet of this length; SND.NXT is `sent` before. Returns
    /// whether routers may fragment it.
    ///
    /// A packet that is longer than any that has arrived, and is retransmitted because of the timeout, may
    /// have met a link that is too small for it, and the router's word about that a filter
    /// (RFC 2923, 2.1). So it is sent for the routers to fragment, and those after it are shorter.
    pub(in crate::stack) fn transmitted(
        &mut self,
        segment: &Segment,
        length: usize,
        sent: TcpSeqNumber,
        is_far: bool,
    ) -> bool {
        let unacknowledged = *self.unacknowledged.get_or_insert(segment.sequence);
        let length = u16::try_from(length).unwrap_or(u16::MAX);
        if segment.sequence >= sent {
            self.rewound = None;
            if self.sample.is_none() && length > self.proven {
                self.sample = Some((segment.end(), length));
            }
            return false;
        }
        self.sample = None;
        if (self.rewound).is_some_and(|rewound| segment.sequence >= rewound) {
            self.rewound = Some(segment.end());
            return false;
        }
        if segment.sequence != unacknowledged {
            return false;
        }
        self.retransmitted = Some(unacknowledged);
        if core::mem::take(&mut self.is_due) {
            return false;
        }
        // The retransmission timeout, which ends a recovery (RFC 6582, 3.2).
        (self.recover, self.duplicates) = (None, 0);
        self.rewound = Some(segment.end());
        let shorter = FALLBACKS.into_iter().find(|fallback| *fallback < length);
        match shorter {
            Some(shorter) if is_far && length > self.proven => {
                (self.limit, self.is_guess) = (Some(shorter), true);
                true
            }
            _ => false,
        }
    }

    /// Whether a segment that acknowledges nothing new tells anything else.
    pub(in crate::stack) fn is_concerned(&self, segment: &Segment, sent: TcpSeqNumber) -> bool {
        let is_in_flight = self.unacknowledged.is_some_and(|number| number != sent);
        self.window != segment.window || is_in_flight
    }

    /// Whether smoltcp must not be given a segment: it would retransmit the first segment in flight
    /// once more, as it counts from the start again at each change of the window.
    pub(in crate::stack) fn is_one_too_many(&self, segment: &Segment, sent: TcpSeqNumber) -> bool {
        self.counts(segment, sent)
            && self.counted + 1 == DUPLICATES
            && self.retransmitted == self.unacknowledged
    }

    /// Whether smoltcp takes a segment for a duplicate acknowledgement.
    fn counts(&self, segment: &Segment, sent: TcpSeqNumber) -> bool {
        let number = segment.acknowledgement;
        let is_bare = segment.payload_len == 0 && segment.window == self.window;
        is_bare && number != sent && self.unacknowledged == Some(number)
    }

    /// A segment of the peer was given to smoltcp; SND.NXT is `sent`. Returns whether the first segment
    /// in flight has to be retransmitted.
    pub(in crate::stack) fn received(
        &mut self,
        acknowledgement: Acknowledgement<'_>,
        sent: TcpSeqNumber,
    ) -> bool {
        let segment = acknowledgement.segment;
        let counts = self.counts(segment, sent) && !acknowledgement.is_new;
        self.counted = if counts {
            self.counted.saturating_add(1)
        } else {
            0
        };
        let is_update = core::mem::replace(&mut self.window, segment.window) != segment.window;
        self.is_rounded = false;
        let Some(unacknowledged) = self.unacknowledged else {
            return false;
        };
        let number = segment.acknowledgement;
        if acknowledgement.is_new {
            self.unacknowledged = Some(number);
            (self.duplicates, self.is_due) = (0, false);
            if let Some((_, length)) = self.sample.take_if(|(end, _)| *end <= number) {
                self.proven = self.proven.max(length);
            }
            self.recover = self.recover.filter(|recover| number < *recover);
            // RFC 6582, 3.2: "If this ACK does not acknowledge all of the data up to and including
            // recover, then this is a partial ACK. In this case, retransmit the first unacknowledged
            // segment."
            return self.recover.is_some() && self.begin(sent);
        }
        let is_bare = segment.payload_len == 0 && !segment.flags.has(Flags::FIN) && !is_update;
        if number != unacknowledged || number == sent || !acknowledgement.is_selective && !is_bare {
            return false;
        }
        self.duplicates = self.duplicates.saturating_add(1);
        self.duplicates == DUPLICATES && self.begin(sent)
    }

    /// The first segment in flight is lost; returns whether smoltcp has to be told so.
    fn begin(&mut self, sent: TcpSeqNumber) -> bool {
        if self.window == 0 {
            return false;
        }
        self.recover.get_or_insert(sent);
        self.duplicates = DUPLICATES;
        self.is_due = true;
        let knows = self.counted >= DUPLICATES;
        self.counted = DUPLICATES;
        !knows
    }

    /// The limit, if it was a guess by which something has arrived.
    pub(in crate::stack) fn confirm(&mut self) -> Option<u16> {
        let is_guess = core::mem::take(&mut self.is_guess);
        self.limit.filter(|_| is_guess)
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
    ) -> Option<u16> {
        let mtu = mtu.max(LEAST_MTU);
        let unacknowledged = self.unacknowledged?;
        let is_in_flight = sequence >= unacknowledged && sequence < sent;
        let is_lost = self.retransmitted == Some(unacknowledged);
        let is_news = self.limit.is_none_or(|limit| mtu < limit);
        if !is_in_flight || !is_news || mtu < self.proven && !is_lost {
            return None;
        }
        (self.limit, self.sample) = (Some(mtu), None);
        self.is_guess = false;
        self.begin(sent);
        Some(mtu)
    }
}

#[cfg(test)]
mod tests;
