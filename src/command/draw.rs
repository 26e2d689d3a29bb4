//! Draws packets where the options say.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};
use uppercase::trace::{Ladder, json, svg, text};

use super::drawing::Drawing;
use super::failure::Failure;

/// A run of frames that are nothing special is folded if it is longer.
const LONGEST_RUN: usize = 10;
/// The width of a drawing that is for no terminal, in columns, unless COLUMNS says another.
const WIDTH: usize = 80;

/// How it is drawn on a terminal, or on what is in the place of one.
pub fn options(drawing: &Drawing, stream: &impl Stream) -> text::Options {
    let columns = std::env::var("COLUMNS").ok();
    let columns = columns.and_then(|columns| columns.parse().ok());
    text::Options::new()
        .with_width(stream.width().or(columns).unwrap_or(WIDTH))
        .with_ascii(drawing.ascii)
        .with_colour(stream.choice() != ColorChoice::Never)
}

/// Draws on standard error, if that is wanted.
pub fn draw(drawing: &Drawing, ladder: &Ladder) {
    if drawing.ladder {
        let stream = io::stderr();
        let text = text::draw(ladder, &options(drawing, &stream));
        // Where it cannot be written, nothing else can be said either.
        let _ = stream.lock().write_all(text.as_bytes());
    }
}

/// Writes the files that are wanted.
///
/// # Errors
/// One cannot be written.
pub fn file(drawing: &Drawing, ladder: &Ladder) -> Result<(), Failure> {
    if let Some(path) = &drawing.svg {
        write(path, &svg::draw(ladder, &svg::Options::default()))?;
    }
    if let Some(path) = &drawing.ladder_json {
        write(path, &json::draw(ladder))?;
    }
    Ok(())
}

/// A ladder as all commands show it.
pub fn finish(drawing: &Drawing, ladder: Ladder) -> Ladder {
    let ladder = ladder.folded(LONGEST_RUN);
    match drawing.explain {
        true => ladder.explained(),
        false => ladder,
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let what = format!("{} cannot be written", path.display());
    fs::write(path, text).map_err(Failure::of(what))
}

/// Where text is drawn.
pub trait Stream {
    /// In columns, if it is a terminal.
    fn width(&self) -> Option<usize>;

    /// Whether colours are wanted there.
    fn choice(&self) -> ColorChoice;
}

macro_rules! stream {
    ($stream:ty) => {
        impl Stream for $stream {
            fn width(&self) -> Option<usize> {
                let (width, _) = terminal_size::terminal_size_of(self)?;
                Some(width.0.into())
            }

            fn choice(&self) -> ColorChoice {
                AutoStream::choice(self)
            }
        }
    };
}

stream!(io::Stdout);
stream!(io::Stderr);
