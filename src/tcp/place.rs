use log::{debug, info};
use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp::Socket;
use smoltcp::time::{Duration, Instant};

use super::phase::Phase;
use super::server::{Config, Counters};
use crate::transform::{Progress, Upper};

/// Bytes that are upper-cased on their way from the receive to the transmit buffer at a time, where
/// the server has no room of its own for them. They live on the stack while it serves.
const CHUNK: usize = 512;

/// How long an aborted connection keeps its place if its reset cannot be sent.
pub(super) const RESET_TIMEOUT: Duration = Duration::from_secs(1);

/// What a [`Server`](super::Server) keeps for one connection beside its socket.
#[derive(Debug)]
pub struct Place {
    pub(super) handle: Option<SocketHandle>,
    upper: Upper,
    pub(super) phase: Phase,
    /// Whether it has been in this phase for more than one poll.
    pub(super) settled: bool,
    /// When the connection last made progress: its phase changed, or bytes moved.
    pub(super) progress: Instant,
    /// Bytes of the answer that were not confirmed at the last poll.
    unconfirmed: usize,
    /// Where one answer is all: how much of the text it still is to cover, once that is known.
    once: Option<usize>,
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

impl Place {
    /// A place without a connection.
    pub const fn new() -> Self {
        Self {
            handle: None,
            upper: Upper::new(),
            phase: Phase::Free,
            settled: false,
            progress: Instant::ZERO,
            unconfirmed: 0,
            once: None,
        }
    }

    pub(super) fn poll(
        &mut self,
        now: Instant,
        socket: &mut Socket<'_>,
        config: &Config,
        chunk: &mut [u8],
        counters: &mut Counters,
    ) -> Option<Instant> {
        self.note_progress(now, socket, counters);
        if self.phase == Phase::Listening && !self.settled {
            // A client has reset its connection before it was open. smoltcp 0.14 then listens
            // without forgetting how slow that one was to confirm.
            socket.abort();
            self.listen(socket, config);
        }
        let moved = match self.phase {
            Phase::Open | Phase::HalfClosed if chunk.is_empty() => {
                self.serve_by_little(socket, config.once)
            }
            Phase::Open | Phase::HalfClosed => self.serve(socket, config.once, chunk),
            Phase::Closing => discard(socket),
            _ => false,
        };
        if moved {
            self.progress = now;
        }
        self.unconfirmed = socket.send_queue();
        let due = self.progress + config.limit(self.phase)?;
        if now < due {
            return Some(due);
        }
        if self.phase == Phase::Resetting {
            // The reset cannot be sent; listening forgets it.
            self.phase = Phase::Free;
        } else {
            if let Some(client) = socket.remote_endpoint() {
                info!("TCP: {client} is given up, nothing has moved for too long");
            }
            counters.expired = counters.expired.wrapping_add(1);
            if self.phase == Phase::Opening {
                forget(socket, config.port);
                self.phase = Phase::Free;
            } else {
                socket.abort();
            }
        }
        None
    }

    fn note_progress(&mut self, now: Instant, socket: &Socket<'_>, counters: &mut Counters) {
        let (phase, unconfirmed) = (Phase::of(socket), socket.send_queue());
        self.settled = phase == self.phase;
        if !self.settled || unconfirmed < self.unconfirmed {
            self.progress = now;
        }
        if !self.settled {
            if let Some(client) = socket.remote_endpoint() {
                debug!("TCP: {client} is {phase:?}");
            }
            if phase.is_opened() && !self.phase.is_opened() {
                counters.opened = counters.opened.wrapping_add(1);
            }
        }
        self.phase = phase;
        self.unconfirmed = unconfirmed;
    }

    pub(super) fn listen(&mut self, socket: &mut Socket<'_>, config: &Config) {
        self.upper = Upper::new();
        self.once = None;
        // smoltcp 0.14 would go on with what it knows of the last client's path.
        socket.set_congestion_control(config.congestion_control);
        // Cannot fail: the port is not 0, and the socket is not open.
        let _ = socket.listen(config.port);
        self.phase = Phase::of(socket);
    }

    #[inline(never)] // The chunk is needed for as long as this takes only.
    fn serve_by_little(&mut self, socket: &mut Socket<'_>, once: bool) -> bool {
        self.serve(socket, once, &mut [0; CHUNK])
    }

    /// Answers what there is room for, closes at the end; returns whether anything moved.
    fn serve(&mut self, socket: &mut Socket<'_>, once: bool, chunk: &mut [u8]) -> bool {
        let mut moved = false;
        if once && self.once.is_none() && socket.can_recv() {
            self.once = Some(socket.recv_queue());
        }
        loop {
            let room = socket.send_capacity() - socket.send_queue();
            let length = room.min(chunk.len());
            let output = &mut chunk[..length];
            let ended = self.once == Some(0) || !socket.may_recv();
            let Progress { consumed, produced } = if ended {
                let produced = self.upper.finish(output);
                Progress {
                    consumed: 0,
                    produced,
                }
            } else {
                self.convert(socket, output)
            };
            // All of it fits: there was room for it.
            let _ = socket.send_slice(&output[..produced]);
            // Where the client has closed already, closing means LAST-ACK, in which smoltcp 0.14
            // ignores window updates: if the rest of the answer finds the window shut, it has to
            // wait for a probe. So first the client gets all of it.
            let may_close = self.phase == Phase::Open || socket.send_queue() == 0;
            if ended && self.upper.is_empty() && may_close {
                socket.close();
                return true;
            }
            if consumed == 0 && produced == 0 {
                return moved;
            }
            moved = true;
        }
    }

    fn convert(&mut self, socket: &mut Socket<'_>, output: &mut [u8]) -> Progress {
        let wanted = self.once.unwrap_or(usize::MAX);
        let progress = socket
            .recv(|text| {
                let text = &text[..text.len().min(wanted)];
                let progress = self.upper.convert(text, output);
                (progress.consumed, progress)
            })
            .unwrap_or_default();
        if let Some(left) = &mut self.once {
            *left -= progress.consumed;
        }
        progress
    }
}

/// Deletes a connection and sends nothing (RFC 9293, 3.10.8). A reset would tell a client with a late
/// acknowledgement that it is refused.
pub(super) fn forget(socket: &mut Socket<'_>, port: u16) {
    socket.abort();
    // smoltcp drops a reset that is still to send when it begins to listen.
    let _ = socket.listen(port);
    socket.close();
}

/// Lets a client that writes on after its last answer come to its end; that is no progress.
fn discard(socket: &mut Socket<'_>) -> bool {
    while let Ok(1..) = socket.recv(|text| (text.len(), text.len())) {}
    false
}
