//! Draws one row after the other.

use std::string::{String, ToString};

use super::cells::{Cells, Glyphs, Style};
use super::lanes::{Lane, Lanes};
use super::layout::Layout;
use super::options::Options;
use crate::trace::frame::Frame;
use crate::trace::label::{Field, cut, fit};
use crate::trace::quote::{Charset, width, wrap};
use crate::trace::record::Fate;
use crate::trace::row::{Kind, Part, Row};
use crate::trace::sentence::Sentence;
use crate::trace::sides::Side;
use crate::trace::units;

/// A drawing that grows row by row.
pub(super) struct Painter {
    layout: Layout,
    charset: Charset,
    glyphs: &'static Glyphs,
    colour: bool,
    lanes: Lanes,
}

impl Painter {
    pub(super) fn new(layout: Layout, options: &Options) -> Self {
        Self {
            layout,
            charset: Charset::new(options.ascii),
            glyphs: Glyphs::of(options.ascii),
            colour: options.colour,
            lanes: Lanes::new(layout.between),
        }
    }

    /// What stands above the timelines.
    pub(super) fn head(&self, titles: [&[String]; 2]) -> String {
        let layout = &self.layout;
        let lines = titles
            .map(|title| title.len())
            .into_iter()
            .max()
            .unwrap_or(0);
        let mut text = String::new();
        let middle = layout.width / 2;
        for line in 0..lines {
            let mut cells = Cells::new(layout.width);
            for (side, centre) in [(0, layout.left()), (1, layout.right())] {
                // Titles of different heights end at the same line.
                let Some(at) = (line + titles[side].len()).checked_sub(lines) else {
                    continue;
                };
                let title = self.charset.encode(&titles[side][at]);
                let title = cut(&title, middle - 1, self.charset);
                let (from, to) = [(0, middle - 1), (middle, layout.width)][side];
                let at = centre.saturating_sub(width(&title) / 2);
                let at = at.clamp(from, (to - width(&title)).max(from));
                cells.write(at, &title, Style::Title);
            }
            text += &cells.line(self.colour);
        }
        text
    }

    /// What is said below.
    pub(super) fn foot(&self, notes: &[String]) -> String {
        let mut text = String::new();
        for note in notes {
            let mut cells = Cells::new(self.layout.width);
            let note = cut(&self.charset.encode(note), self.layout.width, self.charset);
            cells.write(0, &note, Style::Time);
            text += &cells.line(self.colour);
        }
        text
    }

    pub(super) fn row(&mut self, frames: &[Frame], row: &Row) -> String {
        let mut states = row.states.each_ref().map(|states| states.iter());
        let mut text = String::new();
        let mut between = match &row.kind {
            Kind::Frame(index, part) => self.frame(*index, &frames[*index], *part),
            Kind::Fold(fold) => {
                let mut cells = self.empty();
                let mark = self.charset.mark();
                let shown = std::format!("{mark} {} {mark}", fold.shown().join(", "));
                let shown = self.charset.encode(&shown);
                let shown = cut(&shown, self.layout.between, self.charset);
                let at = (self.layout.between - width(&shown)) / 2;
                cells.write(at, &shown, Style::Fold);
                Some(cells)
            }
            Kind::States => None,
        };
        let mut times = row.times;
        let is_fold = matches!(row.kind, Kind::Fold(_));
        loop {
            let shown = match between.is_none() || !self.layout.states_inside {
                true => states.each_mut().map(|states| states.next()),
                false => [None; 2],
            };
            if between.is_none() && shown == [None; 2] {
                return text;
            }
            let shown = shown.map(|state| {
                state.map(|state| {
                    let text = state.shown(self.layout.short_states);
                    let style = match state.is_derived {
                        true => Style::Derived,
                        false => Style::State,
                    };
                    (text, style)
                })
            });
            let inner = between.take().unwrap_or_else(|| self.empty());
            text += &self.line(times, inner, shown, is_fold);
            times = [None; 2];
        }
    }

    /// The sentences under a row.
    pub(super) fn explain(&self, sentences: &[Sentence]) -> String {
        let mut text = String::new();
        let (low, high) = self.lanes.free();
        let columns = (high - low).saturating_sub(2);
        for sentence in sentences {
            let sentence = self.charset.encode(&sentence.to_string()).into_owned();
            for line in wrap(&sentence, columns) {
                let mut cells = self.empty();
                cells.write(low + 1, &line, Style::Sentence);
                text += &self.line([None; 2], cells, [None, None], false);
            }
        }
        text
    }

