//! What is between the timelines: arrows, and labels that do not overlap.

use std::string::String;
use std::vec::Vec;

use super::geometry::Turned;
use super::heights::Heights;
use super::metrics::LABEL;
use crate::trace::frame::Frame;
use crate::trace::label::{Shown, fit};
use crate::trace::ladder::Ladder;
use crate::trace::quote::{Charset, width};
use crate::trace::record::Fate;
use crate::trace::row::{Kind, Part};
use crate::trace::sides::Side;

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

/// How often rows are pushed apart until no label overlaps another, and by how much.
const MOST_PUSHES: usize = 24;
const PUSH: f64 = 7.0;

/// Pushes rows apart, each with its lines of sentences below it, until no label overlaps
/// another. Where that does not help, labels are not turned any more: those cannot overlap, as each
/// has its own height.
pub(super) fn settle(
    ladder: &Ladder,
    timelines: [f64; 2],
    head: f64,
    lines: &[usize],
) -> (Heights, Vec<(usize, Slot)>) {
    let mut push = std::vec![0.0; ladder.rows().len()];
    let mut is_upright = std::vec![false; ladder.rows().len()];
    let mut labels = labels(ladder, timelines);
    let columns: Vec<_> = labels.iter().map(|label| columns(label)).collect();
    for pass in 0.. {
        let heights = Heights::new(ladder, head, &push, lines);
        let mut slots = slots_of(ladder, timelines, &heights, &columns);
        let overlaps = place(&mut slots, &is_upright);
        if overlaps.is_empty() || pass >= 2 * MOST_PUSHES {
            for (_, slot) in &mut slots {
                if let Slot::Arrow(arrow) = slot {
                    arrow.label.shown = core::mem::take(&mut labels[arrow.frame]);
                }
            }
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

/// Arrows and folds, each with the row that begins with it.
fn slots_of(
    ladder: &Ladder,
    timelines: [f64; 2],
    heights: &Heights,
    columns: &[usize],
) -> Vec<(usize, Slot)> {
    let [left, right] = timelines;
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
        let shown = &ladder.frames()[frame];
        let (from, to) = across(shown, timelines);
        let end = if is_lost(shown) { begin + 10.0 } else { end };
        let (from, to) = ((from, begin), (to, end));
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
                    columns: columns[frame],
                },
            }),
        ));
    }
    slots
}

/// Where an arrow begins and ends, from left to right.
fn across(frame: &Frame, [left, right]: [f64; 2]) -> (f64, f64) {
    let (mut from, mut to) = (left + 4.0, right - 4.0);
    if frame.from == Side::Right {
        (from, to) = (to, from);
    }
    if is_lost(frame) {
        to = from + (to - from) * 0.85;
    }
    (from, to)
}

fn is_lost(frame: &Frame) -> bool {
    matches!(frame.fate, Fate::Lost | Fate::Unknown)
}

/// What stands on the arrow of each frame.
fn labels(ladder: &Ladder, timelines: [f64; 2]) -> Vec<Vec<Shown>> {
    let label = |frame: &Frame| {
        let (from, to) = across(frame, timelines);
        let room = (((to - from).abs() - 34.0) / LABEL) as usize;
        fit(&frame.label(), room, Charset::Picture)
    };
    ladder.frames().iter().map(label).collect()
}

fn columns(label: &[Shown]) -> usize {
    let taken: usize = label.iter().map(|shown| width(&shown.text) + 1).sum();
    taken.saturating_sub(1)
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
            Slot::Fold { at, text } => {
                let middle = (at.0, at.1 - BASE + 1.0);
                Turned::new(middle, width(text) as f64 * LABEL, HEIGHT, 0.0)
            }
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
/// By how much a label is turned at most, in radians.
const MOST_TURNED: f64 = 0.4;

/// Where the label of an arrow can be, the best place first: along the arrow, or where it begins.
fn places(arrow: &Arrow, is_upright: bool) -> Vec<(Turned, Anchor)> {
    let (from, to) = (arrow.from, arrow.to);
    let (across, down) = (to.0 - from.0, to.1 - from.1);
    let length = across.hypot(down).max(1.0);
    let angle = (down * across.signum()).atan2(across.abs());
    let wide = arrow.label.columns as f64 * LABEL;
    let label = |(x, y): (f64, f64), angle: f64| {
        let (sine, cosine) = angle.sin_cos();
        let middle = (x + (ABOVE + BASE) * sine, y - (ABOVE + BASE) * cosine);
        Turned::new(middle, wide, HEIGHT, angle)
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
