//! What holds for every drawing: no line is wider than asked for, no labels overlap, each frame is
//! there.

use unicode_width::UnicodeWidthStr;
use uppercase::trace::{Kind, Ladder, Part, json, svg, text};

use super::labels;

/// Fails unless all of it holds for a ladder, at every width.
#[track_caller]
pub fn check(name: &str, ladder: &Ladder) {
    check_at(name, ladder, 40..=200);
}

/// The same at some widths.
#[track_caller]
pub fn check_at(name: &str, ladder: &Ladder, widths: impl IntoIterator<Item = usize>) {
    for width in widths {
        for ascii in [false, true] {
            let colour = false;
            let drawing = text::draw(
                ladder,
                &text::Options::new()
                    .with_width(width)
                    .with_ascii(ascii)
                    .with_colour(colour),
            );
            for line in drawing.lines() {
                assert!(
                    line.width() <= width,
                    "{name} at {width}:\n{line}\nof\n{drawing}"
                );
                assert_eq!(line.trim_end(), line, "{name} at {width}");
                assert!(!ascii || line.is_ascii(), "{name} at {width}: {line}");
            }
        }
    }
    // Colours change nothing else.
    let [plain, coloured] = [false, true].map(|colour| {
        let options = text::Options::default().with_colour(colour);
        text::draw(ladder, &options)
    });
    assert_eq!(without_colours(&coloured), plain, "{name}");
    assert!(ladder.rows().is_empty() || coloured != plain, "{name}");

    for width in [480, 720, 900, 1080, 1600] {
        let picture = svg::draw(ladder, &svg::Options::default().with_width(width));
        labels::check(name, &picture, width);
    }

    for (index, frame) in ladder.frames().iter().enumerate() {
        let parts: Vec<Part> = ladder
            .rows()
            .iter()
            .filter_map(|row| match row.kind {
                Kind::Frame(other, part) if other == index => Some(part),
                _ => None,
            })
            .collect();
        let is_folded = ladder.rows().iter().any(|row| match &row.kind {
            Kind::Fold(fold) => fold.frames.contains(&index),
            _ => false,
        });
        let expected: &[&[Part]] = match is_folded {
            true => &[&[]],
            false => &[&[Part::Whole], &[Part::Departure, Part::Arrival]],
        };
        assert!(
            expected.contains(&&parts[..]),
            "{name}: frame {index}, {frame:?}: {parts:?}"
        );
    }
    // Each side sees its own time go forward.
    for side in 0..2 {
        let times = ladder.rows().iter().filter_map(|row| row.times[side]);
        assert!(times.is_sorted(), "{name}");
    }
    let lines = json::draw(ladder).lines().count();
    assert_eq!(lines, ladder.rows().len().max(1) + 2, "{name}");
}

/// What is left of a text without the escape codes of ANSI.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split('\x1b');
    let mut plain = String::from(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (_, behind) = piece.split_once('m').expect("an escape code");
        plain += behind;
    }
    plain
}
