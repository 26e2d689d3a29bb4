//! A ladder as an SVG picture: arrows slope with the delay of each frame.
//!
//! The picture is complete in itself, its text is text, and it has colours for light and for dark
//! surroundings. Time runs downwards; it is stretched where labels would overlap, and compressed
//! where nothing happens.

mod arrow;
mod geometry;
mod heights;
mod layout;
mod metrics;
mod options;
mod slots;
mod style;

use std::format;
use std::string::{String, ToString};

use super::label::Shown;
use super::ladder::Ladder;
use super::quote::width;
use super::sides::Side;
use layout::{INDENT, Layout};
use metrics::{LINE, MARGIN, SMALL, STATE};
use slots::{Anchor, Slot};

pub use options::Options;

/// The ladder as SVG.
#[must_use]
pub fn draw(ladder: &Ladder, options: &Options) -> String {
    let layout = Layout::new(ladder, options);
    let mut picture = Picture {
        ladder,
        layout: &layout,
        is_interactive: options.is_interactive,
        text: String::new(),
    };
    picture.begin();
    picture.timelines();
    picture.arrows();
    picture.sentences();
    picture.labels();
    picture.sides();
    picture.heads();
    picture.foot();
    picture.text += "</svg>\n";
    picture.text
}

struct Picture<'l> {
    ladder: &'l Ladder,
    layout: &'l Layout,
    is_interactive: bool,
    text: String,
}

