//! How far down each thing is: later is lower, on both sides.

use std::vec::Vec;

use crate::trace::ladder::Ladder;
use crate::trace::row::{Kind, Part, Row};
use crate::trace::sides::Side;

/// From the beginning of the timelines to the first row, in pixels.
const FIRST: f64 = 26.0;
/// From one frame that is sent to the next, and from an arrival to it.
const AFTER_SENT: f64 = 24.0;
const AFTER_ARRIVAL: f64 = 16.0;
/// How far a frame that was on its way for some time comes down at least.
const SLOPE: f64 = 12.0;
/// From one arrival at a side to the next, and from one state to the next.
const BETWEEN_ARRIVALS: f64 = 22.0;
pub(super) const BETWEEN_STATES: f64 = 15.0;
/// What a row has that folds others, above and below.
const AROUND_FOLD: f64 = 22.0;
/// What a long time is at most.
const MOST_FOR_TIME: f64 = 24.0;
/// What a time takes in which nothing happens.
const PAUSE: f64 = 46.0;
/// A pause lasts this time at least, in microseconds, and `UNUSUAL` times the usual time.
const LEAST_PAUSE: i64 = 100_000;
const UNUSUAL: i64 = 20;

/// From a frame to the first sentence below it, and from one line of those to the next.
const TO_SENTENCE: f64 = 15.0;
pub(super) const BETWEEN_SENTENCES: f64 = 14.0;

/// How far down everything is, in pixels.
pub(super) struct Heights {
    /// For each row: where it begins, and where it ends.
    pub(super) rows: Vec<(f64, f64)>,
    /// For each row: the base line of its first sentence.
    pub(super) sentences: Vec<f64>,
    /// The pauses.
    pub(super) gaps: Vec<(f64, f64)>,
    /// Below everything.
    pub(super) end: f64,
}

/// Something that happens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    time: i64,
    row: usize,
    is_arrival: bool,
}

impl Heights {
    /// Below `top`; each row is pushed down by its `push` more, and has `lines` of sentences.
    pub(super) fn new(ladder: &Ladder, top: f64, push: &[f64], lines: &[usize]) -> Self {
        let rows = ladder.rows();
        let events = events(rows, ladder);
        let usual = usual(&events);
        let mut heights = Self {
            rows: std::vec![(top, top); rows.len()],
            sentences: std::vec![top; rows.len()],
            gaps: Vec::new(),
            end: top,
        };
        let mut at = top + FIRST;
        let (mut sent, mut arrived, mut stated) = (top - AFTER_SENT, [top; 2], [top; 2]);
        let mut last: Option<Event> = None;
        let mut events = events.into_iter().peekable();
        while let Some(event) = events.next() {
            let row = &rows[event.row];
            let passed = last.map_or(0, |last| passed(last.time, event.time));
            let is_pause = passed >= LEAST_PAUSE && passed >= usual.saturating_mul(UNUSUAL);
            let mut height = at + if is_pause { PAUSE } else { for_time(passed) };
            let side = side(row, ladder, event.is_arrival);
            match (&row.kind, event.is_arrival) {
                (Kind::Frame(..), false) => {
                    height = height.max(sent + AFTER_SENT);
                    if last.is_some_and(|last| last.is_arrival) {
                        height = height.max(at + AFTER_ARRIVAL);
                    }
                }
                (Kind::Frame(index, part), true) => {
                    let delay = ladder.frames()[*index].delay();
                    let begun = heights.rows[event.row].0;
                    if *part == Part::Whole && delay == Some(0) {
                        height = begun;
                    } else {
                        let begun = if *part == Part::Whole { begun } else { top };
                        height = height.max(begun + SLOPE);
                    }
                    height = height.max(arrived[side.map_or(0, Side::index)] + BETWEEN_ARRIVALS);
                }
                (Kind::Fold(_), _) => height = height.max(at + AROUND_FOLD),
                (Kind::States, _) => {}
            }
            // The states before the first frame stand by themselves.
            if last.is_some_and(|last| last.time == i64::MIN) {
                height = height.max(at + AFTER_SENT);
            }
            if !event.is_arrival {
                height += push[event.row];
            }
            for side in Side::BOTH.map(Side::index) {
                let is_here = side_of_states(row, ladder, side) == event.is_arrival;
                let count = row.states[side].len();
                if is_here && count > 0 {
                    height = height.max(stated[side] + BETWEEN_STATES);
                    stated[side] = height + BETWEEN_STATES * (count - 1) as f64;
                }
            }
            if is_pause {
                heights.gaps.push((at + 10.0, height - 12.0));
            }
            let place = &mut heights.rows[event.row];
            match event.is_arrival {
                false => *place = (height, height),
                true => place.1 = height,
            }
            if let (true, Some(side)) = (event.is_arrival, side) {
                arrived[side.index()] = height;
            }
            if matches!(row.kind, Kind::Frame(..)) && !event.is_arrival {
                sent = height;
            }
            at = at.max(height);
            // Below the arrow, if nothing happens before it arrives.
            let is_ended = events.peek().is_none_or(|next| next.row != event.row);
            if lines[event.row] > 0 && is_ended && heights.sentences[event.row] == top {
                heights.sentences[event.row] = at + TO_SENTENCE;
                at += TO_SENTENCE + BETWEEN_SENTENCES * (lines[event.row] - 1) as f64;
                sent = at;
            }
            if matches!(row.kind, Kind::Fold(_)) {
                at += AROUND_FOLD / 2.0;
                sent = at;
            }
            last = Some(event);
        }
        heights.end = stated.into_iter().fold(at, f64::max);
        heights
    }
}

