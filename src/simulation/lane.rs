use std::boxed::Box;
use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::vec::Vec;

use smoltcp::time::{Duration, Instant};

use super::{Conditions, Fate, Random};

/// What has happened to the frames of a [`Lane`](super::Lane) so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Frames that were put on the lane.
    pub sent: u64,
    /// Frames that have come to its end, the second of two included.
    pub arrived: u64,
    /// Frames that were lost at random.
    pub lost: u64,
    /// Frames that became two.
    pub duplicated: u64,
    /// Frames that arrived after one that was sent later.
    pub reordered: u64,
    /// Frames in which a byte was changed.
    pub corrupted: u64,
    /// Frames of which the end was cut off.
    pub truncated: u64,
    /// Frames that were longer than the lane carries.
    pub too_long: u64,
    /// Frames that found the queue full.
    pub queue_full: u64,
    /// Frames that were lost while the lane was cut.
    pub cut: u64,
    /// Frames that a filter took out.
    pub filtered: u64,
}

pub(super) type Filter = Box<dyn FnMut(&mut Vec<u8>) -> bool>;

/// A frame on its way.
#[derive(Clone)]
pub(super) struct Frame {
    pub(super) bytes: Arc<[u8]>,
    /// The number of the frame in the network.
    pub(super) number: u64,
    /// 0 for the frame itself, else which of its copies it is.
    pub(super) copy: u32,
    /// How many copies there are of it, on all lanes.
    copies: Rc<Cell<u32>>,
    /// Which of the lane's frames it is.
    place: u64,
    /// Whether it was corrupted or truncated: that is done to a frame once.
    altered: bool,
}

impl Frame {
    pub(super) fn new(number: u64, bytes: Arc<[u8]>) -> Self {
        Self {
            bytes,
            number,
            copy: 0,
            copies: Rc::new(Cell::new(0)),
            place: 0,
            altered: false,
        }
    }

    /// Another copy of the frame, on the same lane.
    fn duplicate(&self) -> Self {
        self.copies.set(self.copies.get() + 1);
        Self {
            copy: self.copies.get(),
            ..self.clone()
        }
    }
}

/// One direction of a link: what it does to a frame, and what it remembers of it.
pub(super) struct LaneState {
    pub(super) conditions: Conditions,
    pub(super) statistics: Statistics,
    pub(super) filter: Option<Filter>,
    pub(super) captured: Option<Vec<Vec<u8>>>,
    /// From when until when nothing comes through.
    pub(super) cuts: Vec<(Instant, Instant)>,
    /// Whether a frame that finds no room is lost; else somebody has looked before.
    pub(super) loses_when_full: bool,
    random: Random,
    /// When each frame in the queue will have been sent.
    departures: VecDeque<Instant>,
    /// When the last frame arrives that was not held back.
    last_arrival: Instant,
    /// The latest of its frames that has arrived.
    latest: u64,
}

impl LaneState {
    pub(super) fn new(random: Random, loses_when_full: bool) -> Self {
        Self {
            loses_when_full,
            conditions: Conditions::default(),
            statistics: Statistics::default(),
            filter: None,
            captured: None,
            cuts: Vec::new(),
            random,
            departures: VecDeque::new(),
            last_arrival: Instant::from_micros(i64::MIN),
            latest: 0,
        }
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

    pub(super) fn is_cut(&self, time: Instant) -> bool {
        let mut cuts = self.cuts.iter();
        cuts.any(|(from, until)| (*from..*until).contains(&time))
    }

    /// Puts a frame on the lane; returns when which frames arrive. `note` is told its fate.
    pub(super) fn send(
        &mut self,
        now: Instant,
        mut frame: Frame,
        mut note: impl FnMut(Fate, &Frame),
    ) -> Vec<(Instant, Frame)> {
        self.statistics.sent += 1;
        frame.place = self.statistics.sent;
        if let Some(captured) = &mut self.captured {
            captured.push(frame.bytes.to_vec());
        }
        if let Some(fate) = self.refuses(now, &mut frame) {
            note(fate, &frame);
            return Vec::new();
        }
        let begins = self.departures.back().map_or(now, |last| now.max(*last));
        let departure = begins + self.conditions.time_to_send(frame.bytes.len());
        self.departures.push_back(departure);
        if self.conditions.loss.happens(&mut self.random) {
            self.statistics.lost += 1;
            note(Fate::Lost, &frame);
            return Vec::new();
        }
        let mut copies = std::vec![frame];
        if self.conditions.duplication.happens(&mut self.random) {
            self.statistics.duplicated += 1;
            let copy = copies[0].duplicate();
            note(Fate::Duplicated, &copy);
            copies.push(copy);
        }
        let arrivals = copies.into_iter().map(|mut frame| {
            self.alter(&mut frame, &mut note);
            let arrival = self.arrival(departure, &frame, &mut note);
            (arrival, frame)
        });
        arrivals.collect()
    }

    /// Takes a frame off the lane's end; none if it was cut in the meantime.
    pub(super) fn arrive(&mut self, now: Instant, frame: &Frame) -> Fate {
        if self.is_cut(now) {
            self.statistics.cut += 1;
            return Fate::Cut;
        }
        self.statistics.arrived += 1;
        self.statistics.reordered += u64::from(frame.place < self.latest);
        self.latest = self.latest.max(frame.place);
        Fate::Arrived
    }

    /// Why a frame does not even get onto the lane.
    fn refuses(&mut self, now: Instant, frame: &mut Frame) -> Option<Fate> {
        if let Some(filter) = &mut self.filter
            && {
                let mut bytes = frame.bytes.to_vec();
                let passes = filter(&mut bytes);
                frame.bytes = bytes.into();
                !passes
            }
        {
            self.statistics.filtered += 1;
            Some(Fate::Filtered)
        } else if self.is_cut(now) {
            self.statistics.cut += 1;
            Some(Fate::Cut)
        } else if frame.bytes.len() > self.conditions.mtu {
            self.statistics.too_long += 1;
            Some(Fate::TooLong)
        } else if self.loses_when_full && {
            self.depart(now);
            !self.has_room()
        } {
            self.statistics.queue_full += 1;
            Some(Fate::QueueFull)
        } else {
            None
        }
    }

    fn alter(&mut self, frame: &mut Frame, note: &mut impl FnMut(Fate, &Frame)) {
        let length = frame.bytes.len() as u64;
        if frame.altered || length == 0 {
            return;
        }
        if self.conditions.corruption.happens(&mut self.random) {
            let position = self.random.below(length) as usize;
            let mut bytes = frame.bytes.to_vec();
            bytes[position] ^= 1 + self.random.below(255) as u8;
            frame.bytes = bytes.into();
            frame.altered = true;
            self.statistics.corrupted += 1;
            note(Fate::Corrupted, frame);
        } else if self.conditions.truncation.happens(&mut self.random) {
            frame.bytes = frame.bytes[..self.random.below(length) as usize].into();
            frame.altered = true;
            self.statistics.truncated += 1;
            note(Fate::Truncated, frame);
        }
    }

    fn arrival(
        &mut self,
        departure: Instant,
        frame: &Frame,
        note: &mut impl FnMut(Fate, &Frame),
    ) -> Instant {
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
            note(Fate::HeldBack, frame);
            return arrival + hold;
        }
        self.last_arrival = self.last_arrival.max(arrival);
        self.last_arrival
    }
}
