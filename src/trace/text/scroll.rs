//! A drawing that goes on while things happen.

use core::fmt;
use std::string::String;
use std::sync::Arc;
use std::vec::Vec;

use super::layout::Layout;
use super::options::Options;
use super::painter::Painter;
use crate::trace::fold;
use crate::trace::frame::Frame;
use crate::trace::ladder::Builder;
use crate::trace::legend;
use crate::trace::message::Unit;
use crate::trace::record::{Change, Record};
use crate::trace::row::{Fold, Kind, Row};
use crate::trace::sides::Side;

/// Frames that are nothing special, one after the other, before they are only counted.
const MOST: usize = 10;

/// The ladder of one host at work, of which each row is drawn as it happens. What it keeps is bounded,
/// however many frames, connections and peers there are.
pub struct Scroll {
    builder: Builder,
    painter: Painter,
    titles: [Vec<String>; 2],
    run: Option<Run>,
    is_explained: bool,
}

impl fmt::Debug for Scroll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scroll")
            .field("titles", &self.titles)
            .finish_non_exhaustive()
    }
}

/// A run of frames that are nothing special.
struct Run {
    unit: Unit,
    shown: usize,
    fold: Fold,
    /// When the first and the last happened that are not shown.
    times: Option<(i64, i64)>,
}

impl Scroll {
    /// For the host of this name, which is on this side. Each title is what stands above a side.
    pub fn new(
        host: impl Into<Arc<str>>,
        side: Side,
        titles: [Vec<String>; 2],
        options: &Options,
    ) -> Self {
        let mut builder = Builder::default();
        builder.know(&host.into(), side);
        builder.expect_more();
        Self {
            builder,
            painter: Painter::new(Layout::of_any(options), options),
            titles,
            run: None,
            is_explained: false,
        }
    }

    /// Has sentences stand under each arrow: see [`Ladder::explain`].
    ///
    /// [`Ladder::explain`]: crate::trace::Ladder::explain
    #[must_use]
    pub fn explained(mut self) -> Self {
        self.is_explained = true;
        self
    }

    /// What stands above all.
    #[must_use]
    pub fn head(&self) -> String {
        let titles = self.titles.each_ref().map(|title| &title[..]);
        let mut notes = std::vec![legend::DERIVED.into()];
        if self.is_explained {
            notes.push(legend::DERIVED_SENTENCES.into());
        }
        self.painter.foot(&notes) + &self.painter.head(titles)
    }

    /// The rows of what has happened.
    pub fn add(&mut self, records: &[Record], changes: &[Change]) -> String {
        let ladder = self.builder.add(records, changes);
        let mut text = String::new();
        for row in ladder.rows() {
            let unit = fold::unit(row, ladder.frames());
            if self.run.as_ref().map(|run| run.unit) != unit {
                text += &self.pause();
                self.run = unit.map(Run::new);
            }
            match &mut self.run {
                Some(run) if run.shown >= MOST => run.hide(row, ladder.frames()),
                run => {
                    if let Some(run) = run {
                        run.shown += 1;
                    }
                    text += &self.painter.row(ladder.frames(), row);
                    if self.is_explained {
                        text += &self.painter.explain(&ladder.explain(row));
                    }
                }
            }
        }
        text
    }

    /// Whether there is something that is only counted so far.
    #[must_use]
    pub fn is_counting(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.times.is_some())
    }

    /// The row for what is only counted so far; empty if that is nothing.
    pub fn pause(&mut self) -> String {
        let Some(run) = self.run.take_if(|run| run.times.is_some()) else {
            return String::new();
        };
        let Some((first, last)) = run.times else {
            return String::new();
        };
        let row = Row {
            kind: Kind::Fold(Fold {
                duration: last - first,
                ..run.fold
            }),
            times: [Some(first); 2],
            states: [const { Vec::new() }; 2],
        };
        self.painter.row(&[], &row)
    }
}

impl Run {
    fn new(unit: Unit) -> Self {
        Self {
            unit,
            shown: 0,
            fold: Fold::default(),
            times: None,
        }
    }

    fn hide(&mut self, row: &Row, frames: &[Frame]) {
        if let Kind::Frame(index, _) = row.kind {
            fold::count(&mut self.fold, &frames[index]);
        }
        let (first, _) = *self.times.get_or_insert((row.time(), row.time()));
        self.times = Some((first, row.time()));
    }
}
