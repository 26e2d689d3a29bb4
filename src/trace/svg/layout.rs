//! Where everything is in a picture.

use std::string::{String, ToString};
use std::vec::Vec;

use smoltcp::socket::tcp;

use super::geometry::{Box, Turned};
use super::heights::{BETWEEN_STATES, Heights};
use super::options::Options;
use crate::trace::label::{Shown, cut, fit};
use crate::trace::ladder::Ladder;
use crate::trace::legend;
use crate::trace::quote::{Charset, width};
use crate::trace::record::Fate;
use crate::trace::row::{Kind, Part, Row};
use crate::trace::sides::Side;
use crate::trace::units;

/// Around everything, in pixels.
pub(super) const MARGIN: f64 = 14.0;
/// From one line of text to the next.
pub(super) const LINE: f64 = 16.0;
/// How wide a character is, at most: of labels, of states, of times.
const LABEL: f64 = 7.7;
const STATE: f64 = 7.1;
const TIME: f64 = 6.8;
/// The narrowest picture.
const LEAST_WIDTH: u32 = 480;
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
    pub(super) state_x: [f64; 2],
    pub(super) times: [Vec<(f64, String)>; 2],
    pub(super) time_x: [f64; 2],
    pub(super) notes: Vec<String>,
    pub(super) is_one_connection: bool,
}

/// What is between the timelines.
pub(super) enum Slot {
    Arrow(Arrow),
    Fold { at: (f64, f64), text: String },
}

/// A frame.
pub(super) struct Arrow {
    pub(super) frame: usize,
    pub(super) from: (f64, f64),
    pub(super) to: (f64, f64),
    pub(super) label: Label,
}

/// The label of a frame.
pub(super) struct Label {
    /// Where its base line has its middle, or begins, or ends.
    pub(super) at: (f64, f64),
    pub(super) anchor: Anchor,
    /// As its arrow slopes, in radians.
    pub(super) angle: f64,
    pub(super) shown: Vec<Shown>,
    pub(super) columns: usize,
}

/// Which point of its base line a label is put at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
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
        let total = options.width.max(LEAST_WIDTH);
        let columns = Columns::new(ladder, total);
        let (titles, heads) = heads(ladder, total, columns.timelines);
        let head = heads
            .iter()
            .map(|head| head.y + head.height)
            .fold(0.0, f64::max);
        let (heights, slots) = settle(ladder, &columns, head);
        let foot = heights.end + 22.0;
        let notes = legend::notes(ladder);
        Self {
            width: total,
            height: foot + MARGIN + LINE * notes.len() as f64,
            timelines: columns.timelines,
            head,
            foot,
            states: Side::BOTH.map(|side| states(ladder, &heights, side)),
            state_x: columns.state_x,
            times: Side::BOTH.map(|side| match columns.has_times[side.index()] {
                true => times(ladder, &heights, side, columns.has_times[1]),
                false => Vec::new(),
            }),
            time_x: columns.time_x,
            gaps: heights.gaps,
            slots: slots.into_iter().map(|(_, slot)| slot).collect(),
            heads,
            titles,
            notes,
            is_one_connection: ladder.is_one_connection(),
        }
    }
}

/// How often rows are pushed apart until no label overlaps another, and by how much.
const MOST_PUSHES: usize = 24;
const PUSH: f64 = 7.0;

/// Pushes rows apart until no label overlaps another. Where that does not help, labels are not
/// turned any more: those cannot overlap, as each has its own height.
fn settle(ladder: &Ladder, columns: &Columns, head: f64) -> (Heights, Vec<(usize, Slot)>) {
    let mut push = std::vec![0.0; ladder.rows().len()];
    let mut is_upright = std::vec![false; ladder.rows().len()];
    for pass in 0.. {
        let heights = Heights::new(ladder, head, &push);
        let mut slots = slots_of(ladder, columns, &heights);
        let overlaps = place(&mut slots, &is_upright);
        if overlaps.is_empty() || pass >= 2 * MOST_PUSHES {
            return (heights, slots);
        }
        for (slot, other) in overlaps {
            let (row, other) = (slots[slot].0, slots[other].0);
            if pass < MOST_PUSHES {
                push[row] += PUSH;
            } else {
                (is_upright[row], is_upright[other]) = (true, true);
            }
        }
        if pass + 1 == 2 * MOST_PUSHES {
            is_upright.fill(true);
        }
    }
    unreachable!("the last pass returns")
}

