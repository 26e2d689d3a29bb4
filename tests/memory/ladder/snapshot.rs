//! Drawings that are kept in files. `UPPERCASE_SNAPSHOTS=renew` writes them again: look at each
//! change before it is committed.

use std::env;
use std::fs;
use std::path::Path;

use uppercase::trace::{Ladder, json, svg, text};

use super::properties;

const RENEW: &str = "UPPERCASE_SNAPSHOTS";

/// Fails unless the drawings of a ladder are those that are kept under this name.
#[track_caller]
pub fn check(name: &str, ladder: &Ladder) {
    properties::check(name, ladder);
    let explained = &ladder.clone().explained();
    properties::check_at(name, explained, [40, 57, 80, 120]);
    let drawing = |ladder, width, ascii| {
        let colour = false;
        text::draw(
            ladder,
            &text::Options::new()
                .with_width(width)
                .with_ascii(ascii)
                .with_colour(colour),
        )
    };
    compare(&format!("{name}-80.txt"), &drawing(ladder, 80, false));
    compare(&format!("{name}-120.txt"), &drawing(ladder, 120, false));
    compare(&format!("{name}-ascii.txt"), &drawing(ladder, 80, true));
    let text = drawing(explained, 80, false);
    compare(&format!("{name}-explained.txt"), &text);
    let picture = svg::draw(ladder, &svg::Options::default());
    compare(&format!("{name}.svg"), &picture);
    compare(&format!("{name}.json"), &json::draw(ladder));
}

#[track_caller]
pub fn compare(file: &str, drawing: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/memory/ladder/snapshots");
    let path = folder.join(file);
    if env::var_os(RENEW).is_some_and(|value| value == "renew") {
        fs::write(&path, drawing).expect("the folder can be written");
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == drawing,
        "{file} has changed; {RENEW}=renew keeps the new one.\nIt was:\n{kept}\nIt is:\n{drawing}"
    );
}
