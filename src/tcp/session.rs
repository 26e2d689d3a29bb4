use smoltcp::iface::SocketStorage;
use smoltcp::socket::tcp::{Socket, SocketBuffer};
use smoltcp::time::Instant;

use super::config::Config;
use super::counters::Counters;
use super::error::SetupError;
use super::handler::Handler;
use super::phase::Phase;
use super::socket::{check_buffers, new_socket};
use crate::logging::info;
use crate::packet::FourTuple;
use crate::stack::{Connection, earliest};
use crate::transform::{Ascii, Progress};

/// Bytes that pass from the receive to the transmit buffer at a time, where the server has no room
/// of its own for them. They live on the stack while it serves.
const CHUNK: usize = 512;

/// What a [`Server`](super::Server) keeps for one connection: its sockets, its handler, and how far
/// it is.
#[derive(Debug)]
pub struct Session<'a, H = Ascii> {
    pub(super) connection: Connection<'a>,
    handler: H,
    /// As it was when the session was served last.
    pub(super) phase: Phase,
    /// When the connection last made progress: its phase changed, or bytes moved.
    pub(super) progress: Instant,
    /// Bytes of the answer that were not acknowledged when the session was served last.
    unacknowledged: usize,
    /// With `once`: how much of the request has not been answered, once that is known.
    once: Option<usize>,
    /// When it has to be served even if nothing arrives.
    pub(super) deadline: Option<Instant>,
    /// As what the server counts it.
    pub(super) counted: Phase,
    /// Whether it can be found by its four-tuple.
    pub(super) is_bound: bool,
}

impl<'a, H: Handler> Session<'a, H> {
    /// A session without a client. The buffers are as those of [`Buffers`](super::Buffers); they and
    /// the storage are borrowed for as long as the server lives.
    ///
    /// # Errors
    /// If a buffer is empty, the transmit buffer smaller than [`Handler::ROOM`], or the receive buffer
    /// of a size that [`window_within`](super::window_within) does not give.
    pub fn new(
        storage: &'a mut SocketStorage<'a>,
        receive: SocketBuffer<'a>,
        transmit: SocketBuffer<'a>,
    ) -> Result<Self, SetupError> {
        Self::check(&receive, &transmit)?;
        Ok(Self::of(storage, receive, transmit))
    }

    /// Whether buffers are of sizes that can work.
    pub(super) fn check(
        receive: &SocketBuffer<'a>,
        transmit: &SocketBuffer<'a>,
    ) -> Result<(), SetupError> {
        check_buffers(receive, transmit)?;
        let (bytes, needed) = (transmit.capacity(), H::ROOM);
        match needed > 1 && bytes < needed {
            true => Err(SetupError::NoRoom { bytes, needed }),
            false => Ok(()),
        }
    }

    /// As [`new`](Self::new), with buffers that were checked.
    pub(super) fn of(
        storage: &'a mut SocketStorage<'a>,
        receive: SocketBuffer<'a>,
        transmit: SocketBuffer<'a>,
    ) -> Self {
        Self {
            connection: Connection::new(storage, new_socket(receive, transmit)),
            handler: H::default(),
            phase: Phase::Free,
            progress: Instant::ZERO,
            unacknowledged: 0,
            once: None,
            deadline: None,
            counted: Phase::Free,
            is_bound: false,
        }
    }

    /// The phase of the connection at this moment.
    #[inline(never)] // Many call it.
    pub(super) fn phase_now(&self) -> Phase {
        Phase::of(self.connection.socket())
    }

    /// Lets the socket listen for the client at the other end of this four-tuple.
    pub(super) fn listen(&mut self, tuple: FourTuple, config: &Config, now: Instant) {
        self.connection.begin(tuple, now);
        let socket = self.connection.socket_mut();
        socket.abort();
        // smoltcp 0.14 would go on with what it knows of the last client's path.
        socket.set_congestion_control(config.congestion_control);
        // Cannot fail: the port is not 0, and the socket is closed.
        let _ = socket.listen(tuple.local.port);
        self.handler = H::default();
        self.once = None;
        self.phase = Phase::Listening;
    }

    /// Works with what has come for the connection; returns when it has to be served even if
    /// nothing arrives.
    pub(super) fn serve(
        &mut self,
        shared: &mut H::Shared,
        now: Instant,
        config: &Config,
        chunk: &mut [u8],
        counters: &mut Counters,
    ) -> Option<Instant> {
        let is_new = self.note_progress(shared, now, counters);
        let moved = match self.phase {
            Phase::Open | Phase::HalfClosed if chunk.len() < least_room::<H>() => {
                self.exchange_by_little(shared, now, config.once, is_new)
            }
            Phase::Open | Phase::HalfClosed => {
                self.exchange(shared, now, config.once, is_new, chunk)
            }
            Phase::Closing => discard(self.connection.socket_mut()),
            _ => false,
        };
        if moved {
            self.progress = now;
        }
        let socket = self.connection.socket_mut();
        self.unacknowledged = socket.send_queue();
        let limit = config.limit(self.phase);
        let due = limit.map(|limit| self.progress + limit);
        if due.is_none_or(|due| now < due) {
            let is_open = matches!(self.phase, Phase::Open | Phase::HalfClosed);
            let deadline = is_open.then(|| self.handler.deadline()).flatten();
            return earliest(due, deadline);
        }
        if self.phase == Phase::Resetting {
            // The reset cannot be sent.
            self.phase = Phase::Free;
        } else if self.phase == Phase::Opening {
            counters.expired = counters.expired.wrapping_add(1);
            // A reset would tell a client with a late acknowledgement that it is refused.
            self.connection.forget();
            self.phase = Phase::Free;
        } else {
            if let Some(client) = socket.remote_endpoint() {
                info!(
                    "TCP: {} is given up, nothing has moved for too long",
                    client
                );
            }
            counters.expired = counters.expired.wrapping_add(1);
            socket.abort();
        }
        None
    }

