use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

/// Why the command ends early.
#[derive(Debug)]
pub enum Failure {
    /// Something went wrong; the sentence says what, and what to do.
    Error(String),
    /// A signal asked the program to end: Ctrl-C, for instance. (In memory, it ends at once.)
    Interrupted,
    /// The reader of the output has closed it.
    OutputClosed,
    /// What went wrong was said already; the shell is told this number.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    Said(u8),
}

impl Failure {
    /// A failure of which `what` tells the circumstances.
    pub fn of<E: Display>(what: impl Display) -> impl FnOnce(E) -> Self {
        move |why| Self::Error(format!("{what}: {why}"))
    }

    /// A failure to write the output.
    pub fn output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::Error(format!("standard output cannot be written: {error}")),
        }
    }

    /// Tells the user, and returns what the shell is told.
    pub fn report(self) -> ExitCode {
        match self {
            Self::Error(sentence) => {
                complain(sentence);
                ExitCode::FAILURE
            }
            // What a shell reports of a program that the signal itself has ended.
            Self::Interrupted => ExitCode::from(128 + 2),
            Self::OutputClosed => ExitCode::from(128 + 13),
            #[cfg(all(feature = "tuntap", target_os = "linux"))]
            Self::Said(code) => ExitCode::from(code),
        }
    }
}

/// Prints a sentence on standard error. Where it cannot be written, only the exit code is left.
pub fn complain(sentence: impl Display) {
    let line = format!("uppercase: {sentence}\n");
    let _ = io::stderr().write_all(line.as_bytes());
}
