//! Writes in a thread of its own: what it is told never waits for the reader of it.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long the last texts may take, all together.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Writes one text after the other.
pub struct Writer {
    texts: Sender<String>,
    /// What has become of each.
    written: Receiver<io::Result<()>>,
    /// How many are being written, or wait for that.
    unwritten: usize,
}

impl Writer {
    /// Starts the thread, which has this name.
    ///
    /// # Errors
    /// The system has no room for one more.
    pub fn start(name: &str, mut output: impl Write + Send + 'static) -> io::Result<Self> {
        let (texts, unwritten) = channel::<String>();
        let (acknowledge, written) = channel();
        let write = move || {
            for text in unwritten {
                let result = output.write_all(text.as_bytes());
                if acknowledge.send(result).is_err() {
                    break;
                }
            }
        };
        let thread = thread::Builder::new().name(name.into()).spawn(write);
        thread.map(|_| Self {
            texts,
            written,
            unwritten: 0,
        })
    }

    /// Has a text written. Returns `false` if more than `most` others wait for that: it is dropped then.
    ///
    /// # Errors
    /// Why one before it could not be written.
    pub fn write(&mut self, text: String, most: usize) -> io::Result<bool> {
        let mut before = Ok(());
        while let Ok(result) = self.written.try_recv() {
            self.unwritten -= 1;
            before = before.and(result);
        }
        let has_room = self.unwritten <= most;
        if has_room {
            // The thread ends after this.
            let _ = self.texts.send(text);
            self.unwritten += 1;
        }
        before.map(|()| has_room)
    }

    /// Waits a little until all is written.
    ///
    /// # Errors
    /// What was to be written last could not be, or nothing reads it.
    pub fn finish(&mut self) -> io::Result<()> {
        let end = Instant::now() + LONGEST_WAIT;
        let mut last = Ok(());
        while self.unwritten > 0 {
            let left = end.saturating_duration_since(Instant::now());
            last = match self.written.recv_timeout(left) {
                Ok(result) => result,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other("nothing reads it"));
                }
            };
            self.unwritten -= 1;
        }
        last
    }
}