    /// Returns whether the connection was opened just now, and its client can be greeted.
    fn note_progress(
        &mut self,
        shared: &mut H::Shared,
        now: Instant,
        counters: &mut Counters,
    ) -> bool {
        let (phase, before) = (self.phase_now(), self.phase);
        let unacknowledged = self.connection.socket().send_queue();
        if phase != before || unacknowledged < self.unacknowledged {
            self.progress = now;
        }
        self.phase = phase;
        self.unacknowledged = unacknowledged;
        let is_new = phase.is_opened() && !before.is_opened();
        if is_new {
            counters.opened = counters.opened.wrapping_add(1);
            if phase == Phase::Closing {
                self.greet(shared, &mut []); // The server was closed at this moment.
            }
        }
        if phase.is_over() && before.is_opened() && !before.is_over() {
            let control = self.connection.control();
            info!("TCP: {}", control.summary(now));
            self.handler.closed(shared, control);
        }
        is_new
    }

    fn greet(&mut self, shared: &mut H::Shared, output: &mut [u8]) -> usize {
        match self.connection.socket().remote_endpoint() {
            Some(client) => self.handler.opened(shared, client, output),
            None => 0,
        }
    }

    #[inline(never)] // The chunk is needed for as long as this takes only.
    fn exchange_by_little(
        &mut self,
        shared: &mut H::Shared,
        now: Instant,
        once: bool,
        is_new: bool,
    ) -> bool {
        self.exchange(shared, now, once, is_new, &mut [0; CHUNK])
    }

    /// Answers what there is room for, closes at the end; returns whether anything moved.
    fn exchange(
        &mut self,
        shared: &mut H::Shared,
        now: Instant,
        once: bool,
        is_new: bool,
        chunk: &mut [u8],
    ) -> bool {
        let mut moved = false;
        if is_new {
            let length = self.connection.socket().send_capacity().min(chunk.len());
            let produced = self.greet(shared, &mut chunk[..length]).min(length);
            if produced > 0 {
                // All of it fits: nothing was sent before.
                let _ = self.connection.socket_mut().send_slice(&chunk[..produced]);
            }
        }
        let socket = self.connection.socket_mut();
        if once && self.once.is_none() && socket.can_recv() {
            self.once = Some(socket.recv_queue());
        }
        loop {
            let room = socket.send_capacity() - socket.send_queue();
            let length = room.min(chunk.len());
            let output = &mut chunk[..length];
            if output.len() < least_room::<H>() {
                return moved;
            }
            let ended = self.once == Some(0) || !socket.may_recv() || self.handler.closes();
            let Progress { consumed, produced } = if ended {
                let produced = self.handler.finish(shared, output);
                Progress {
                    consumed: 0,
                    produced,
                }
            } else {
                let wanted = self.once.unwrap_or(usize::MAX);
                receive(socket, wanted, |input| {
                    self.handler.exchange(shared, now, input, output)
                })
            };
            if let Some(left) = &mut self.once {
                *left -= consumed;
            }
            // All of it fits: there was room for it.
            let produced = produced.min(output.len());
            let _ = socket.send_slice(&output[..produced]);
            if consumed > 0 || produced > 0 {
                moved = true;
                continue;
            }
            // Where the client has closed already, closing means LAST-ACK, in which smoltcp 0.14
            // ignores window updates: if the rest of the answer finds the window shut, it has to
            // wait for a probe. So first the client gets all of it.
            if ended && (self.phase == Phase::Open || socket.send_queue() == 0) {
                socket.close();
                return true;
            }
            return moved;
        }
    }
}

/// The room for output with which the handler can be called.
const fn least_room<H: Handler>() -> usize {
    const {
        assert!(
            H::ROOM <= CHUNK,
            "a handler can ask for 512 bytes of room at most"
        )
    };
    if H::ROOM == 0 { 1 } else { H::ROOM }
}

/// Offers what has been received, `wanted` bytes at most, and dequeues what is consumed.
fn receive(
    socket: &mut Socket<'_>,
    wanted: usize,
    exchange: impl FnOnce(&[u8]) -> Progress,
) -> Progress {
    if !socket.can_recv() {
        let Progress { produced, .. } = exchange(&[]);
        return Progress {
            consumed: 0,
            produced,
        };
    }
    let received = socket.recv(|input| {
        let input = &input[..input.len().min(wanted)];
        let mut progress = exchange(input);
        progress.consumed = progress.consumed.min(input.len());
        (progress.consumed, progress)
    });
    received.unwrap_or_default()
}

/// Discards what a client sends after its last answer, so that its FIN is reached. That is no
/// progress.
fn discard(socket: &mut Socket<'_>) -> bool {
    while let Ok(1..) = socket.recv(|text| (text.len(), text.len())) {}
    false
}
