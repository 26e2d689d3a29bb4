//! Writes reports in a thread of its own: a server does not wait for the reader of its output.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use log::warn;

use super::failure::Failure;
use super::output::Output;

/// How long the last report may take.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// News that wait until those before them are read.
const MOST_NEWS: usize = 64;

/// Writes one report after the other.
pub struct Reporter {
    reports: Sender<String>,
    written: Receiver<io::Result<()>>,
    /// How many reports are being written, or wait for that.
    unwritten: usize,
}

impl Reporter {
    /// Starts the thread.
    pub fn start(mut output: Output) -> Result<Self, Failure> {
        let (reports, unwritten) = channel::<String>();
        let (acknowledge, written) = channel();
        let write = move || {
            for report in unwritten {
                if acknowledge
                    .send(output.write_all(report.as_bytes()))
                    .is_err()
                {
                    break;
                }
            }
        };
        let thread = thread::Builder::new().name("report".into()).spawn(write);
        thread.map_err(Failure::of("reports cannot be written"))?;
        Ok(Self {
            reports,
            written,
            unwritten: 0,
        })
    }

    /// Has a report written. It is dropped while the report before it is not read.
    pub fn report(&mut self, report: String) {
        self.write_behind(report, 0);
    }

    /// Has news written, though what is before it is not read yet; dropped if that is much.
    pub fn tell(&mut self, news: String) {
        self.write_behind(news, MOST_NEWS);
    }

    /// Has something written unless more than so many others wait for that.
    fn write_behind(&mut self, report: String, most: usize) {
        while let Ok(result) = self.written.try_recv() {
            self.unwritten -= 1;
            if let Err(error) = result {
                warn!("a report was lost, as standard output cannot be written: {error}");
            }
        }
        if self.unwritten <= most {
            self.write(report);
        }
    }

    /// Writes the last report.
    ///
    /// # Errors
    /// It cannot be written, or nothing reads it.
    pub fn finish(mut self, report: String) -> Result<(), Failure> {
        self.write(report);
        loop {
            let result = self.written.recv_timeout(LONGEST_WAIT);
            self.unwritten -= 1;
            match result {
                Ok(result) if self.unwritten == 0 => return result.map_err(Failure::output),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return Err(Failure::output(io::Error::other("nothing reads it")));
                }
            }
        }
    }

    fn write(&mut self, report: String) {
        // It fails only if the thread has ended, and `finish` says so.
        let _ = self.reports.send(report);
        self.unwritten += 1;
    }
}
