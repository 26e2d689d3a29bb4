//! What a host has to do at a moment: its connections, their buffers, its next timer.

use std::sync::Arc;

use serde::Serialize;
use smoltcp::socket::tcp::{Socket, State};
use smoltcp::time::Instant;

/// What a host has to do from a moment on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// Since when, in microseconds.
    pub time: i64,
    /// The name of the host.
    pub host: Arc<str>,
    /// Whether it has power.
    pub is_on: bool,
    /// Whether its application reads.
    pub reads: bool,
    /// Its connections.
    pub connections: Vec<Connection>,
    /// When its next timer expires, in microseconds.
    pub timer: Option<i64>,
}

/// A connection at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Connection {
    /// The port of the client.
    pub port: u16,
    /// The state, as RFC 9293 names it.
    pub state: String,
    /// How much has been received and not read, in bytes.
    pub received: usize,
    /// The receive buffer, in bytes: what is not filled is the window.
    pub receive_buffer: usize,
    /// How much was given to TCP and is not acknowledged, in bytes.
    pub unacknowledged: usize,
    /// The transmit buffer, in bytes.
    pub transmit_buffer: usize,
}

impl Sample {
    /// Whether the other one differs in nothing but its time.
    pub fn is_same(&self, other: &Self) -> bool {
        let Self { time, .. } = *other;
        let host = self.host.clone();
        Self {
            time,
            host,
            ..self.clone()
        } == *other
    }

    /// Whether a connection waits for its peer.
    pub fn is_busy(&self) -> bool {
        let is_busy = |connection: &Connection| {
            let state = connection.state.as_str();
            connection.unacknowledged > 0
                || matches!(
                    state,
                    "SYN-SENT" | "SYN-RECEIVED" | "FIN-WAIT-1" | "CLOSING" | "LAST-ACK"
                )
        };
        self.connections.iter().any(is_busy)
    }
}

impl Connection {
    /// What a socket says; `None` if it has no peer.
    pub fn of(socket: &Socket<'_>) -> Option<Self> {
        let (local, remote) = (socket.local_endpoint()?, socket.remote_endpoint()?);
        let client = if local.port == uppercase::PORT {
            remote
        } else {
            local
        };
        (socket.state() != State::Closed).then(|| Self {
            port: client.port,
            state: socket.state().to_string(),
            received: socket.recv_queue(),
            receive_buffer: socket.recv_capacity(),
            unacknowledged: socket.send_queue(),
            transmit_buffer: socket.send_capacity(),
        })
    }
}

/// A moment as the page has it.
pub fn micros(moment: Option<Instant>) -> Option<i64> {
    moment.map(|moment| moment.total_micros())
}
