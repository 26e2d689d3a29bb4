//! Sleeping until there is something to do.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use smoltcp::time::Duration;

/// Sleeps until one of the sources can be read, for `timeout` at most (to the microsecond, so a
/// loop never spins on what is left of a millisecond), or without limit if there is no timeout.
///
/// Returns which of the sources can be read without blocking; one that has come to its end can.
/// All `false` means that the time is up, or that a signal was caught: look at the clock and go on.
///
/// # Errors
///
/// A source that is broken for good: for a TAP or TUN, the interface was deleted. Waiting again
/// would return at once, again and again, so stop.
///
/// ```no_run
/// # use std::os::fd::AsFd;
/// # use uppercase::device::tuntap::{Mode, TunTap, wait};
/// # let device = TunTap::open("tap0", Mode::Tap, &[])?;
/// # let delay = None;
/// let [frames, input] = wait([device.as_fd(), std::io::stdin().as_fd()], delay)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn wait<const N: usize>(
    sources: [BorrowedFd<'_>; N],
    timeout: Option<Duration>,
) -> io::Result<[bool; N]> {
    let timeout = timeout.map(|timeout| Timespec {
        // A u64 of microseconds is never more seconds than an i64 holds.
        tv_sec: timeout.secs() as i64,
        tv_nsec: timeout.micros() as i64 * 1000,
    });
    let mut sources = sources.map(|source| PollFd::from_borrowed_fd(source, PollFlags::IN));
    match poll(&mut sources, timeout.as_ref()) {
        Ok(_) => {}
        Err(Errno::INTR) => return Ok([false; N]),
        Err(error) => return Err(error.into()),
    }
    for source in &sources {
        let events = source.revents();
        if events.intersects(PollFlags::ERR | PollFlags::NVAL) && !events.contains(PollFlags::IN) {
            return Err(Errno::NODEV.into());
        }
    }
    Ok(sources.map(|source| source.revents().intersects(PollFlags::IN | PollFlags::HUP)))
}
