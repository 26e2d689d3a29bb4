//! Why a cable could not be opened, and what to do about it.

use core::fmt;
use std::io::{self, ErrorKind};

/// Why a cable could not be opened.
///
/// Displayed, it is a sentence that tells what to do next.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// Another program has the UDP port of the first end.
    PortInUse(u16),
    /// Other programs have all the UDP ports from that of the first end to this one.
    Full {
        /// The port of the first end.
        port: u16,
        /// The last one after it that was tried.
        last: u16,
    },
    /// The loopback interface, which carries the frames, is switched off: in a new network namespace
    /// it is.
    NoLoopback,
    /// The system refuses the UDP port.
    Io {
        /// The port.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
}

impl OpenError {
    /// What an error of a socket on this port means.
    pub(super) fn of(port: u16) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            ErrorKind::AddrInUse => Self::PortInUse(port),
            ErrorKind::NetworkUnreachable => Self::NoLoopback,
            _ => Self::Io { port, source },
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PortInUse(port) => write!(
                f,
                "UDP port {port} is in use by another program: stop that program, or choose \
                 another port"
            ),
            Self::Full { port, last } => write!(
                f,
                "no UDP port from {} to {last} is free: end a program that is connected to {port}, \
                 or choose another port",
                port.saturating_add(1)
            ),
            Self::NoLoopback => f.write_str(
                "127.0.0.1 cannot be reached, as the loopback interface is switched off: switch it on \
                 with `sudo ip link set lo up`",
            ),
            Self::Io { port, source } => write!(
                f,
                "UDP port {port} cannot be opened ({source}): choose another port"
            ),
        }
    }
}

impl core::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
