use managed::ManagedSlice;
use smoltcp::time::Instant;

use super::sealed::Index;
use super::{Kind, Work};
use crate::packet::FourTuple;

/// Looks at all connections: for a handful, as a board has them. It takes 40 bytes for each.
#[derive(Debug)]
pub struct Scan<'a> {
    marks: ManagedSlice<'a, Mark>,
    /// Counts what has become of another kind, so that the order is known.
    changes: u32,
    /// Where the search for work goes on.
    cursor: usize,
}

/// What [`Scan`] knows of one connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark {
    kind: Option<Kind>,
    /// When it became of that kind.
    since: u32,
    work: Option<Work>,
    due: Option<Instant>,
}

impl Mark {
    /// Of no connection.
    pub const EMPTY: Self = Self {
        kind: None,
        since: 0,
        work: None,
        due: None,
    };
}

impl<'a> Scan<'a> {
    /// Room for as many connections as there are marks.
    pub fn new(marks: impl Into<ManagedSlice<'a, Mark>>) -> Self {
        let mut marks = marks.into();
        marks.fill(Mark::EMPTY);
        Self {
            marks,
            changes: 0,
            cursor: 0,
        }
    }
}

impl Index for Scan<'_> {
    fn capacity(&self) -> usize {
        self.marks.len()
    }

    fn find(&self, _: &FourTuple, matches: impl Fn(usize) -> bool) -> Option<usize> {
        (0..self.marks.len()).find(|number| matches(*number))
    }

    fn bind(&mut self, _: &FourTuple, _: usize) {}

    fn unbind(&mut self, _: usize) {}

    fn sort(&mut self, number: usize, kind: Option<Kind>) {
        let mark = &mut self.marks[number];
        mark.kind = kind;
        mark.since = self.changes;
        self.changes = self.changes.wrapping_add(1);
    }

    fn kind(&self, number: usize) -> Option<Kind> {
        self.marks[number].kind
    }

    #[inline(never)] // Many call it.
    fn next_of(&self, kind: Kind, after: Option<usize>) -> Option<usize> {
        // In changes since then, of which there is one at least.
        let age = |mark: &Mark| self.changes.wrapping_sub(mark.since);
        let limit = after.map_or(u32::MAX, |number| age(&self.marks[number]));
        let (mut oldest, mut most) = (None, 0);
        for (number, mark) in self.marks.iter().enumerate() {
            if mark.kind == Some(kind) && age(mark) > most && age(mark) < limit {
                (oldest, most) = (Some(number), age(mark));
            }
        }
        oldest
    }

    #[inline(never)] // Many call it.
    fn queue(&mut self, number: usize, work: Work) {
        self.marks[number].work = Some(work);
    }

    fn next(&mut self, work: Work) -> Option<usize> {
        for _ in 0..self.marks.len() {
            let number = self.cursor;
            self.cursor = (number + 1) % self.marks.len();
            if self.marks[number].work == Some(work) {
                self.marks[number].work = None;
                return Some(number);
            }
        }
        None
    }

    fn schedule(&mut self, number: usize, due: Option<Instant>) {
        self.marks[number].due = due;
    }

    fn due(&self) -> Option<Instant> {
        self.marks.iter().filter_map(|mark| mark.due).min()
    }

    fn expire(&mut self, now: Instant) -> Option<usize> {
        let is_over = |mark: &Mark| mark.due.is_some_and(|due| due <= now);
        let number = self.marks.iter().position(is_over)?;
        self.marks[number].due = None;
        Some(number)
    }
}
