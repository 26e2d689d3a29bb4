//! Standard error, for a drawing that goes on. A server does not wait for its reader.

use super::output::Output;
use super::writer::Writer;

/// Pieces of a drawing that wait to be written.
const MOST: usize = 1000;

/// Where the rows go.
pub struct Screen {
    /// Where it could not be started, or cannot be written, nothing else can be said either.
    writer: Option<Writer>,
    /// Lines that were dropped, as too many waited.
    missing: usize,
}

impl Screen {
    pub fn start() -> Self {
        let output = Output::on_standard_error().ok();
        Self {
            writer: output.and_then(|output| Writer::start("ladder", output).ok()),
            missing: 0,
        }
    }

    /// Has lines written. They are dropped while too many wait.
    pub fn print(&mut self, mut text: String) {
        let Some(writer) = &mut self.writer else {
            return;
        };
        let lines = text.lines().count();
        if self.missing > 0 {
            text = format!(
                "({} lines are missing, as nothing read them)\n{text}",
                self.missing
            );
        }
        match writer.write(text, MOST) {
            Ok(true) => self.missing = 0,
            Ok(false) => self.missing += lines,
            Err(_) => self.writer = None,
        }
    }
}

/// Waits a little for what has not been written.
impl Drop for Screen {
    fn drop(&mut self) {
        if let Some(writer) = &mut self.writer {
            let _ = writer.finish();
        }
    }
}
