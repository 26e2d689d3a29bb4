//! How an interface is doing: what has passed, and why the rest did not.

use core::fmt;
use std::io;
use std::os::fd::AsFd;
use std::string::String;

use log::{info, warn};
use rustix::io::Errno;

/// What has passed since the interface was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Frames that the kernel gave us. With offload one of them can stand for many segments.
    pub received_frames: u64,
    /// Their bytes, Ethernet headers included.
    pub received_bytes: u64,
    /// Frames from the kernel that were dropped because they are longer than the MTU.
    pub received_oversize: u64,
    /// Frames from the kernel that were dropped because the checksum of their TCP segment is
    /// wrong. Without offload smoltcp drops them, and they are not counted.
    pub received_corrupt: u64,
    /// Frames from the kernel that were dropped because they hold a part of a TCP segment: its
    /// checksum cannot be verified. Without offload smoltcp verifies it.
    pub received_partial: u64,
    /// Frames that the kernel took. With offload one of them can stand for many segments.
    pub sent_frames: u64,
    /// Their bytes, Ethernet headers included.
    pub sent_bytes: u64,
    /// Frames for the kernel that were dropped because they are longer than the MTU.
    pub sent_oversize: u64,
    /// Frames for the kernel that were dropped because it did not take them.
    pub sent_refused: u64,
    /// Reads that failed.
    pub receive_errors: u64,
}

/// Why no frames pass at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The interface was deleted. Final: open it again.
    Removed,
    /// The interface is switched off. Frames pass again as soon as it is switched on.
    Down,
    /// The kernel refused the last frame with this `errno`. The next one may pass.
    Os(i32),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Removed => write!(f, "the interface was deleted: open it again"),
            Fault::Down => write!(f, "the interface is switched off"),
            Fault::Os(errno) => write!(
                f,
                "the interface does not take frames: {}",
                io::Error::from_raw_os_error(*errno)
            ),
        }
    }
}

impl core::error::Error for Fault {}

/// The fault of an interface, in a sentence that says what to do.
pub(super) struct Advice<'a>(pub &'a str, pub Fault);

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name, fault) = self;
        write!(f, "{name}: {fault}")?;
        match fault {
            Fault::Down => write!(f, ": switch it on with `sudo ip link set {name} up`"),
            _ => Ok(()),
        }
    }
}

/// How the interface is doing.
pub(super) struct Health {
    pub name: String,
    pub statistics: Statistics,
    pub fault: Option<Fault>,
}

impl Health {
    /// Sends the frame that comes after the first `header` bytes.
    pub fn send(&mut self, device: impl AsFd, bytes: &[u8], header: usize, longest: usize) {
        let result = self.try_send(device, bytes, header, longest);
        self.note(result);
    }

    /// Notes whether the kernel took a frame, and else drops it.
    pub fn note(&mut self, result: Result<(), Errno>) {
        if let Err(error) = result {
            self.statistics.sent_refused += 1;
            self.failed(error, self.statistics.sent_refused);
        }
    }

    /// Like [`send`](Self::send), but an error is not [noted](Self::note): something else may be
    /// tried first.
    pub fn try_send(
        &mut self,
        device: impl AsFd,
        bytes: &[u8],
        header: usize,
        longest: usize,
    ) -> Result<(), Errno> {
        let frame = &bytes[header..];
        if frame.len() > longest {
            self.statistics.sent_oversize += 1;
            let (length, count) = (frame.len(), self.statistics.sent_oversize);
            self.warn(
                count,
                format_args!("a frame of {length} bytes is longer than {longest}"),
            );
            return Ok(());
        }
        if self.fault == Some(Fault::Removed) {
            self.statistics.sent_refused += 1;
            return Ok(());
        }
        // The kernel takes a frame as a whole or not at all.
        rustix::io::write(device, bytes)?;
        self.statistics.sent_frames += 1;
        self.statistics.sent_bytes += frame.len() as u64;
        if self.fault.take() == Some(Fault::Down) {
            info!("{}: the interface is on again", self.name);
        }
        Ok(())
    }

    /// Notes why a frame did not pass, the `count`th of its kind.
    pub fn failed(&mut self, error: Errno, count: u64) {
        let fault = match error {
            Errno::BADFD => Fault::Removed,
            Errno::IO => Fault::Down,
            error => Fault::Os(error.raw_os_error()),
        };
        let before = self.fault.replace(fault);
        match fault {
            Fault::Removed | Fault::Down if before == Some(fault) => {}
            Fault::Removed | Fault::Down => warn!("{}", Advice(&self.name, fault)),
            Fault::Os(_) => self.warn(count, format_args!("{fault}")),
        }
    }

    /// Warns of the first, second, fourth, eighth, ... frame that is dropped, so that no sender can
    /// fill the log.
    pub fn warn(&self, count: u64, what: fmt::Arguments<'_>) {
        if count.is_power_of_two() {
            warn!("{}: {what}; {count} dropped so far", self.name);
        }
    }
}
