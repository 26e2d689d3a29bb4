//! Writes rows on standard error in a thread of its own: a server does not wait for their reader.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

/// Pieces of a drawing that wait to be written.
const MOST: usize = 1000;
/// How long the last of them may take.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Standard error, for a drawing that goes on.
pub struct Screen {
    rows: Option<SyncSender<String>>,
    /// Disconnected when the thread has ended.
    ended: Receiver<()>,
    /// Lines that were dropped, as too many waited.
    missing: usize,
}

impl Screen {
    /// Starts the thread. Where that fails, nothing is written.
    pub fn start() -> Self {
        let (rows, unwritten) = sync_channel(MOST);
        let (running, ended) = channel();
        let write = move || write(&unwritten, running);
        let thread = thread::Builder::new().name("ladder".into()).spawn(write);
        Self {
            rows: thread.is_ok().then_some(rows),
            ended,
            missing: 0,
        }
    }

    /// Has lines written. They are dropped while too many wait.
    pub fn print(&mut self, mut text: String) {
        let lines = text.lines().count();
        if self.missing > 0 {
            text = format!(
                "({} lines are missing, as nothing read them)\n{text}",
                self.missing
            );
        }
        let sent = self.rows.as_ref().map(|rows| rows.try_send(text));
        self.missing = match sent {
            Some(Ok(())) => 0,
            _ => self.missing + lines,
        };
    }
}

/// Waits a little for what has not been written.
impl Drop for Screen {
    fn drop(&mut self) {
        self.rows = None;
        let _ = self.ended.recv_timeout(LONGEST_WAIT);
    }
}

/// Writes until there is nothing more. Where it cannot be written, nothing else can be said either.
fn write(rows: &Receiver<String>, _running: Sender<()>) {
    let Ok(mut screen) = screen() else {
        return;
    };
    for text in rows {
        if screen.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

/// Standard error, without the lock that other threads take: they would wait for this one.
#[cfg(unix)]
fn screen() -> io::Result<impl Write> {
    use std::os::fd::AsFd;
    let file = io::stderr().as_fd().try_clone_to_owned()?;
    Ok(std::fs::File::from(file))
}

#[cfg(not(unix))]
fn screen() -> io::Result<impl Write> {
    Ok(io::stderr())
}
