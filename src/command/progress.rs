//! How much of standard input has been sent, on standard error.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use log::LevelFilter;

/// What takes no longer shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar, where the size is known; a count, where it is not.
pub struct Progress {
    bar: ProgressBar,
    /// When it appears, if it has not.
    appears: Option<Instant>,
}

impl Progress {
    /// Nothing was sent yet of so many bytes. It is only seen where standard error is a terminal that
    /// shows neither the answer nor a log: these say by themselves how far it is.
    pub fn start(size: Option<u64>) -> Self {
        let style = match size {
            Some(_) => "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left",
            None => "{bytes} sent in {elapsed}, {bytes_per_sec}",
        };
        let style = ProgressStyle::with_template(style);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::hidden());
        let is_wanted = !io::stdout().is_terminal() && log::max_level() <= LevelFilter::Warn;
        Self {
            bar: bar.with_style(style),
            appears: is_wanted.then(|| Instant::now() + PATIENCE),
        }
    }

    /// So many bytes more were sent.
    pub fn add(&mut self, bytes: usize) {
        self.bar.inc(bytes as u64);
        if self
            .appears
            .take_if(|time| *time <= Instant::now())
            .is_some()
        {
            // It looks itself whether that is a terminal.
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

/// Nothing of it is left to see.
impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
