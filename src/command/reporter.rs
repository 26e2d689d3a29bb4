//! The reports of a server, as text or as JSON. It does not wait for their reader.

use std::fmt;

use log::warn;
use uppercase::trace::json::Object;

use super::failure::Failure;
use super::output::Output;
use super::writer::Writer;

/// News that wait until those before them are read.
const MOST_NEWS: usize = 64;

/// What is printed for people as its `Display`, and for programs as an object.
pub trait Printed: fmt::Display {
    /// It has a member `report`, which says what it is.
    fn json(&self) -> Object;

    /// One or the other.
    fn printed(&self, as_json: bool) -> String {
        match as_json {
            true => self.json().end() + "\n",
            false => self.to_string(),
        }
    }
}

/// Writes one report after the other.
pub struct Reporter {
    writer: Writer,
    as_json: bool,
}

impl Reporter {
    /// Starts to write on this output.
    pub fn start(output: Output, as_json: bool) -> Result<Self, Failure> {
        let writer = Writer::start("report", output);
        let writer = writer.map_err(Failure::of("reports cannot be written"))?;
        Ok(Self { writer, as_json })
    }

    /// Has a report written. It is dropped while the report before it is not read.
    pub fn report(&mut self, report: impl Printed) {
        self.write(&report, 0);
    }

    /// Has news written, though what is before it is not read yet; dropped if that is much.
    pub fn tell(&mut self, news: impl Printed) {
        self.write(&news, MOST_NEWS);
    }

    fn write(&mut self, report: &impl Printed, most: usize) {
        if let Err(error) = self.writer.write(report.printed(self.as_json), most) {
            warn!("a report was lost, as standard output cannot be written: {error}");
        }
    }

    /// Writes the last report.
    ///
    /// # Errors
    /// It cannot be written, or nothing reads it.
    pub fn finish(mut self, report: impl Printed) -> Result<(), Failure> {
        self.write(&report, usize::MAX);
        self.writer.finish().map_err(Failure::output)
    }
}
