//! Standard output: what cannot be written is an error, never a panic.

use std::io::{self, Write};

use super::closed;
use super::failure::Failure;

/// Standard output, written at once: without the buffer of the standard library, which takes what is
/// written to a closed file for written. On standard error, without the lock that the log takes: it
/// would wait for the reader of this.
pub struct Output(Box<dyn Write + Send>);

impl Output {
    /// Standard output.
    ///
    /// # Errors
    /// It was closed when the process started.
    pub fn open() -> Result<Self, Failure> {
        if closed::output_was_closed() {
            return Err(Failure::Error(
                "standard output is closed: give it a file, or /dev/null".into(),
            ));
        }
        Self::of(io::stdout())
    }

    /// Standard error in the place of standard output.
    ///
    /// # Errors
    /// There is no room for one more file.
    pub fn on_standard_error() -> Result<Self, Failure> {
        Self::of(io::stderr())
    }

    #[cfg(unix)]
    fn of(stream: impl std::os::fd::AsFd) -> Result<Self, Failure> {
        let own = stream.as_fd().try_clone_to_owned();
        let file = std::fs::File::from(own.map_err(Failure::output)?);
        Ok(Self(Box::new(file)))
    }

    #[cfg(not(unix))]
    fn of(stream: impl Write + Send + 'static) -> Result<Self, Failure> {
        Ok(Self(Box::new(stream)))
    }

    /// Nothing that is written appears.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    pub fn nowhere() -> Self {
        Self(Box::new(io::sink()))
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub fn print(&mut self, text: impl AsRef<[u8]>) -> Result<(), Failure> {
        self.write_all(text.as_ref())
            .and_then(|()| self.flush())
            .map_err(Failure::output)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
