//! The ladder of a capture file.

use std::fs::File;
use std::io::{self, Read};

use uppercase::trace::file::records;
use uppercase::trace::pcapng::Reader;
use uppercase::trace::{json, text};

use super::draw;
use super::drawing::{Drawing, Ladder};
use super::failure::Failure;
use super::output::Output;

/// Draws the packets of a file.
pub fn run(args: &Ladder, drawing: &Drawing) -> Result<(), Failure> {
    let mut output = Output::open()?;
    let is_input = args.file.as_os_str() == "-";
    let name = match is_input {
        true => "standard input".into(),
        false => args.file.display().to_string(),
    };
    let because = || Failure::of::<io::Error>(format!("{name} cannot be read"));
    let input: Box<dyn Read> = match is_input {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(&args.file).map_err(because())?),
    };
    let reader = Reader::new(input).map_err(Failure::of(&name))?;
    let frames = records(reader);
    let ladder = draw::finish(drawing, frames.ladder());
    if args.json {
        output.print(json::draw(&ladder))?;
    } else if !drawing.is_filed() || drawing.ladder {
        output.print(text::draw(&ladder, &draw::options(drawing, &io::stdout())))?;
    }
    draw::file(drawing, &ladder)?;
    match frames.error {
        Some(error) => Err(Failure::of(format!(
            "{name}: this is all that could be read"
        ))(error)),
        None => Ok(()),
    }
}
