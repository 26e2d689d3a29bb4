//! Frames that are on their way while other things happen: vertical lines near the side to which
//! they go.

use std::vec::Vec;

use crate::trace::sides::Side;

/// Vertical lines at each side, at most.
const MOST: usize = 4;
/// How many columns there are between the timelines for each of them, at least.
const COLUMNS_FOR_EACH: usize = 12;

/// The vertical lines.
#[derive(Debug)]
pub(super) struct Lanes {
    between: usize,
    most: usize,
    /// For each side, the nearest to it first: the frame that takes the lane.
    frames: [[Option<usize>; MOST]; 2],
}

/// A vertical line, in a column between the timelines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lane {
    pub(super) column: usize,
}

impl Lanes {
    pub(super) fn new(between: usize) -> Self {
        Self {
            between,
            most: (between / COLUMNS_FOR_EACH / 2).clamp(1, MOST),
            frames: [[None; MOST]; 2],
        }
    }

    /// A line for a frame to this side, if there is one left.
    pub(super) fn enter(&mut self, frame: usize, to: Side) -> Option<Lane> {
        let lanes = &mut self.frames[to.index()][..self.most];
        let number = lanes.iter().position(Option::is_none)?;
        lanes[number] = Some(frame);
        Some(self.lane(to, number))
    }

    /// Takes the line of a frame away, if it has one.
    pub(super) fn leave(&mut self, frame: usize) -> Option<Lane> {
        for side in Side::BOTH {
            let lanes = &mut self.frames[side.index()];
            if let Some(number) = lanes.iter().position(|lane| *lane == Some(frame)) {
                lanes[number] = None;
                return Some(self.lane(side, number));
            }
        }
        None
    }

    /// All lines that are taken.
    pub(super) fn taken(&self) -> Vec<Lane> {
        let sides = Side::BOTH.into_iter().flat_map(|side| {
            let lanes = self.frames[side.index()].iter().enumerate();
            lanes
                .filter(|(_, frame)| frame.is_some())
                .map(move |(number, _)| (side, number))
        });
        sides
            .map(|(side, number)| self.lane(side, number))
            .collect()
    }

    /// The columns between all lines that are taken, from the first to that behind the last.
    pub(super) fn free(&self) -> (usize, usize) {
        let taken = |side: Side| {
            let lanes = &self.frames[side.index()];
            lanes
                .iter()
                .rposition(Option::is_some)
                .map(|number| self.lane(side, number).column)
        };
        let low = taken(Side::Left).map_or(0, |column| column + 1);
        (low, taken(Side::Right).unwrap_or(self.between))
    }

    fn lane(&self, side: Side, number: usize) -> Lane {
        let from_side = 2 + 2 * number;
        Lane {
            column: match side {
                Side::Left => from_side,
                Side::Right => self.between - 1 - from_side,
            },
        }
    }
}
