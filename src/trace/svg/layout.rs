//! Where everything is in a picture.

use std::string::{String, ToString};
use std::vec::Vec;

use smoltcp::socket::tcp;

use super::geometry::Box;
use super::heights::{BETWEEN_SENTENCES, BETWEEN_STATES, Heights};
use super::metrics::{LABEL, LINE, MARGIN, SMALL, STATE, TIME};
use super::options::Options;
use super::slots::{self, Slot};
use crate::trace::label::cut;
use crate::trace::ladder::Ladder;
use crate::trace::legend;
use crate::trace::quote::{Charset, width, wrap};
use crate::trace::row::{Kind, Part, Row};
use crate::trace::sides::Side;
use crate::trace::units;

/// From the left timeline to the sentences, in pixels.
pub(super) const INDENT: f64 = 14.0;

/// The narrowest picture, and the narrowest interactive one.
const LEAST_WIDTH: u32 = 480;
const LEAST_INTERACTIVE: u32 = 300;
/// An interactive picture that is narrower has small times at its left timeline alone, and its states
/// stand on end.
const NARROW: u32 = 620;
/// Around a narrow picture, in pixels.
const NARROW_MARGIN: f64 = 3.0;
/// From a timeline to a state that stands on end.
const ON_END: f64 = 8.0;
/// What is between the timelines is at least so wide, in characters, where times are on both sides.
const LEAST_LABEL: f64 = 52.0;

/// Where everything is.
pub(super) struct Layout {
    pub(super) width: u32,
    pub(super) height: f64,
    pub(super) timelines: [f64; 2],
    /// Where the timelines begin and end.
    pub(super) head: f64,
    pub(super) foot: f64,
    /// Where they are interrupted.
    pub(super) gaps: Vec<(f64, f64)>,
    pub(super) slots: Vec<Slot>,
    pub(super) heads: [Box; 2],
    pub(super) titles: [Vec<String>; 2],
    pub(super) states: [Vec<State>; 2],
    /// Whether there is little room: times are small, and states stand on end.
    pub(super) is_narrow: bool,
    pub(super) state_x: [f64; 2],
    pub(super) times: [Vec<(f64, String)>; 2],
    pub(super) time_x: [f64; 2],
    /// The sentences below the arrows, line by line, with the heights of their base lines.
    pub(super) sentences: Vec<(f64, String)>,
    pub(super) notes: Vec<String>,
    pub(super) is_one_connection: bool,
}

/// A state beside a timeline.
pub(super) struct State {
    pub(super) y: f64,
    pub(super) text_y: f64,
    pub(super) state: tcp::State,
    pub(super) text: String,
    pub(super) is_derived: bool,
}

impl Layout {
    pub(super) fn new(ladder: &Ladder, options: &Options) -> Self {
        let (least, is_narrow) = match options.is_interactive {
            true => (LEAST_INTERACTIVE, options.width < NARROW),
            false => (LEAST_WIDTH, false),
        };
        let total = options.width.max(least);
        let columns = match is_narrow {
            true => Columns::narrow(ladder, total),
            false => Columns::new(ladder, total),
        };
        let (titles, heads) = heads(ladder, total, columns.timelines, is_narrow);
        let head = heads
            .iter()
            .map(|head| head.y + head.height)
            .fold(0.0, f64::max);
        let sentences = sentences(ladder, columns.timelines);
        let lines: Vec<usize> = sentences.iter().map(Vec::len).collect();
        let (heights, slots) = slots::settle(ladder, columns.timelines, head, &lines);
        let foot = heights.end + 22.0;
        let notes = legend::notes(ladder);
        Self {
            width: total,
            height: foot + MARGIN + LINE * notes.len() as f64,
            timelines: columns.timelines,
            head,
            foot,
            states: Side::BOTH.map(|side| states(ladder, &heights, side)),
            is_narrow,
            state_x: columns.state_x,
            times: Side::BOTH.map(|side| match columns.has_times[side.index()] {
                true => times(ladder, &heights, side, columns.has_times[1]),
                false => Vec::new(),
            }),
            time_x: columns.time_x,
            sentences: placed(sentences, &heights),
            gaps: heights.gaps,
            slots: slots.into_iter().map(|(_, slot)| slot).collect(),
            heads,
            titles,
            notes,
            is_one_connection: ladder.is_one_connection(),
        }
    }
}

/// The lines of the sentences of each row; none unless they are wanted.
fn sentences(ladder: &Ladder, timelines: [f64; 2]) -> Vec<Vec<String>> {
    let columns = (timelines[1] - timelines[0] - 2.0 * INDENT) / STATE;
    let rows = ladder.rows().iter();
    rows.map(|row| match ladder.is_explained() {
        true => {
            let sentences = ladder.explain(row).into_iter();
            sentences
                .flat_map(|sentence| wrap(&sentence.to_string(), columns as usize))
                .collect()
        }
        false => Vec::new(),
    })
    .collect()
}

fn placed(sentences: Vec<Vec<String>>, heights: &Heights) -> Vec<(f64, String)> {
    let blocks = sentences.into_iter().zip(&heights.sentences);
    let lines = blocks.flat_map(|(lines, first)| {
        let lines = lines.into_iter().enumerate();
        lines.map(move |(number, line)| (first + BETWEEN_SENTENCES * number as f64, line))
    });
    lines.collect()
}