    /// A line, of what is between the timelines and of what is beside them.
    fn line(
        &self,
        times: [Option<i64>; 2],
        mut between: Cells,
        states: [Option<(String, Style)>; 2],
        is_fold: bool,
    ) -> String {
        let layout = &self.layout;
        let mut cells = Cells::new(layout.width);
        let timeline = match is_fold {
            true => self.glyphs.folded,
            false => self.glyphs.vertical,
        };
        let shown = match layout.right_times {
            true => times,
            false => [times[0].into_iter().chain(times[1]).min(), None],
        };
        for (side, time) in shown.iter().enumerate() {
            let Some(time) = time else {
                continue;
            };
            let time = units::time(*time);
            let time = self.charset.encode(&time);
            let end = [layout.time, layout.width][side];
            cells.write(end.saturating_sub(width(&time)), &time, Style::Time);
        }
        for (side, state) in states.iter().enumerate() {
            let Some((state, style)) = state else {
                continue;
            };
            let columns = match layout.states_inside {
                true => layout.between / 2 - 1,
                false => layout.states[side],
            };
            let state = cut(&self.charset.encode(state), columns, self.charset);
            match (layout.states_inside, side) {
                (true, 0) => between.write(1, &state, *style),
                (true, _) => between.write(layout.between - 1 - width(&state), &state, *style),
                (false, 0) => cells.write(layout.left() - 1 - width(&state), &state, *style),
                (false, _) => cells.write(layout.right() + 2, &state, *style),
            }
        }
        cells.put(layout.left(), timeline, Style::Timeline);
        cells.put(layout.right(), timeline, Style::Timeline);
        cells.copy(layout.left() + 1, &between);
        cells.line(self.colour)
    }

    /// What is between the timelines where nothing happens: frames that are on their way.
    fn empty(&self) -> Cells {
        let mut cells = Cells::new(self.layout.between);
        for lane in self.lanes.taken() {
            cells.put(lane.column, self.glyphs.vertical, Style::Line);
        }
        cells
    }

    /// The arrow of a frame, or a part of it; `None` if that part is not drawn.
    fn frame(&mut self, index: usize, frame: &Frame, part: Part) -> Option<Cells> {
        let mut cells = self.empty();
        let to = frame.to();
        let style = match frame.fate {
            Fate::Delivered => Style::Line,
            _ => Style::Bad,
        };
        let last = self.layout.between - 1;
        // The end at the side to which the frame goes, and the other one.
        let (start, end) = match frame.from {
            Side::Left => (0, last),
            Side::Right => (last, 0),
        };
        if part == Part::Arrival {
            let lane = self.lanes.leave(index)?;
            cells.put(lane.column, ' ', style);
            self.dash(&mut cells, lane.column, end, frame, style);
            cells.put(lane.column, self.glyphs.corner(to, false), style);
            cells.put(end, self.glyphs.head(to), style);
            return Some(cells);
        }
        let mut fields = frame.label();
        let mut lane = None;
        if part == Part::Departure {
            lane = self.lanes.enter(index, to);
            if let (None, Some(delay)) = (&lane, frame.delay()) {
                let text = std::format!("arrives after {}", units::time(delay));
                fields.push(Field::note(text));
            }
        }
        let (low, high) = self.lanes.free();
        // At each end of a label a blank and a dash, and the head at one of them.
        let room = (high - low).saturating_sub(5);
        let shown = fit(&fields, room, self.charset);
        let length: usize = shown.iter().map(|shown| width(&shown.text) + 1).sum();
        let length = length.saturating_sub(1);
        let slack = room.saturating_sub(length);
        let at = low + slack / 2 + if to == Side::Left { 3 } else { 2 };
        let goal = match (frame.fate, &lane) {
            (_, Some(Lane { column, .. })) => *column,
            (Fate::Lost | Fate::Unknown, _) => match to {
                Side::Right => (at + length + 3).max(last * 3 / 4).min(high - 1),
                Side::Left => at.saturating_sub(4).min(last / 4).max(low),
            },
            _ => end,
        };
        self.dash(&mut cells, start, goal, frame, style);
        let tip = match (frame.fate, &lane) {
            (_, Some(_)) => self.glyphs.corner(to, true),
            (Fate::Lost, _) => self.glyphs.lost,
            (Fate::Unknown, _) => '?',
            _ => self.glyphs.head(to),
        };
        cells.put(goal, tip, style);
        let mut column = at;
        cells.put(column - 1, ' ', style);
        for (number, shown) in shown.iter().enumerate() {
            if number > 0 {
                cells.put(column, ' ', style);
                column += 1;
            }
            let style = match (shown.is_note, number, style) {
                (true, ..) => Style::Note,
                (_, _, Style::Bad) => Style::Bad,
                _ => Style::Label,
            };
            cells.write(column, &shown.text, style);
            column += width(&shown.text);
        }
        cells.put(column, ' ', style);
        Some(cells)
    }

    /// A horizontal line, over the vertical ones of frames that are on their way.
    fn dash(&self, cells: &mut Cells, from: usize, to: usize, frame: &Frame, style: Style) {
        let dash = match frame.fate {
            Fate::Duplicate => self.glyphs.dashed,
            Fate::Corrupted => self.glyphs.wavy,
            _ => self.glyphs.horizontal,
        };
        for column in from.min(to)..=from.max(to) {
            let glyph = match cells.has(column, self.glyphs.vertical) {
                true => self.glyphs.cross,
                false => dash,
            };
            cells.put(column, glyph, style);
        }
    }
}
