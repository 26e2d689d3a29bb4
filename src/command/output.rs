//! Standard output: what cannot be written is an error, never a panic.

use std::io::{self, Write};

use super::closed;
use super::failure::Failure;

/// Standard output, written at once: without the buffer of the standard library, which takes what is
/// written to a closed file for written.
pub struct Output(File);

#[cfg(unix)]
type File = std::fs::File;
#[cfg(not(unix))]
type File = io::Stdout;

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
        #[cfg(unix)]
        let file = {
            use std::os::fd::AsFd;
            let own = io::stdout().as_fd().try_clone_to_owned();
            File::from(own.map_err(Failure::output)?)
        };
        #[cfg(not(unix))]
        let file = io::stdout();
        Ok(Self(file))
    }

    /// Standard error in the place of standard output, where that is left to another program.
    ///
    /// # Errors
    /// There is no room for one more file.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    pub fn on_standard_error() -> Result<Self, Failure> {
        use std::os::fd::AsFd;
        let own = io::stderr().as_fd().try_clone_to_owned();
        Ok(Self(File::from(own.map_err(Failure::output)?)))
    }

    /// Nothing that is written appears.
    ///
    /// # Errors
    /// There is no `/dev/null`.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    pub fn nowhere() -> Result<Self, Failure> {
        let file = File::options().write(true).open("/dev/null");
        Ok(Self(file.map_err(Failure::of("/dev/null"))?))
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
