use log::{debug, info};
use managed::ManagedSlice;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp::{Socket, SocketBuffer};
use smoltcp::time::{Duration, Instant};

use super::phase::Phase;
use super::storage::{self, Pool, SetupError};
use crate::PORT;
use crate::stack::{Context, Sockets, earliest};
use crate::transform::{Progress, Upper};

/// Bytes that are upper-cased on their way from the receive to the transmit buffer at a time.
/// They live on the stack of [`Server::poll`].
const CHUNK: usize = 512;

/// How long an aborted connection keeps its place if its reset cannot be sent.
const RESET_TIMEOUT: Duration = Duration::from_secs(1);

/// How a [`Server`] treats its clients.
///
/// A time of `None` is for ever. Nothing else frees the place of a client that has gone silent,
/// so think twice.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// The port to listen on.
    pub port: u16,
    /// How many clients can be connected at a time, at most as many as there are places.
    ///
    /// Places beyond that serve the next clients while the last ones are being closed. Without
    /// them a client that connects as soon as the one before it has closed may be refused.
    pub connections: usize,
    /// Close after the first answer, as the server of the classic exercise does, instead of when
    /// the client has closed.
    pub once: bool,
    /// How long a client may take to confirm that the connection is open.
    pub handshake_timeout: Option<Duration>,
    /// How long a connection stays open while no text moves either way.
    pub idle_timeout: Option<Duration>,
    /// How long a client may take to confirm the end of its answer and to close its side.
    pub close_timeout: Option<Duration>,
    /// How often a silent client is asked whether it is still there (RFC 9293, 3.8.4).
    pub keep_alive: Option<Duration>,
    /// How long a client may send nothing at all, not even an acknowledgement. Longer than
    /// `keep_alive` and than 60 s, or live clients are taken for dead: the probes of a client that
    /// does not read for a while come up to 60 s apart.
    pub silence_timeout: Option<Duration>,
}

impl Default for Config {
    /// The classic port, any number of answers, 10 s to open, 5 minutes idle, 30 s to close; asks
    /// after 10 s of silence, and gives up after 90 s of it.
    fn default() -> Self {
        Self {
            port: PORT,
            connections: usize::MAX,
            once: false,
            handshake_timeout: Some(Duration::from_secs(10)),
            idle_timeout: Some(Duration::from_secs(300)),
            close_timeout: Some(Duration::from_secs(30)),
            keep_alive: Some(Duration::from_secs(10)),
            silence_timeout: Some(Duration::from_secs(90)),
        }
    }
}

impl Config {
    fn limit(&self, phase: Phase) -> Option<Duration> {
        match phase {
            Phase::Opening => self.handshake_timeout,
            Phase::Open | Phase::HalfClosed => self.idle_timeout,
            Phase::Closing => self.close_timeout,
            Phase::Resetting => Some(RESET_TIMEOUT),
            Phase::Free | Phase::Listening | Phase::TimeWait => None,
        }
    }
}

/// What a [`Server`] has seen; the counts wrap around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections that were opened.
    pub opened: u32,
    /// Connections that were aborted because the time to open, to idle or to close had passed.
    /// Clients that were taken for dead, because they were silent, are not among them.
    pub expired: u32,
}

/// Serves as many clients at a time as it has places.
///
/// Every byte is answered as soon as it arrives, upper-cased; a character that is cut by the end
/// of a segment waits for its rest. When the client closes its side, the server sends what is
/// left and closes too. It takes from a client only what it has room to answer, so a client that
/// does not read is slowed down and nothing is lost. A place that becomes free listens again at
/// once. When all are taken, further clients are refused.
pub struct Server<'a> {
    places: ManagedSlice<'a, Place>,
    config: Config,
    counters: Counters,
    closed: bool,
}

impl<'a> Server<'a> {
    /// A server in the caller's storage. It takes `N` socket slots.
    ///
    /// # Errors
    /// If the stack has fewer slots left, or `N` or the port is 0.
    pub fn new<const N: usize, const RECEIVE: usize, const TRANSMIT: usize>(
        sockets: &mut Sockets<'a>,
        pool: &'a mut Pool<N, RECEIVE, TRANSMIT>,
        config: Config,
    ) -> Result<Self, SetupError> {
        let Pool { places, buffers } = pool;
        Self::from_parts(
            sockets,
            &mut places[..],
            buffers.iter_mut().map(|buffers| buffers.split()),
            config,
        )
    }

    /// A server whose number of connections or buffer sizes are known at run time only. It takes
    /// one socket slot and the next pair of buffers (receive, transmit) for each place.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if there are fewer buffers than places, or one is empty or
    /// larger than [`LARGEST_WINDOW`](super::LARGEST_WINDOW).
    pub fn from_parts(
        sockets: &mut Sockets<'a>,
        places: impl Into<ManagedSlice<'a, Place>>,
        buffers: impl IntoIterator<Item = (SocketBuffer<'a>, SocketBuffer<'a>)>,
        config: Config,
    ) -> Result<Self, SetupError> {
        let mut places = places.into();
        let mut buffers = buffers.into_iter();
        if places.is_empty() {
            return Err(SetupError::NoPlace);
        }
        for (i, place) in places.iter_mut().enumerate() {
            let (receive, transmit) = buffers.next().ok_or(SetupError::NoPlace)?;
            let mut socket = storage::socket(receive, transmit)?;
            socket.set_keep_alive(config.keep_alive);
            socket.set_timeout(config.silence_timeout);
            if i == 0 || i < config.connections {
                socket.listen(config.port).map_err(|_| SetupError::Port)?;
            }
            *place = Place::new();
            place.handle = Some(sockets.add(socket)?);
        }
        Ok(Self {
            places,
            config,
            counters: Counters::default(),
            closed: false,
        })
    }