impl Picture<'_> {
    fn begin(&mut self) {
        let (width, height) = (self.layout.width, self.layout.height);
        let sentences = match self.layout.sentences.is_empty() {
            true => "",
            false => style::SENTENCES,
        };
        let narrow = match self.layout.is_narrow {
            true => style::NARROW,
            false => "",
        };
        let hosts = Side::BOTH.map(|side| escape(&self.ladder.title(side).join(" ")));
        self.text += &format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width} {height:.0}\" role=\"img\" xml:space=\"preserve\">\n\
             <title>Packets between {} and {}</title>\n<style>{}</style>\n\
             <rect class=\"page\" width=\"{width}\" height=\"{height:.0}\" rx=\"8\"/>\n",
            hosts[0],
            hosts[1],
            style::SHEET.to_string() + sentences + narrow,
        );
    }

    /// The vertical lines, and bars over them that show in which state a connection is.
    fn timelines(&mut self) {
        let layout = self.layout;
        for side in Side::BOTH {
            let x = layout.timelines[side.index()];
            self.vertical(x, layout.head, layout.foot, "timeline");
            if layout.is_one_connection {
                self.bars(side);
            }
            for (start, end) in &layout.gaps {
                self.vertical(x, *start, *end, "pause");
            }
        }
    }

    /// In which state the connection is.
    fn bars(&mut self, side: Side) {
        let layout = self.layout;
        let x = layout.timelines[side.index()] - 3.0;
        let states = &layout.states[side.index()];
        for (index, state) in states.iter().enumerate() {
            let end = states.get(index + 1).map_or(layout.foot, |next| next.y);
            let class = style::state(state.state);
            if let Some(class) = class.filter(|_| end > state.y) {
                let (y, height) = (state.y, end - state.y);
                self.text += &format!(
                    "<rect class=\"bar {class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"6\" \
                     height=\"{height:.1}\" rx=\"2\"/>\n"
                );
            }
        }
    }

    fn vertical(&mut self, x: f64, from: f64, to: f64, class: &str) {
        self.text += &format!(
            "<line class=\"{class}\" x1=\"{x:.1}\" y1=\"{from:.1}\" x2=\"{x:.1}\" y2=\"{to:.1}\"/>\n"
        );
    }

    fn arrows(&mut self) {
        for slot in &self.layout.slots {
            let Slot::Arrow(arrow) = slot else {
                continue;
            };
            let frame = &self.ladder.frames()[arrow.frame];
            if !self.is_interactive {
                arrow::draw(&mut self.text, arrow, frame);
                continue;
            }
            let ((from_x, from_y), (to_x, to_y)) = (arrow.from, arrow.to);
            self.text += &format!(
                "<g class=\"arrow\" data-frame=\"{}\" data-from=\"{from_y:.1}\" \
                 data-to=\"{to_y:.1}\">\n\
                 <line class=\"near\" x1=\"{from_x:.1}\" y1=\"{from_y:.1}\" x2=\"{to_x:.1}\" \
                 y2=\"{to_y:.1}\"/>\n",
                arrow.frame,
            );
            arrow::draw(&mut self.text, arrow, frame);
            self.text += "</g>\n";
        }
    }

    fn labels(&mut self) {
        for slot in &self.layout.slots {
            match slot {
                Slot::Arrow(arrow) => {
                    let label = &arrow.label;
                    let (x, y) = label.at;
                    let turn = label.angle.to_degrees();
                    let anchor = match label.anchor {
                        Anchor::Start => "start",
                        Anchor::Middle => "middle",
                        Anchor::End => "end",
                    };
                    let index = match self.is_interactive {
                        true => format!(" data-frame=\"{}\"", arrow.frame),
                        false => String::new(),
                    };
                    self.text += &format!(
                        "<text class=\"label\"{index} x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" \
                         transform=\"rotate({turn:.2} {x:.1} {y:.1})\">"
                    );
                    self.spans(&label.shown);
                    self.text += "</text>\n";
                }
                Slot::Fold { at: (x, y), text } => {
                    let text = escape(text);
                    self.text += &format!(
                        "<text class=\"fold\" x=\"{x:.1}\" y=\"{y:.1}\" \
                         text-anchor=\"middle\">{text}</text>\n"
                    );
                }
            }
        }
    }

    fn sentences(&mut self) {
        let x = self.layout.timelines[0] + INDENT;
        for (y, line) in &self.layout.sentences {
            // A renderer may take blanks at the beginning away.
            let text = line.trim_start();
            let x = x + STATE * (line.len() - text.len()) as f64;
            let text = escape(text);
            self.text +=
                &format!("<text class=\"sentence\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>\n");
        }
    }

    fn spans(&mut self, shown: &[Shown]) {
        for (index, shown) in shown.iter().enumerate() {
            let text = escape(&shown.text);
            let blank = if index == 0 { "" } else { " " };
            self.text += &match (shown.is_note, shown.is_name) {
                (true, _) => format!("<tspan class=\"note\">{blank}{text}</tspan>"),
                (_, true) => format!("<tspan class=\"name\">{blank}{text}</tspan>"),
                _ => format!("{blank}{text}"),
            };
        }
    }

    /// The times and the states beside the timelines.
    fn sides(&mut self) {
        let layout = self.layout;
        let small = if layout.is_narrow { " small" } else { "" };
        for (side, anchor) in [(0, "end"), (1, "start")] {
            if layout.is_narrow {
                self.states_on_end(side);
            }
            for state in layout.states[side].iter().filter(|_| !layout.is_narrow) {
                let x = layout.state_x[side];
                let class = style::state(state.state).unwrap_or("closed");
                let derived = if state.is_derived { " derived" } else { "" };
                let (y, text) = (state.text_y + 4.0, escape(&state.text));
                self.text += &format!(
                    "<text class=\"state {class}{derived}\" x=\"{x:.1}\" y=\"{y:.1}\" \
                     text-anchor=\"{anchor}\">{text}</text>\n"
                );
            }
            for (y, time) in &layout.times[side] {
                let (x, y, time) = (layout.time_x[side], y + 4.0, escape(time));
                self.text += &format!(
                    "<text class=\"time{small}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{time}</text>\n"
                );
            }
        }
    }

    /// The states along the timeline, as far as the time in them is as long as their names.
    fn states_on_end(&mut self, side: usize) {
        let layout = self.layout;
        let x = layout.state_x[side];
        for (index, state) in layout.states[side].iter().enumerate() {
            let next = layout.states[side].get(index + 1);
            let room = next.map_or(layout.foot, |next| next.y) - state.y;
            let (Some(class), text) = (style::state(state.state), escape(&state.text)) else {
                continue;
            };
            if room >= width(&state.text) as f64 * SMALL {
                let (y, down) = (state.y, if side == 0 { -90 } else { 90 });
                let anchor = if side == 0 { "end" } else { "start" };
                self.text += &format!(
                    "<text class=\"state {class} small\" x=\"{x:.1}\" y=\"{y:.1}\" \
                     text-anchor=\"{anchor}\" transform=\"rotate({down} {x:.1} {y:.1})\" \
                     dominant-baseline=\"central\">{text}</text>\n"
                );
            }
        }
    }

    /// The titles, in boxes above the timelines.
    fn heads(&mut self) {
        let layout = self.layout;
        for side in Side::BOTH {
            let head = &layout.heads[side.index()];
            let class = style::side(side);
            self.text += &format!(
                "<rect class=\"head {class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" \
                 height=\"{:.1}\" rx=\"6\"/>\n",
                head.x, head.y, head.width, head.height,
            );
            let x = head.x + head.width / 2.0;
            for (index, line) in layout.titles[side.index()].iter().enumerate() {
                let y = head.y + 18.0 + LINE * index as f64;
                let class = match (index, layout.is_narrow) {
                    (0, _) => "title",
                    (_, false) => "address",
                    (_, true) => "address narrow",
                };
                self.text += &format!(
                    "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" \
                     text-anchor=\"middle\">{}</text>\n",
                    escape(line)
                );
            }
        }
    }

    fn foot(&mut self) {
        for (index, note) in self.layout.notes.iter().enumerate() {
            let y = self.layout.foot + 24.0 + LINE * index as f64;
            self.text += &format!(
                "<text class=\"time\" x=\"{:.1}\" y=\"{y:.1}\">{}</text>\n",
                MARGIN,
                escape(note)
            );
        }
    }
}

/// A text as XML has it.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            // XML 1.0 has none of these, not even escaped.
            '\0'..=' ' if character != ' ' => escaped.push('\u{fffd}'),
            '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}
