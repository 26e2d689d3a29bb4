//! A ladder as text, for a terminal of any width.

mod cells;
mod lanes;
mod layout;
mod options;
mod painter;
mod scroll;

use std::string::String;

use super::ladder::Ladder;
use super::legend;
use super::sides::Side;
use layout::Layout;
use painter::Painter;

pub use options::Options;
pub use scroll::Scroll;

/// The ladder as lines, each with its end.
#[must_use]
pub fn draw(ladder: &Ladder, options: &Options) -> String {
    let layout = Layout::new(ladder, options);
    let mut painter = Painter::new(layout, options);
    let mut text = painter.head(Side::BOTH.map(|side| ladder.title(side)));
    for row in ladder.rows() {
        text += &painter.row(ladder.frames(), row);
        if ladder.is_explained() {
            text += &painter.explain(&ladder.explain(row));
        }
    }
    text += &painter.foot(&legend::notes(ladder));
    text
}
