//! What a stack waits for that is joined to other programs: frames, signals and standard input.

#[cfg(not(unix))]
mod slices;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub use slices::{Events, Source};
#[cfg(unix)]
pub use unix::{Events, Source};

/// What has happened.
#[derive(Default)]
pub struct Happened {
    /// The device has an error, and no frame.
    pub error: bool,
    /// The program was told to end.
    pub stop: bool,
    /// A server was asked for its report.
    pub question: bool,
    /// Standard input can be read.
    pub input: bool,
}