/// Where things are from left to right.
struct Columns {
    timelines: [f64; 2],
    state_x: [f64; 2],
    time_x: [f64; 2],
    has_times: [bool; 2],
}

impl Columns {
    fn new(ladder: &Ladder, total: u32) -> Self {
        let total = f64::from(total);
        let rows = || ladder.rows().iter();
        let times = rows().flat_map(|row| row.times).flatten();
        let time = times
            .map(|time| width(&units::time(time)))
            .max()
            .unwrap_or(0) as f64
            * TIME;
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
fn heads(ladder: &Ladder, total: u32, timelines: [f64; 2]) -> ([Vec<String>; 2], [Box; 2]) {
    let total = f64::from(total);
    let most = (total - 3.0 * MARGIN) / 2.0;
    let columns = ((most - 20.0) / LABEL) as usize;
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
        let width = widest as f64 * LABEL + 20.0;
        let x = timelines[side.index()] - width / 2.0;
        Box {
            x: x.clamp(MARGIN, total - MARGIN - width),
            y: MARGIN,
            width,
            height,
        }
    });
    (titles, boxes)
}

/// Arrows and folds, each with the row that begins with it.
fn slots_of(ladder: &Ladder, columns: &Columns, heights: &Heights) -> Vec<(usize, Slot)> {
    let [left, right] = columns.timelines;
    let mut slots: Vec<(usize, Slot)> = Vec::new();
    for (index, row) in ladder.rows().iter().enumerate() {
        let (begin, end) = heights.rows[index];
        let (frame, part) = match &row.kind {
            Kind::Frame(frame, part) => (*frame, *part),
            Kind::Fold(fold) => {
                let text = std::format!("… {} …", fold.shown().join(", "));
                let at = ((left + right) / 2.0, begin + 4.0);
                slots.push((index, Slot::Fold { at, text }));
                continue;
            }
            Kind::States => continue,
        };
        if part == Part::Arrival {
            // It ends the arrow that the departure has begun.
            let arrows = slots.iter_mut().rev().filter_map(|(_, slot)| match slot {
                Slot::Arrow(arrow) => Some(arrow),
                Slot::Fold { .. } => None,
            });
            if let Some(arrow) = arrows.into_iter().find(|arrow| arrow.frame == frame) {
                arrow.to.1 = end;
            }
            continue;
        }
        let (mut from, mut to) = ((left + 4.0, begin), (right - 4.0, end));
        if ladder.frames()[frame].from == Side::Right {
            (from.0, to.0) = (to.0, from.0);
        }
        if matches!(ladder.frames()[frame].fate, Fate::Lost | Fate::Unknown) {
            to = (from.0 + (to.0 - from.0) * 0.85, begin + 10.0);
        }
        slots.push((
            index,
            Slot::Arrow(Arrow {
                frame,
                from,
                to,
                label: Label {
                    at: (0.0, 0.0),
                    anchor: Anchor::Middle,
                    angle: 0.0,
                    shown: Vec::new(),
                    columns: 0,
                },
            }),
        ));
    }
    for (_, slot) in &mut slots {
        if let Slot::Arrow(arrow) = slot {
            let length = (arrow.to.0 - arrow.from.0).abs();
            let fields = ladder.frames()[arrow.frame].label();
            let room = ((length - 34.0) / LABEL) as usize;
            let shown = fit(&fields, room, Charset::Unicode);
            let taken: usize = shown.iter().map(|shown| width(&shown.text) + 1).sum();
            arrow.label.columns = taken.saturating_sub(1);
            arrow.label.shown = shown;
        }
    }
    slots
}

/// Labels that are this far apart cannot overlap, in slots.
const WINDOW: usize = 24;

