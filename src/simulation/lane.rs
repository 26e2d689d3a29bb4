use std::collections::VecDeque;
use std::sync::Arc;
use std::vec::Vec;

use smoltcp::time::{Duration, Instant};

use super::frame::Frame;
use super::verdict::{Rule, Verdict};
use super::{Alteration, Conditions, Fate, Random, Statistics};

/// One direction of a link: what it does to a frame, and what it remembers of it.
pub(super) struct LaneState {
    conditions: Conditions,
    pub(super) statistics: Statistics,
    pub(super) rule: Option<Rule>,
    pub(super) captured: Option<Vec<Vec<u8>>>,
    /// From when until when nothing comes through.
    pub(super) cuts: Vec<(Instant, Instant)>,
    /// Whether a frame that finds no room is lost; else the host has looked before.
    loses_when_full: bool,
    random: Random,
    /// Whether the last frame met the bad state of the bursts.
    is_bad: bool,
    /// When each frame in the queue will have been sent.
    departures: VecDeque<Instant>,
    /// When the last frame will have been sent, in nanoseconds: the clock has microseconds, and a
    /// frame may take less.
    is_free_at: i128,
    /// When the last frame arrives that was not held back.
    last_arrival: Instant,
    /// The latest of its frames that has arrived.
    latest: u64,
}

/// When which frames arrive.
pub(super) type Arrivals = Vec<(Instant, Frame)>;

impl LaneState {
    pub(super) fn new(random: Random, loses_when_full: bool) -> Self {
        Self {
            loses_when_full,
            conditions: Conditions::PERFECT,
            statistics: Statistics::default(),
            rule: None,
            captured: None,
            cuts: Vec::new(),
            random,
            is_bad: false,
            departures: VecDeque::new(),
            is_free_at: i128::MIN,
            last_arrival: Instant::from_micros(i64::MIN),
            latest: 0,
        }
    }

    pub(super) fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// The conditions from now on; other bursts than before begin in their good state.
    pub(super) fn set(&mut self, conditions: Conditions) {
        self.is_bad &= conditions.bursts == self.conditions.bursts;
        self.conditions = conditions;
    }

