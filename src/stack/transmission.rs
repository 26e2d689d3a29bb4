//! What a stack knows of a TCP segment that it sends, for a program that explains packets.

use smoltcp::socket::tcp::{Socket, State};
use smoltcp::time::Instant;

use crate::packet::{FourTuple, Segment};

/// A segment is sent, for this reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transmission {
    /// When, by the clock that the stack is polled with.
    pub time: Instant,
    /// Why.
    pub cause: Cause,
    pub(super) segment: Segment,
}

impl Transmission {
    /// The four-tuple, as the host names it that sends the segment.
    #[must_use]
    pub fn four_tuple(&self) -> FourTuple {
        FourTuple {
            local: self.segment.source,
            remote: self.segment.destination,
        }
    }

    /// Whether it is about this segment. The window may have become smaller since.
    pub(crate) fn is_of(&self, segment: &Segment) -> bool {
        let window = self.segment.window;
        self.segment == Segment { window, ..*segment }
    }
}

/// What makes a stack send a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// A connection that was in this state sends it; `is_again` says that it was sent before.
    Connection {
        /// The state before.
        state: State,
        /// Whether all of it has been sent before, and it is neither a probe nor a keep-alive.
        is_again: bool,
        /// The receive buffer and the send buffer.
        buffers: [Buffer; 2],
    },
    /// What has arrived is for a port at which no server listens and no client waits.
    NoSocket,
    /// What has arrived belongs to no connection of the server at this port, and opens none.
    NoConnection,
    /// A SYN has found no room: it is answered by a SYN cookie (RFC 4987, 3.6).
    Cookie,
}

/// How full a buffer of a connection is, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buffer {
    /// The bytes in it.
    pub used: usize,
    /// The bytes for which it has room.
    pub size: usize,
}

/// The receive buffer and the send buffer of a socket.
pub(super) fn buffers(socket: &Socket<'_>) -> [Buffer; 2] {
    [
        Buffer {
            used: socket.recv_queue(),
            size: socket.recv_capacity(),
        },
        Buffer {
            used: socket.send_queue(),
            size: socket.send_capacity(),
        },
    ]
}
