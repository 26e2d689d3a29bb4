//! How long a flight may take: the round-trip time (RFC 6298), and when what is in flight is taken for
//! lost because of it.

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::TcpSeqNumber;

/// RFC 6298, 2.1, and RFC 8961, 4 (1): as long as no round-trip time is known, but that of short
/// segments. On a slow link a long one takes longer: 1.2 s at 9600 bit/s.
const INITIAL: Duration = Duration::from_secs(1);
/// RFC 9293, 3.7.1. A segment with as much payload is long.
pub(super) const DEFAULT_SEGMENT_SIZE: u16 = 536;
/// The least retransmission timeout, that of the kernel. RFC 6298, 2.4 has a second, which RFC 8961 does
/// not ask for: it waits for acknowledgements that are delayed, by half a second at most (RFC 9293,
/// 3.8.6.3), and mostly by 40 ms.
const LEAST: Duration = Duration::from_millis(200);
/// RFC 6298, 2.5: "A maximum value MAY be placed on RTO provided it is at least 60 seconds."
const MOST: Duration = Duration::from_secs(60);
/// RFC 8985, 7.2: what is added to the time of a probe where one segment is in flight: the peer may
/// delay its acknowledgement.
const DELAYED: Duration = Duration::from_millis(200);
/// RFC 9293, 3.8.6.3, of an acknowledgement: "the delay MUST be less than 0.5 seconds". One segment is
/// acknowledged that late, as none follows it.
const LONGEST_DELAY: Duration = Duration::from_millis(500);
/// What a peer that has every second segment may wait for the next one.
const GRANULARITY: Duration = Duration::from_millis(10);
/// RFC 8985, 6.2: the reordering window grows up to a round-trip time, in quarters of it.
const QUARTERS: u8 = 4;

/// What has to be done when the time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack) enum Expiry {
    /// Segments behind the first one have arrived, and it has not come late: RFC 8985, 6.2.
    Reordering,
    /// The same, after it was retransmitted: RFC 5681, 4.3: "the loss of a retransmission, should be taken
    /// as two indications of congestion".
    Overtaken,
    /// Nothing was heard of the end of the flight: RFC 8985, 7.3.
    Probe,
    /// RFC 6298, 5.4.
    Timeout,
}

/// The estimator and the timer of a connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Timer {
    /// SRTT, RTTVAR, and the least that was measured, in microseconds; 0 until then.
    smoothed: u32,
    variance: u32,
    least: u32,
    /// What is measured: the number behind a segment that was sent once, when, and whether it is long.
    sample: Option<(TcpSeqNumber, Instant, bool)>,
    /// Whether the round-trip time of a long segment is known.
    is_known: bool,
    /// How often the timeout was doubled.
    doubled: u8,
    /// The reordering window.
    quarters: u8,
    due: Option<(Instant, Expiry)>,
}

impl Timer {
    pub(super) fn due(&self) -> Option<Instant> {
        self.due.map(|(due, _)| due)
    }

    /// What has to be done now, once.
    pub(super) fn expire(&mut self, now: Instant) -> Option<Expiry> {
        let (_, expiry) = self.due.take_if(|(due, _)| *due <= now)?;
        Some(expiry)
    }

    pub(super) fn stop(&mut self) {
        self.due = None;
    }

    /// Something leaves for the first time, up to this number, with so much payload.
    pub(super) fn measure(&mut self, end: TcpSeqNumber, payload: u16, now: Instant) {
        self.sample
            .get_or_insert((end, now, payload >= DEFAULT_SEGMENT_SIZE));
    }

    /// Something leaves again. RFC 6298, 3: "RTT samples MUST NOT be made using segments that were
    /// retransmitted" (Karn's algorithm).
    pub(super) fn forget_sample(&mut self) {
        self.sample = None;
    }