/// All that happens, in the order of time.
fn events(rows: &[Row], ladder: &Ladder) -> Vec<Event> {
    let mut events = Vec::new();
    let mut last = i64::MIN;
    for (index, row) in rows.iter().enumerate() {
        let mut add = |time: i64, is_arrival| {
            events.push(Event {
                time,
                row: index,
                is_arrival,
            });
        };
        match row.kind {
            Kind::Frame(frame, part) => {
                let frame = &ladder.frames()[frame];
                if part != Part::Arrival {
                    add(frame.sent, false);
                    last = frame.sent;
                }
                if let (true, Some(arrived)) = (part != Part::Departure, frame.arrived) {
                    add(arrived, true);
                    last = arrived;
                }
            }
            _ => {
                last = row.times.into_iter().flatten().min().unwrap_or(last);
                add(last, false);
            }
        }
    }
    events.sort();
    events
}

/// The time that mostly passes between what happens.
fn usual(events: &[Event]) -> i64 {
    let passed = events
        .windows(2)
        .map(|pair| passed(pair[0].time, pair[1].time));
    let mut passed: Vec<i64> = passed.filter(|passed| *passed > 0).collect();
    passed.sort();
    passed.get(passed.len() / 2).copied().unwrap_or(0)
}

/// From one time to another; what comes before the first frame has none.
fn passed(from: i64, to: i64) -> i64 {
    match from {
        i64::MIN => 0,
        _ => to.saturating_sub(from).max(0),
    }
}

/// How much lower something is after a time in microseconds.
fn for_time(passed: i64) -> f64 {
    match passed {
        0 => 0.0,
        _ => (4.0 + 3.0 * (passed as f64).log10()).min(MOST_FOR_TIME),
    }
}

/// Where a frame is sent, or where it arrives.
fn side(row: &Row, ladder: &Ladder, is_arrival: bool) -> Option<Side> {
    match row.kind {
        Kind::Frame(index, _) => {
            let frame = &ladder.frames()[index];
            Some(if is_arrival { frame.to() } else { frame.from })
        }
        _ => None,
    }
}

/// Whether the states at a side stand where a frame arrives.
fn side_of_states(row: &Row, ladder: &Ladder, side: usize) -> bool {
    match row.kind {
        Kind::Frame(index, part) => {
            let frame = &ladder.frames()[index];
            part == Part::Arrival || part == Part::Whole && frame.to().index() == side
        }
        _ => false,
    }
}