/// Gives each label its place on its arrow; returns those that overlap another one wherever they
/// are, with that one.
fn place(slots: &mut [(usize, Slot)], is_upright: &[bool]) -> Vec<(usize, usize)> {
    let mut overlaps = Vec::new();
    let mut taken: Vec<Turned> = Vec::new();
    let lines: Vec<_> = slots
        .iter()
        .map(|(_, slot)| match slot {
            Slot::Arrow(arrow) => Some((arrow.from, arrow.to)),
            Slot::Fold { .. } => None,
        })
        .collect();
    for index in 0..slots.len() {
        let from = index.saturating_sub(WINDOW);
        let to = (index + WINDOW).min(slots.len());
        let crossed = |label: &Turned| {
            let others = (from..to).filter(|other| *other != index);
            let lines = others.filter_map(|other| lines[other]);
            lines
                .filter(|(from, to)| label.is_crossed(*from, *to))
                .count()
        };
        let overlapped = |label: &Turned| taken[from..].iter().any(|other| label.overlaps(other));
        let (row, slot) = &mut slots[index];
        let label = match slot {
            Slot::Fold { at, text } => Turned {
                middle: (at.0, at.1 - BASE + 1.0),
                width: width(text) as f64 * LABEL,
                height: HEIGHT,
                angle: 0.0,
            },
            Slot::Arrow(arrow) => {
                let places = places(arrow, is_upright[*row]);
                let best = places
                    .iter()
                    .min_by_key(|(place, _)| (overlapped(place), crossed(place)));
                let (best, anchor) = *best.unwrap_or(&places[0]);
                let (sine, cosine) = best.angle.sin_cos();
                arrow.label.at = (best.middle.0 - BASE * sine, best.middle.1 + BASE * cosine);
                match anchor {
                    Anchor::Start => arrow.label.at.0 -= best.width / 2.0,
                    Anchor::Middle => {}
                    Anchor::End => arrow.label.at.0 += best.width / 2.0,
                }
                (arrow.label.angle, arrow.label.anchor) = (best.angle, anchor);
                best
            }
        };
        let others = (from..index).filter(|other| label.overlaps(&taken[*other]));
        overlaps.extend(others.map(|other| (index, other)));
        taken.push(label);
    }
    overlaps
}

/// How high a label is, and how far its middle is above its base line.
const HEIGHT: f64 = 15.0;
const BASE: f64 = 4.0;
/// How far the base line is above the arrow.
const ABOVE: f64 = 5.0;
/// A label is turned by so much at most, in radians.
const MOST_TURNED: f64 = 0.4;

/// Where the label of an arrow can be, the best place first: along the arrow, or where it begins.
fn places(arrow: &Arrow, is_upright: bool) -> Vec<(Turned, Anchor)> {
    let (from, to) = (arrow.from, arrow.to);
    let (across, down) = (to.0 - from.0, to.1 - from.1);
    let length = across.hypot(down).max(1.0);
    let angle = (down * across.signum()).atan2(across.abs());
    let wide = arrow.label.columns as f64 * LABEL;
    let label = |(x, y): (f64, f64), angle: f64| Turned {
        middle: (
            x + (ABOVE + BASE) * angle.sin(),
            y - (ABOVE + BASE) * angle.cos(),
        ),
        width: wide,
        height: HEIGHT,
        angle,
    };
    let beginning = from.0 + (wide / 2.0 + 12.0) * across.signum();
    let anchor = if across > 0.0 {
        Anchor::Start
    } else {
        Anchor::End
    };
    let at_beginning = (label((beginning, from.1), 0.0), anchor);
    if is_upright || angle.abs() > MOST_TURNED {
        return std::vec![at_beginning];
    }
    let half = (wide / 2.0 + 12.0) / length;
    let (first, last) = (half.min(0.5), (1.0 - half - 6.0 / length).max(0.5));
    let along = [0.5, first, last, (0.5 + first) / 2.0, (0.5 + last) / 2.0];
    let along = along.map(|part| {
        let at = (from.0 + across * part, from.1 + down * part);
        (label(at, angle), Anchor::Middle)
    });
    along.into_iter().chain([at_beginning]).collect()
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
