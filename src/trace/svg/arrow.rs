//! The arrow of a frame.

use std::format;
use std::string::String;

use super::slots::Arrow;
use super::style;
use crate::trace::frame::Frame;
use crate::trace::record::Fate;

/// The length of a head, and half its width, in pixels.
const HEAD: (f64, f64) = (9.0, 4.0);
/// The waves of a frame that was corrupted: half of their length, and their height.
const WAVE: (f64, f64) = (7.0, 3.0);

/// Adds the arrow to a picture.
pub(super) fn draw(text: &mut String, arrow: &Arrow, frame: &Frame) {
    let (from, to) = (arrow.from, arrow.to);
    let (width, height) = (to.0 - from.0, to.1 - from.1);
    let length = width.hypot(height).max(1.0);
    let along = (width / length, height / length);
    let across = (-along.1, along.0);
    let is_bad = !matches!(frame.fate, Fate::Delivered);
    let class = if is_bad {
        "bad"
    } else {
        style::side(frame.from)
    };
    let at = |forward: f64, aside: f64| {
        (
            from.0 + along.0 * forward + across.0 * aside,
            from.1 + along.1 * forward + across.1 * aside,
        )
    };
    // A line that ends in a head ends before its point.
    let end = match frame.fate {
        Fate::Lost | Fate::Unknown => length,
        _ => length - HEAD.0 + 1.0,
    };
    if frame.fate == Fate::Corrupted {
        let mut path = format!("M{:.1} {:.1}", from.0, from.1);
        let mut forward = 0.0;
        let mut side = WAVE.1;
        while forward + WAVE.0 <= end {
            let (bend, next) = (at(forward + WAVE.0 / 2.0, side), at(forward + WAVE.0, 0.0));
            path += &format!("Q{:.1} {:.1} {:.1} {:.1}", bend.0, bend.1, next.0, next.1);
            forward += WAVE.0;
            side = -side;
        }
        let last = at(end, 0.0);
        path += &format!("L{:.1} {:.1}", last.0, last.1);
        *text += &format!("<path class=\"line {class}\" d=\"{path}\"/>\n");
    } else {
        let copy = if frame.fate == Fate::Duplicate {
            " copy"
        } else {
            ""
        };
        let last = at(end, 0.0);
        *text += &format!(
            "<line class=\"line {class}{copy}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>\n",
            from.0, from.1, last.0, last.1
        );
    }
    match frame.fate {
        Fate::Lost => {
            let (x, y) = to;
            *text += &format!(
                "<path class=\"line {class}\" d=\"M{:.1} {:.1}L{:.1} {:.1}M{:.1} {:.1}L{:.1} {:.1}\"/>\n",
                x - 5.0,
                y - 5.0,
                x + 5.0,
                y + 5.0,
                x - 5.0,
                y + 5.0,
                x + 5.0,
                y - 5.0
            );
        }
        Fate::Unknown => {
            let (x, y) = (to.0 + along.0 * 8.0, to.1 + 4.0);
            *text += &format!(
                "<text class=\"note\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">?</text>\n"
            );
        }
        _ => {
            let (left, right) = (at(length - HEAD.0, HEAD.1), at(length - HEAD.0, -HEAD.1));
            *text += &format!(
                "<path class=\"tip {class}\" d=\"M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z\"/>\n",
                to.0, to.1, left.0, left.1, right.0, right.1
            );
        }
    }
}
