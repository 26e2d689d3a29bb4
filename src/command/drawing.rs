//! The options for drawings of the packets, and how they are drawn.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};
use uppercase::trace::{Ladder, json, svg, text};

use super::failure::Failure;

/// A run of frames that are nothing special is folded if it is longer.
const LONGEST_RUN: usize = 10;
/// The width of a drawing that is for no terminal, in columns, unless COLUMNS says another.
const WIDTH: usize = 80;

/// How packets are drawn; options of all commands.
#[derive(clap::Args)]
#[command(next_help_heading = "Drawing")]
pub struct Drawing {
    /// Draw the packets as a ladder diagram on standard error: the client left, the server right,
    /// the states of their connections beside it
    ///
    /// `serve` draws each row as it happens, a client draws all at its end. Times are those since the
    /// first packet, sequence numbers are relative to the first one, and windows are scaled. Of a
    /// side that is another program, the states are in parentheses: they follow from the segments.
    /// The drawing is as wide as the terminal, or as COLUMNS says; NO_COLOR switches colours off. On
    /// a TAP or TUN interface it brings --no-offload, so that each packet is one of the wire.
    #[arg(long, global = true)]
    pub ladder: bool,
    /// Write the ladder diagram into FILE as an SVG picture
    #[arg(long, value_name = "FILE", global = true)]
    svg: Option<PathBuf>,
    /// Write the ladder diagram into FILE as JSON, one row on each line
    #[arg(long, value_name = "FILE", global = true)]
    json: Option<PathBuf>,
    /// Draw in ASCII only
    #[arg(long, global = true)]
    ascii: bool,
}

impl Drawing {
    /// Whether anything is drawn.
    pub fn is_wanted(&self) -> bool {
        self.ladder || self.is_filed()
    }

    /// Whether files are written.
    pub fn is_filed(&self) -> bool {
        self.svg.is_some() || self.json.is_some()
    }

    /// How it is drawn on a terminal, or on what is in the place of one.
    pub fn options(&self, stream: &impl Stream) -> text::Options {
        let columns = std::env::var("COLUMNS").ok();
        let columns = columns.and_then(|columns| columns.parse().ok());
        text::Options {
            width: stream.width().or(columns).unwrap_or(WIDTH),
            ascii: self.ascii,
            colour: stream.choice() != ColorChoice::Never,
        }
    }

    /// Draws on standard error, if that is wanted.
    pub fn draw(&self, ladder: &Ladder) {
        if self.ladder {
            let stream = io::stderr();
            let text = text::draw(ladder, &self.options(&stream));
            // Where it cannot be written, nothing else can be said either.
            let _ = stream.lock().write_all(text.as_bytes());
        }
    }

    /// Writes the files that are wanted.
    ///
    /// # Errors
    /// One cannot be written.
    pub fn file(&self, ladder: &Ladder) -> Result<(), Failure> {
        if let Some(path) = &self.svg {
            write(path, &svg::draw(ladder, &svg::Options::default()))?;
        }
        if let Some(path) = &self.json {
            write(path, &json::draw(ladder))?;
        }
        Ok(())
    }
}

/// A ladder as all commands show it.
pub fn fold(ladder: Ladder) -> Ladder {
    ladder.folded(LONGEST_RUN)
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
