//! A bar that shows how much of a file has been sent.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error; an invisible one unless that is a terminal and the size is known.
pub fn bar(size: Option<u64>) -> ProgressBar {
    let Some(size) = size else {
        return ProgressBar::hidden();
    };
    let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {bytes_per_sec}");
    // `ProgressBar` itself looks whether standard error is a terminal.
    ProgressBar::new(size).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
