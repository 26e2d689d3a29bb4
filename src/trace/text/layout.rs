//! Which columns of a line are for what.

use super::options::Options;
use crate::trace::ladder::Ladder;
use crate::trace::quote::{Charset, width};
use crate::trace::row::Row;
use crate::trace::units;

/// A drawing is this wide at least, in columns.
const LEAST_WIDTH: usize = 40;
/// The least between the timelines where the states are beside them, in columns.
const LEAST_BETWEEN: usize = 34;
/// The least between the timelines where times are on both sides, in columns.
const LEAST_BETWEEN_TIMES: usize = 60;

/// The columns of a drawing: time, states of the left side, a timeline, arrows, a timeline, states
/// of the right side, time there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) width: usize,
    /// For the time at the left.
    pub(super) time: usize,
    /// Whether the time at the right side is shown.
    pub(super) right_times: bool,
    /// For the states beside each timeline.
    pub(super) states: [usize; 2],
    /// Whether states have lines of their own, between the timelines.
    pub(super) states_inside: bool,
    /// Whether the names of states are shortened.
    pub(super) short_states: bool,
    /// Between the timelines.
    pub(super) between: usize,
}

impl Layout {
    pub(super) fn new(ladder: &Ladder, options: &Options) -> Self {
        let charset = Charset::new(options.ascii);
        let total = options.width.max(LEAST_WIDTH);
        let times = ladder.rows().iter().flat_map(|row| row.times).flatten();
        let time = times.map(|time| width(&charset.encode(&units::time(time))));
        let time = time.max().unwrap_or(0);
        let states = |is_short: bool| {
            [0, 1].map(|side| {
                let states = ladder.rows().iter().flat_map(|row: &Row| &row.states[side]);
                states
                    .map(|state| width(&state.shown(is_short)))
                    .max()
                    .unwrap_or(0)
            })
        };
        let mut layout = Self {
            width: total,
            time,
            right_times: false,
            states: states(false),
            states_inside: false,
            short_states: false,
            between: 0,
        };
        let has_delays = ladder.frames().iter().any(|frame| frame.delay() > Some(0));
        layout.right_times = has_delays;
        if layout.fits(LEAST_BETWEEN_TIMES) {
            return layout;
        }
        layout.right_times = false;
        if layout.fits(LEAST_BETWEEN) {
            return layout;
        }
        layout.short_states = true;
        layout.states = states(true);
        if layout.fits(LEAST_BETWEEN) {
            return layout;
        }
        layout.short_states = false;
        layout.states_inside = true;
        layout.states = [0; 2];
        layout.fits(0);
        layout
    }

    /// For rows of any kind, which are not known yet.
    pub(super) fn of_any(options: &Options) -> Self {
        /// Times, in columns; states of which the stack reports the right ones only.
        const TIME: usize = 7;
        const STATES: [usize; 2] = [14, 12];
        let mut layout = Self {
            width: options.width.max(LEAST_WIDTH),
            time: TIME,
            right_times: false,
            states: STATES,
            states_inside: false,
            short_states: false,
            between: 0,
        };
        if !layout.fits(LEAST_BETWEEN) {
            layout.states_inside = true;
            layout.states = [0; 2];
            layout.fits(0);
        }
        layout
    }

    /// Whether there is as much left between the timelines.
    fn fits(&mut self, least: usize) -> bool {
        let right = match (self.states[1], self.right_times) {
            (0, false) => 0,
            (0, true) => 1 + self.time,
            (states, false) => 1 + states,
            (states, true) => 1 + states + 1 + self.time,
        };
        let between = self.width.checked_sub(self.left() + 2 + right);
        self.between = between.unwrap_or(0);
        self.between >= least
    }

    /// The column of the left timeline.
    pub(super) fn left(&self) -> usize {
        let states = match self.states[0] {
            0 => 0,
            states => states + 1,
        };
        self.time + 1 + states
    }

    /// The column of the right timeline.
    pub(super) fn right(&self) -> usize {
        self.left() + 1 + self.between
    }
}
