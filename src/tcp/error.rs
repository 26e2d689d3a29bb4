use core::fmt;

use super::sizes::{LARGEST_WINDOW, window_within};
use crate::stack::ServeError;

/// Why a server or client cannot be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SetupError {
    /// A buffer is empty.
    NoBuffer,
    /// A receive buffer is larger than [`LARGEST_WINDOW`].
    WindowTooLarge {
        /// How large it is.
        bytes: usize,
    },
    /// A peer could write beyond a receive buffer of this size; see [`window_within`].
    Window {
        /// How large it is.
        bytes: usize,
    },
    /// A transmit buffer is smaller than the handler's [`ROOM`](super::Handler::ROOM).
    NoRoom {
        /// How large it is.
        bytes: usize,
        /// How large it has to be.
        needed: usize,
    },
    /// There is no session for any connection, or the index has room for fewer.
    NoSession,
    /// Port 0 cannot be listened on.
    Port,
    /// The stack has a TCP server on that port.
    PortTaken,
    /// The stack has as many TCP servers as it can have.
    TooManyServers,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBuffer => write!(f, "a connection needs one byte of buffer each way at least"),
            Self::WindowTooLarge { bytes } => write!(
                f,
                "a receive buffer of {bytes} bytes is too large; {LARGEST_WINDOW} is the most"
            ),
            Self::Window { bytes } => write!(
                f,
                "a peer could write beyond a receive buffer of {bytes} bytes; make it {} bytes",
                window_within(*bytes)
            ),
            Self::NoRoom { bytes, needed } => write!(
                f,
                "a transmit buffer of {bytes} bytes is too small for the handler; make it {needed} bytes"
            ),
            Self::NoSession => write!(
                f,
                "a server needs one session at least, and an index with room for all of them"
            ),
            Self::Port => write!(f, "port 0 cannot be listened on"),
            Self::PortTaken => write!(
                f,
                "the stack has a TCP server on this port; give each a port of its own"
            ),
            Self::TooManyServers => write!(f, "the stack has as many TCP servers as it can have"),
        }
    }
}

impl core::error::Error for SetupError {}

impl From<ServeError> for SetupError {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::PortTaken => Self::PortTaken,
            ServeError::TooManyServers => Self::TooManyServers,
        }
    }
}
