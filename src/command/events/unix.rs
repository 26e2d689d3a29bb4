//! Waiting with `poll`.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::low_level::pipe;
use smoltcp::time::Duration;

use super::Happened;
use crate::command::input::Input;

/// A device that can be waited for.
pub use std::os::fd::AsFd as Source;

/// The signals that are caught.
pub struct Events {
    /// Can be read after Ctrl-C.
    interrupt: UnixStream,
    /// Can be read after a server was asked for its report.
    question: UnixStream,
}

impl Events {
    /// Catches signals from now on.
    pub fn catch() -> io::Result<Self> {
        Ok(Self {
            interrupt: caught(&[SIGINT, SIGTERM])?,
            question: caught(&[SIGUSR1])?,
        })
    }

    /// Sleeps until something happens, the device has a frame or the delay is over (to the
    /// microsecond, so a loop never spins on what is left of a millisecond).
    pub fn wait(
        &mut self,
        device: &mut impl Source,
        input: Option<&mut Input>,
        delay: Option<Duration>,
    ) -> io::Result<Happened> {
        let delay = delay.map(|delay| Timespec {
            // A u64 of microseconds is never more seconds than an i64 holds.
            tv_sec: delay.secs() as i64,
            tv_nsec: delay.micros() as i64 * 1000,
        });
        let input = input.as_deref().and_then(Input::file);
        // Standard input is the last one, and is left out where it is not asked for.
        let count = if input.is_some() { 4 } else { 3 };
        let fds = [
            device.as_fd(),
            self.interrupt.as_fd(),
            self.question.as_fd(),
            input.unwrap_or(device.as_fd()),
        ];
        let mut fds = fds.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
        match poll(&mut fds[..count], delay.as_ref()) {
            Ok(_) => {}
            // A signal of no interest.
            Err(Errno::INTR) => return Ok(Happened::default()),
            Err(error) => return Err(error.into()),
        }
        let device = fds[0].revents();
        // Of the others, an error is seen where they are read.
        let [_, stop, question, input_ready] = fds.map(|fd| !fd.revents().is_empty());
        let happened = Happened {
            error: device.intersects(PollFlags::ERR | PollFlags::NVAL)
                && !device.contains(PollFlags::IN),
            stop,
            question,
            input: input_ready,
        };
        // The next time it is another one.
        for (is_signal, signal) in [(stop, &mut self.interrupt), (question, &mut self.question)] {
            if is_signal {
                let _ = signal.read(&mut [0; 64]);
            }
        }
        Ok(happened)
    }
}

/// What can be read after one of these signals.
fn caught(signals: &[i32]) -> io::Result<UnixStream> {
    let (read, write) = UnixStream::pair()?;
    read.set_nonblocking(true)?;
    for signal in signals {
        pipe::register(*signal, write.try_clone()?)?;
    }
    Ok(read)
}