    /// Forgets the frames that will have been sent by now; the others are still in the queue.
    pub(super) fn depart(&mut self, now: Instant) {
        while self.departures.front().is_some_and(|due| *due <= now) {
            self.departures.pop_front();
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.departures.len() < self.conditions.queue
    }

    /// When there will be room again.
    pub(super) fn next_departure(&self) -> Option<Instant> {
        self.departures.front().copied()
    }

    fn is_cut(&self, time: Instant) -> bool {
        let mut cuts = self.cuts.iter();
        cuts.any(|(from, until)| (*from..*until).contains(&time))
    }

    /// Puts a frame on the lane; returns when which frames arrive, or why this one does not.
    pub(super) fn send(
        &mut self,
        now: Instant,
        mut frame: Frame,
    ) -> Result<Arrivals, (Fate, Frame)> {
        self.statistics.count(Fate::Sent);
        frame.place = self.statistics.sent;
        if let Some(captured) = &mut self.captured {
            captured.push(frame.bytes.to_vec());
        }
        let verdict = match &mut self.rule {
            Some(rule) => rule(frame.number, &frame.bytes),
            None => Verdict::Pass,
        };
        if let Verdict::Replace(bytes) = &verdict {
            self.alter(&mut frame, Alteration::Replaced, bytes[..].into());
        }
        if let Some(fate) = self.refuses(now, &frame, &verdict) {
            self.statistics.count(fate);
            return Err((fate, frame));
        }
        let departure = self.departure(now, frame.bytes.len());
        self.departures.push_back(departure);
        match verdict {
            Verdict::Pass => self.carry(departure, frame),
            verdict => Ok(self.obey(verdict, departure, frame)),
        }
    }

    /// Takes a frame off the end of the lane, where a device is or not.
    pub(super) fn arrive(&mut self, now: Instant, frame: &Frame, is_plugged: bool) -> Fate {
        let fate = match (self.is_cut(now), is_plugged) {
            (true, _) => Fate::Cut,
            (_, false) => Fate::Unplugged,
            (_, true) => Fate::Arrived,
        };
        self.statistics.count(fate);
        if fate == Fate::Arrived {
            self.statistics.reordered += u64::from(frame.place < self.latest);
            self.latest = self.latest.max(frame.place);
        }
        fate
    }

    /// Why a frame does not even get onto the lane.
    fn refuses(&mut self, now: Instant, frame: &Frame, verdict: &Verdict) -> Option<Fate> {
        if *verdict == Verdict::Lose {
            Some(Fate::Filtered)
        } else if self.is_cut(now) {
            Some(Fate::Cut)
        } else if frame.bytes.len() > self.conditions.mtu {
            Some(Fate::TooLong)
        } else if self.loses_when_full && {
            self.depart(now);
            !self.has_room()
        } {
            Some(Fate::QueueFull)
        } else {
            None
        }
    }

    /// When a frame of `bytes` will have been sent, behind those in the queue.
    fn departure(&mut self, now: Instant, bytes: usize) -> Instant {
        let now = i128::from(now.total_micros()) * 1000;
        let begins = self.is_free_at.max(now);
        self.is_free_at = begins + self.conditions.nanoseconds_to_send(bytes);
        let microseconds = self.is_free_at / 1000;
        Instant::from_micros(i64::try_from(microseconds).unwrap_or(i64::MAX))
    }

    /// Carries a frame under the conditions of the lane.
    fn carry(&mut self, departure: Instant, frame: Frame) -> Result<Arrivals, (Fate, Frame)> {
        let Conditions {
            bursts,
            loss,
            duplication,
            ..
        } = self.conditions;
        self.is_bad = bursts.next_is_bad(self.is_bad, &mut self.random);
        let (loss, fate) = match self.is_bad {
            true => (bursts.loss, Fate::LostInBurst),
            false => (loss, Fate::Lost),
        };
        if loss.happens(&mut self.random) {
            self.statistics.count(fate);
            return Err((fate, frame));
        }
        let mut copies = std::vec![frame];
        if duplication.happens(&mut self.random) {
            self.statistics.duplicated += 1;
            copies.push(copies[0].duplicate());
        }
        let arrivals = copies.into_iter().map(|mut frame| {
            self.alter_at_random(&mut frame);
            let arrival = self.arrival(departure, &mut frame);
            (arrival, frame)
        });
        Ok(arrivals.collect())
    }

    /// Does to a frame what a rule has decided.
    fn obey(&mut self, verdict: Verdict, departure: Instant, mut frame: Frame) -> Arrivals {
        let due = departure + self.conditions.delay;
        match verdict {
            Verdict::Delay(time) => {
                frame.is_held_back = true;
                return std::vec![(due + time, frame)];
            }
            Verdict::Duplicate(time) => {
                self.statistics.duplicated += 1;
                let (due, copy) = (self.in_order(due), frame.duplicate());
                return std::vec![(due, frame), (due + time, copy)];
            }
            Verdict::Corrupt(index) => {
                let mut bytes = frame.bytes.to_vec();
                if let Some(byte) = bytes.get_mut(index) {
                    *byte = !*byte;
                }
                self.alter(&mut frame, Alteration::Corrupted, bytes.into());
            }
            Verdict::Truncate(length) => {
                let length = length.min(frame.bytes.len());
                let bytes = frame.bytes[..length].into();
                self.alter(&mut frame, Alteration::Truncated, bytes);
            }
            Verdict::Pass | Verdict::Lose | Verdict::Replace(_) => {}
        }
        std::vec![(self.in_order(due), frame)]
    }

    fn alter(&mut self, frame: &mut Frame, alteration: Alteration, bytes: Arc<[u8]>) {
        if frame.alter(alteration, bytes) {
            self.statistics.count_altered(alteration);
        }
    }

    /// A frame is altered at random once on its whole way.
    fn alter_at_random(&mut self, frame: &mut Frame) {
        let length = frame.bytes.len() as u64;
        if frame.alteration.is_some() || length == 0 {
            return;
        }
        if self.conditions.corruption.happens(&mut self.random) {
            let position = self.random.below(length) as usize;
            let mut bytes = frame.bytes.to_vec();
            bytes[position] ^= 1 + self.random.below(255) as u8;
            self.alter(frame, Alteration::Corrupted, bytes.into());
        } else if self.conditions.truncation.happens(&mut self.random) {
            let bytes = frame.bytes[..self.random.below(length) as usize].into();
            self.alter(frame, Alteration::Truncated, bytes);
        }
    }

    fn arrival(&mut self, departure: Instant, frame: &mut Frame) -> Instant {
        let Conditions {
            delay,
            jitter,
            hold,
            reordering,
            ..
        } = self.conditions;
        let late = match jitter.total_micros() {
            0 => 0,
            most => self.random.below(most.saturating_add(1)),
        };
        let arrival = departure + delay + Duration::from_micros(late);
        if reordering.happens(&mut self.random) {
            frame.is_held_back = true;
            return arrival + hold;
        }
        self.in_order(arrival)
    }

    /// When a frame arrives that overtakes none of those before it.
    fn in_order(&mut self, arrival: Instant) -> Instant {
        self.last_arrival = self.last_arrival.max(arrival);
        self.last_arrival
    }
}
