//! What is recorded of the frames that pass, where the arguments ask for it.

use std::cell::{Cell, OnceCell};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use smoltcp::phy::Medium;
use uppercase::device::capture::{Frame, Sink};
use uppercase::trace::pcapng::{Interface, InterfaceSink, Writer};

use super::failure::{Failure, complain};
use super::host::Clock;
use super::record::Record;

/// What a capture file names as the program that has written it.
const APPLICATION: &str = concat!("uppercase ", env!("CARGO_PKG_VERSION"));

/// Records the frames of one interface or several.
pub struct Recorder<'a> {
    args: &'a Record,
    /// Made with the first interface. Where that fails, an existing file stays as it is.
    file: OnceCell<Writer<File>>,
    /// Whether a frame could not be written.
    has_failed: Rc<Cell<bool>>,
}

impl<'a> Recorder<'a> {
    pub fn new(args: &'a Record) -> Self {
        Self {
            args,
            file: OnceCell::new(),
            has_failed: Rc::default(),
        }
    }

    /// Whether frames are recorded at all.
    pub fn is_on(&self) -> bool {
        self.args.capture.is_some()
    }

    /// Whether those of both ends are, where both are in this program.
    pub fn has_both_ends(&self) -> bool {
        self.args.capture_both
    }

    /// What records the frames of this interface, with the times of this clock; `None` if nothing
    /// does.
    pub fn interface(
        &self,
        name: &str,
        medium: Medium,
        clock: &Clock,
    ) -> Result<Option<Recording>, Failure> {
        let Some(path) = &self.args.capture else {
            return Ok(None);
        };
        let interface = Interface {
            epoch: clock.epoch(),
            ..Interface::new(name, medium.into())
        };
        let sink = self
            .writer(path)
            .and_then(|file| file.interface(&interface));
        Ok(Some(Recording {
            sink: sink.map_err(|error| explain(path, &error))?,
            name: path.clone(),
            has_failed: Rc::clone(&self.has_failed),
        }))
    }

    fn writer(&self, path: &Path) -> io::Result<&Writer<File>> {
        if let Some(writer) = self.file.get() {
            return Ok(writer);
        }
        let writer = Writer::new(File::create(path)?, APPLICATION, None)?;
        Ok(self.file.get_or_init(|| writer))
    }

    /// What a command that went well comes to: it did not if frames are missing.
    pub fn finish(&self) -> Result<(), Failure> {
        match &self.args.capture {
            Some(path) if self.has_failed.get() => Err(Failure::Error(format!(
                "{} is not complete",
                path.display()
            ))),
            _ => Ok(()),
        }
    }
}

/// Why a file cannot be made, and what to do.
fn explain(path: &Path, error: &io::Error) -> Failure {
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let next = match error.kind() {
        io::ErrorKind::NotFound => format!("make its directory: mkdir -p {}", directory.display()),
        io::ErrorKind::IsADirectory => "it is a directory: give the name of a file in it".into(),
        io::ErrorKind::StorageFull => "make room, or give a file on another disk".into(),
        _ => "give --capture a file that can be written, such as /tmp/capture.pcapng".into(),
    };
    Failure::Error(format!(
        "{} cannot be written: {error}; {next}",
        path.display()
    ))
}

/// The sink for the frames of one interface.
pub struct Recording {
    sink: InterfaceSink<File>,
    /// Of the file.
    name: PathBuf,
    has_failed: Rc<Cell<bool>>,
}

impl Sink for Recording {
    fn frame(&mut self, frame: Frame<'_>) {
        if self.has_failed.get() {
            return;
        }
        if let Err(error) = self.sink.write(&frame, None) {
            self.has_failed.set(true);
            let name = self.name.display();
            complain(format!("{name} cannot be written, and ends here: {error}"));
        }
    }
}
