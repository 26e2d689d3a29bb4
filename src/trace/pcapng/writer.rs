//! A capture file that is written while packets pass.

use core::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::vec::Vec;

use super::interface::{Interface, Resolution};
use crate::device::capture::{Frame, Sink, block};

/// Readers take blocks of more than 16 MiB for damage.
const LONGEST: usize = 15 << 20;

/// Writes one capture file, with as many interfaces as are wanted.
///
/// Each packet is written at once, in one call of [`Write::write`], and flushed: give it a
/// [`File`](std::fs::File), not a `BufWriter`. A program that is killed then leaves a file that can
/// be read; at most the packet is missing that was just being written.
///
/// A clone writes into the same file.
pub struct Writer<W> {
    file: Arc<Mutex<File<W>>>,
}

struct File<W> {
    output: W,
    /// How many interfaces it has.
    interfaces: u32,
    block: Vec<u8>,
    /// Half a block may be at its end, so nothing can follow.
    is_broken: bool,
    /// What a sink could not write, until it is asked for.
    error: Option<io::Error>,
}

impl<W: Write> File<W> {
    /// Writes a block in one call.
    fn put(&mut self, make: impl FnOnce(&mut dyn FnMut(&[u8]))) -> io::Result<()> {
        if self.is_broken {
            return Err(io::Error::other("an earlier packet could not be written"));
        }
        self.block.clear();
        make(&mut |bytes| self.block.extend_from_slice(bytes));
        let written = self.output.write_all(&self.block);
        let written = written.and_then(|()| self.output.flush());
        self.is_broken = written.is_err();
        written
    }
}

impl<W: Write> Writer<W> {
    /// Begins a file, which says the program that writes it; `comment` is a note on the whole file.
    pub fn new(output: W, application: &str, comment: Option<&str>) -> io::Result<Self> {
        let mut file = File {
            output,
            interfaces: 0,
            block: Vec::new(),
            is_broken: false,
            error: None,
        };
        file.put(|write| block::section(write, Some(application), comment))?;
        Ok(Self {
            file: Arc::new(Mutex::new(file)),
        })
    }

    /// Adds an interface; what it returns is the sink for its frames.
    pub fn interface(&self, interface: &Interface) -> io::Result<InterfaceSink<W>> {
        let mut file = lock(&self.file);
        let number = file.interfaces;
        let (link, resolution) = (interface.link.number(), interface.resolution.0);
        let name = interface.name.as_deref();
        file.put(|write| block::interface(write, link, name, resolution))?;
        file.interfaces += 1;
        Ok(InterfaceSink {
            file: Arc::clone(&self.file),
            number,
            resolution: interface.resolution,
            epoch: interface.epoch,
        })
    }

    /// Why frames are missing: the first error, if there was one since this was called last.
    ///
    /// A sink cannot return it; no frame is written after it.
    pub fn check(&self) -> io::Result<()> {
        lock(&self.file).error.take().map_or(Ok(()), Err)
    }
}

impl<W> Clone for Writer<W> {
    fn clone(&self) -> Self {
        Self {
            file: Arc::clone(&self.file),
        }
    }
}

impl<W> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

/// A sink that writes the frames of one interface into the file of a [`Writer`].
pub struct InterfaceSink<W> {
    file: Arc<Mutex<File<W>>>,
    number: u32,
    resolution: Resolution,
    epoch: Duration,
}

impl<W: Write> InterfaceSink<W> {
    /// Writes a frame with a comment, such as why it was lost.
    pub fn write(&mut self, frame: &Frame<'_>, comment: Option<&str>) -> io::Result<()> {
        self.write_to(&mut lock(&self.file), frame, comment)
    }

    fn write_to(
        &self,
        file: &mut File<W>,
        frame: &Frame<'_>,
        comment: Option<&str>,
    ) -> io::Result<()> {
        // No device is polled before the zero of the clock.
        let time = Duration::from_micros(frame.time.total_micros().try_into().unwrap_or(0));
        let ticks = self.resolution.ticks(self.epoch.saturating_add(time));
        let (number, direction, bytes) = (self.number, frame.direction, frame.bytes);
        if bytes.len() > LONGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        file.put(|write| block::packet(write, number, ticks, direction, bytes, comment))
    }
}

impl<W: Write> Sink for InterfaceSink<W> {
    fn frame(&mut self, frame: Frame<'_>) {
        let mut file = lock(&self.file);
        if file.is_broken {
            return;
        }
        if let Err(error) = self.write_to(&mut file, &frame, None) {
            file.error.get_or_insert(error);
        }
    }
}

impl<W> fmt::Debug for InterfaceSink<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterfaceSink")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// Where a panic has left half a block, that is cleared before the next one.
fn lock<W>(file: &Mutex<File<W>>) -> MutexGuard<'_, File<W>> {
    file.lock().unwrap_or_else(PoisonError::into_inner)
}