    /// All before `number` is acknowledged.
    pub(super) fn acknowledged(&mut self, number: TcpSeqNumber, now: Instant) {
        let Some((_, sent, is_long)) = self.sample.take_if(|(end, ..)| *end <= number) else {
            return;
        };
        self.is_known |= is_long;
        let longest = MOST.total_micros();
        let measured = (now - sent.min(now)).total_micros().clamp(1, longest) as u32;
        if self.smoothed == 0 {
            (self.smoothed, self.variance, self.least) = (measured, measured / 2, measured);
        } else {
            // RFC 6298, 2.3.
            let difference = self.smoothed.abs_diff(measured);
            self.variance = (self.variance / 4) * 3 + difference / 4;
            self.smoothed = (self.smoothed / 8) * 7 + measured / 8;
            self.least = self.least.min(measured);
        }
        self.undouble();
    }

    /// RFC 8961, 4 (3): "The backoff SHOULD be removed after [...] the subsequent successful transmission
    /// of non-retransmitted data".
    pub(super) fn undouble(&mut self) {
        self.doubled = 0;
    }

    /// RFC 6298, 5.5: "The host MUST set RTO <- RTO * 2".
    pub(super) fn double(&mut self) {
        self.doubled = self.doubled.saturating_add(1).min(16);
    }

    /// Whether the timeout was over twice in a row.
    pub(super) fn has_expired_twice(&self) -> bool {
        self.doubled > 1
    }

    /// RFC 6298, 2.3: "RTO <- SRTT + max (G, K*RTTVAR)", with K = 4.
    fn timeout(&self) -> Duration {
        let least = if self.is_known { LEAST } else { INITIAL };
        let timeout = micros(self.smoothed) + micros(self.variance) * 4;
        (timeout.clamp(least, MOST) * (1 << self.doubled)).min(MOST)
    }

    /// RFC 8985, 7.2: a probe is sent after two round-trip times, and not after the timeout.
    pub(super) fn start_probe(&mut self, now: Instant, is_one_segment: bool) {
        let mut probe = micros(self.smoothed) * 2;
        probe += if is_one_segment { DELAYED } else { GRANULARITY };
        if !self.is_known {
            probe = probe.max(INITIAL);
        }
        let mut timeout = self.timeout();
        if is_one_segment {
            timeout = timeout.max(micros(self.smoothed) + LONGEST_DELAY);
        }
        self.due = Some(match probe < timeout {
            true => (now + probe, Expiry::Probe),
            false => (now + timeout, Expiry::Timeout),
        });
    }

    /// RFC 6298, 5.1 and 5.3: the timer starts, or starts again.
    pub(super) fn start_timeout(&mut self, now: Instant) {
        self.due = Some((now + self.timeout(), Expiry::Timeout));
    }

    /// Whether segments were seen to be reordered, so that one is not taken for lost before the
    /// reordering window is over. RFC 8985, 6.2, step 4: else it has no length if three segments behind
    /// have arrived.
    pub(super) fn expects_reordering(&self) -> bool {
        self.quarters > 0
    }

    /// A segment behind the first one has arrived: that one has the reordering window to come late.
    pub(super) fn start_reordering(&mut self, now: Instant) {
        if !matches!(self.due, Some((_, Expiry::Reordering))) {
            self.due = Some((now + self.reordering_window(), Expiry::Reordering));
        }
    }

    /// A segment that was sent at `sent` is lost, as a later one has arrived: RFC 8985, 6.2, step 5.
    /// So the timer ends earlier.
    pub(super) fn hasten(&mut self, sent: Instant, now: Instant) {
        let due = sent + micros(self.smoothed) + self.reordering_window();
        self.due = Some((due.max(now), Expiry::Overtaken));
    }

    fn reordering_window(&self) -> Duration {
        micros(self.smoothed / u32::from(QUARTERS)) * u32::from(self.quarters.max(1))
    }

    /// A segment was late, not lost. RFC 8985, 6.2, step 4: the window is a quarter of the round-trip
    /// time, and larger each time that it was too small.
    pub(super) fn saw_reordering(&mut self, was_too_small: bool) {
        self.quarters = match was_too_small {
            true => (self.quarters + 1).min(QUARTERS),
            false => self.quarters.max(1),
        };
    }

    /// Whether an acknowledgement comes too early to be one of what was sent at `sent`, long before the
    /// least round-trip time.
    pub(super) fn is_too_early(&self, sent: Instant, now: Instant) -> bool {
        now - sent.min(now) < micros(self.least / 4) * 3
    }
}

fn micros(time: u32) -> Duration {
    Duration::from_micros(time.into())
}