    /// Answers what has arrived; returns when it wants to be called even if nothing arrives.
    pub fn poll(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        let mut deadline = None;
        for place in self.places.iter_mut() {
            let Some(handle) = place.handle else { continue };
            let socket = context.sockets.get_mut::<Socket<'_>>(handle);
            let due = place.poll(context.now, socket, &self.config, &mut self.counters);
            deadline = earliest(deadline, due);
            if place.phase == Phase::TimeWait && !place.settled {
                // The client's close is still to be acknowledged.
                context.transmit_first();
            }
        }
        if !self.closed {
            self.listen(context.sockets);
        }
        deadline
    }

    /// Lets as many places listen as further clients may come.
    fn listen(&mut self, sockets: &mut Sockets<'a>) {
        let (mut used, mut listening) = (0, false);
        for handle in self.places.iter().filter_map(|place| place.handle) {
            // What it is now: some have begun to close in this poll.
            let phase = Phase::of(sockets.get(handle));
            listening |= phase == Phase::Listening;
            used += usize::from(matches!(
                phase,
                Phase::Listening | Phase::Opening | Phase::Open | Phase::HalfClosed
            ));
        }
        let allowed = self.config.connections.max(1).saturating_sub(used);
        let free = self.places.iter_mut();
        let free = free.filter(|place| place.phase == Phase::Free);
        for place in free.take(allowed) {
            if let Some(handle) = place.handle {
                place.listen(sockets.get_mut(handle), self.config.port);
                listening = true;
            }
        }
        if !listening && allowed > 0 {
            self.reuse_time_wait(sockets);
        }
    }

    /// Stops listening, and closes every connection once what has been answered so far is sent.
    ///
    /// Go on polling until there are no [`connections`](Self::connections).
    pub fn close(&mut self, context: &mut Context<'_, 'a>) {
        self.closed = true;
        for handle in self.places.iter().filter_map(|place| place.handle) {
            context.sockets.get_mut::<Socket<'_>>(handle).close();
        }
    }

    /// Stops listening, and ends every connection at once; the clients get a reset.
    pub fn abort(&mut self, context: &mut Context<'_, 'a>) {
        self.closed = true;
        for place in self.places.iter() {
            if let (Some(handle), false) = (place.handle, place.phase == Phase::TimeWait) {
                context.sockets.get_mut::<Socket<'_>>(handle).abort();
            }
        }
    }

    /// What it has seen since it was made.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How many clients there are, as of the last poll. Those to which a connection is being opened
    /// or closed count, those in TIME-WAIT do not: for them nothing is left to do.
    pub fn connections(&self) -> usize {
        let idle = [Phase::Free, Phase::Listening, Phase::TimeWait];
        let taken = |place: &&Place| !idle.contains(&place.phase);
        self.places.iter().filter(taken).count()
    }

    /// Ends TIME-WAIT early where no other place is free for the next client.
    ///
    /// RFC 9293 keeps a closed connection for a while in case its last acknowledgement is lost; if
    /// it is, the client now gets a reset, for a connection that it has closed already.
    fn reuse_time_wait(&mut self, sockets: &mut Sockets<'a>) {
        for place in self.places.iter_mut() {
            // In its first poll in this phase the client's close has not been acknowledged.
            if let (Phase::TimeWait, true, Some(handle)) =
                (place.phase, place.settled, place.handle)
            {
                place.listen(sockets.get_mut(handle), self.config.port);
                return;
            }
        }
    }
}

/// What a [`Server`] keeps for one connection beside its socket.
#[derive(Debug)]
pub struct Place {
    handle: Option<SocketHandle>,
    upper: Upper,
    phase: Phase,
    /// Whether it has been in this phase for more than one poll.
    settled: bool,
    /// When the connection last made progress: its phase changed, or bytes moved.
    progress: Instant,
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

    fn poll(
        &mut self,
        now: Instant,
        socket: &mut Socket<'_>,
        config: &Config,
        counters: &mut Counters,
    ) -> Option<Instant> {
        self.note_progress(now, socket, counters);
        let moved = match self.phase {
            Phase::Open | Phase::HalfClosed => self.serve(socket, config.once),
            Phase::Closing => discard(socket),
            _ => false,
        };
        if moved {
            self.progress = now;
        }
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
            socket.abort();
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

    fn listen(&mut self, socket: &mut Socket<'_>, port: u16) {
        self.upper = Upper::new();
        self.once = None;
        // Cannot fail: the port is not 0, and the socket is not open.
        let _ = socket.listen(port);
        self.phase = Phase::of(socket);
    }

    /// Answers what there is room for, closes at the end; returns whether anything moved.
    fn serve(&mut self, socket: &mut Socket<'_>, once: bool) -> bool {
        let mut chunk = [0; CHUNK];
        let mut moved = false;
        if once && self.once.is_none() && socket.can_recv() {
            self.once = Some(socket.recv_queue());
        }
        loop {
            let room = socket.send_capacity() - socket.send_queue();
            let output = &mut chunk[..room.min(CHUNK)];
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

/// Lets a client that writes on after its last answer come to its end; that is no progress.
fn discard(socket: &mut Socket<'_>) -> bool {
    while let Ok(1..) = socket.recv(|text| (text.len(), text.len())) {}
    false
}