/// How wide the widest time is, in characters.
fn widest_time(ladder: &Ladder) -> f64 {
    let times = ladder.rows().iter().flat_map(|row| row.times).flatten();
    let widths = times.map(|time| width(&units::time(time)));
    widths.max().unwrap_or(0) as f64
}

/// Where things are from left to right.
struct Columns {
    timelines: [f64; 2],
    state_x: [f64; 2],
    time_x: [f64; 2],
    has_times: [bool; 2],
}

impl Columns {
    /// Times are at the left timeline only; states stand on end.
    fn narrow(ladder: &Ladder, total: u32) -> Self {
        let time = widest_time(ladder) * SMALL;
        let beside = ON_END + LINE / 2.0;
        let left = NARROW_MARGIN + time + beside;
        let right = f64::from(total) - NARROW_MARGIN - beside;
        Self {
            timelines: [left, right],
            state_x: [left - ON_END, right + ON_END],
            time_x: [NARROW_MARGIN + time, right],
            has_times: [true, false],
        }
    }

    fn new(ladder: &Ladder, total: u32) -> Self {
        let total = f64::from(total);
        let rows = || ladder.rows().iter();
        let time = widest_time(ladder) * TIME;
        let states = Side::BOTH.map(|side| {
            let states = rows().flat_map(|row: &Row| &row.states[side.index()]);
            let widest = states.map(|state| width(&state.shown(false))).max();
            widest.map_or(0.0, |columns| columns as f64 * STATE + 10.0)
        });
        let has_delays = ladder.frames().iter().any(|frame| frame.delay() > Some(0));
        let left = MARGIN + time + 10.0 + states[0];
        let right = |has_times: bool| {
            let times = if has_times { time + 10.0 } else { 0.0 };
            total - MARGIN - times - states[1].max(6.0)
        };
        let has_right = has_delays && right(true) - left >= LEAST_LABEL * LABEL;
        let timelines = [left, right(has_right)];
        Self {
            timelines,
            state_x: [timelines[0] - 8.0, timelines[1] + 8.0],
            time_x: [MARGIN + time, total - MARGIN],
            has_times: [true, has_right],
        }
    }
}

/// The titles, and the boxes that they are in.
fn heads(
    ladder: &Ladder,
    total: u32,
    timelines: [f64; 2],
    is_narrow: bool,
) -> ([Vec<String>; 2], [Box; 2]) {
    let total = f64::from(total);
    let margin = if is_narrow { NARROW_MARGIN } else { MARGIN };
    let column = if is_narrow { TIME } else { LABEL };
    let most = (total - 3.0 * margin) / 2.0;
    let columns = ((most - 20.0) / column) as usize;
    let titles = Side::BOTH.map(|side| {
        let lines = ladder.title(side).iter();
        let lines: Vec<_> = lines
            .map(|line| cut(line, columns, Charset::Unicode))
            .collect();
        match lines.is_empty() {
            true => std::vec!["?".to_string()],
            false => lines,
        }
    });
    let lines = titles.iter().map(Vec::len).max().unwrap_or(1);
    let height = 10.0 + LINE * lines as f64;
    let boxes = Side::BOTH.map(|side| {
        let lines = titles[side.index()].iter();
        let widest = lines.map(|line| width(line)).max().unwrap_or(0);
        let width = widest as f64 * column + 20.0;
        let x = timelines[side.index()] - width / 2.0;
        Box {
            x: x.clamp(margin, total - margin - width),
            y: margin,
            width,
            height,
        }
    });
    (titles, boxes)
}

fn states(ladder: &Ladder, heights: &Heights, side: Side) -> Vec<State> {
    let mut states = Vec::new();
    for (row, (begin, end)) in ladder.rows().iter().zip(&heights.rows) {
        let is_arrival = match row.kind {
            Kind::Frame(frame, Part::Whole) => ladder.frames()[frame].to() == side,
            Kind::Frame(_, Part::Arrival) => true,
            _ => false,
        };
        let y = if is_arrival { *end } else { *begin };
        for (index, state) in row.states[side.index()].iter().enumerate() {
            let text_y = y + BETWEEN_STATES * index as f64;
            states.push(State {
                y,
                text_y,
                state: state.state,
                text: state.shown(false),
                is_derived: state.is_derived,
            });
        }
    }
    states
}

/// The times at a side; at the left side all of them, if the right side has none.
fn times(ladder: &Ladder, heights: &Heights, side: Side, has_both: bool) -> Vec<(f64, String)> {
    /// From one time to the next, in pixels.
    const BETWEEN: f64 = 13.0;
    let mut all: Vec<(f64, i64)> = Vec::new();
    for (row, (begin, end)) in ladder.rows().iter().zip(&heights.rows) {
        for other in Side::BOTH {
            let Some(time) = row.times[other.index()] else {
                continue;
            };
            let is_arrival = match row.kind {
                Kind::Frame(frame, Part::Whole) => ladder.frames()[frame].to() == other,
                Kind::Frame(_, Part::Arrival) => true,
                _ => false,
            };
            if other == side || !has_both && !is_arrival {
                all.push((if is_arrival { *end } else { *begin }, time));
            }
        }
    }
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut shown: Vec<(f64, String)> = Vec::new();
    for (y, time) in all {
        let text = units::time(time);
        let is_free = shown
            .last()
            .is_none_or(|(last, before)| y >= last + BETWEEN && *before != text);
        if is_free {
            shown.push((y, text));
        }
    }
    shown
}
