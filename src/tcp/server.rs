use managed::ManagedSlice;
use smoltcp::socket::tcp::{CongestionControl, Socket, SocketBuffer};
use smoltcp::time::{Duration, Instant};

use super::phase::Phase;
use super::place::{Place, RESET_TIMEOUT};
use super::storage::{self, Pool, SetupError};
use crate::PORT;
use crate::stack::{Context, Sockets, earliest};

/// How long a client may take to acknowledge the SYN of the server even if others wait for the place:
/// it is retransmitted after 1 s (RFC 6298, 2.1), and a second is longer than any round trip.
pub(super) const HALF_OPEN_GRACE: Duration = Duration::from_secs(2);

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
    /// them a client that connects as soon as the one before it has closed may have to wait.
    pub connections: usize,
    /// Close after the first answer, as the server of the classic exercise does, instead of when
    /// the client has closed.
    pub once: bool,
    /// How long a client may take to confirm that the connection is open.
    pub handshake_timeout: Option<Duration>,
    /// How long a connection stays open while no text moves either way.
    pub idle_timeout: Option<Duration>,
    /// How long a client may take to confirm more of the end of its answer, and then to close its
    /// side. One that goes on to take some keeps its place.
    pub close_timeout: Option<Duration>,
    /// How often a silent client is asked whether it is still there (RFC 9293, 3.8.4).
    pub keep_alive: Option<Duration>,
    /// How long a client may send nothing at all, not even an acknowledgement. Longer than
    /// `keep_alive` and than 60 s, or live clients are taken for dead: the probes of a client that
    /// does not read for a while come up to 60 s apart.
    pub silence_timeout: Option<Duration>,
    /// How much is sent before it is acknowledged, so that the path is not overloaded (RFC 9293,
    /// 3.8.2): Cubic (RFC 9438) with the feature `cubic`, else Reno (RFC 5681), unless another one
    /// is chosen. [`CongestionControl::None`] is for a link that no other host uses.
    pub congestion_control: CongestionControl,
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
            congestion_control: storage::CONGESTION_CONTROL,
        }
    }
}

impl Config {
    pub(super) fn limit(&self, phase: Phase) -> Option<Duration> {
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
/// once.
///
/// When all are taken, further clients wait, in the stack's
/// [backlog](crate::Stack::with_backlog) or until they ask again. None is refused.
pub struct Server<'a> {
    places: ManagedSlice<'a, Place>,
    config: Config,
    chunk: ManagedSlice<'a, u8>,
    counters: Counters,
    closed: bool,
}

impl<'a> Server<'a> {
    /// A server in the caller's storage. It takes `N` socket slots.
    ///
    /// # Errors
    /// If the stack has fewer slots left or four servers already, or `N` or the port is 0.
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
    /// As [`new`](Self::new), and if there are fewer buffers than places, or one is empty, or a
    /// receive buffer is of a size that [`window_within`](super::window_within) does not give.
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
        if !sockets.takes_server() {
            return Err(SetupError::TooManyServers);
        }
        for (i, place) in places.iter_mut().enumerate() {
            let (receive, transmit) = buffers.next().ok_or(SetupError::NoPlace)?;
            let mut socket = storage::socket(receive, transmit)?;
            socket.set_keep_alive(config.keep_alive);
            socket.set_timeout(config.silence_timeout);
            socket.set_congestion_control(config.congestion_control);
            if i == 0 || i < config.connections {
                socket.listen(config.port).map_err(|_| SetupError::Port)?;
            }
            *place = Place::new();
            place.handle = Some(sockets.add(socket)?);
        }
        sockets.add_server();
        Ok(Self {
            places,
            config,
            chunk: ManagedSlice::Borrowed(&mut []),
            counters: Counters::default(),
            closed: false,
        })
    }

    /// Upper-cases as many bytes at a time as `chunk` has, instead of 512 on the stack. Bulk text
    /// takes a tenth less time with 8 KiB, and not less with more.
    pub fn with_chunk(mut self, chunk: impl Into<ManagedSlice<'a, u8>>) -> Self {
        self.chunk = chunk.into();
        self
    }

    /// Answers what has arrived; returns when it wants to be called even if nothing arrives.
    pub fn poll(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        let mut deadline = None;
        let expired = self.counters.expired;
        for place in self.places.iter_mut() {
            let Some(handle) = place.handle else { continue };
            let socket = context.sockets.get_mut::<Socket<'_>>(handle);
            let (config, chunk, counters) = (&self.config, &mut self.chunk, &mut self.counters);
            let due = place.poll(context.now, socket, config, chunk, counters);
            let client = socket.remote_endpoint();
            deadline = earliest(deadline, due);
            if let Some(client) = client {
                context.answer(&client.addr);
            }
            if place.phase == Phase::TimeWait && !place.settled {
                // The client's close is still to be acknowledged.
                context.transmit_first();
            }
        }
        if !self.closed {
            if self.listen(context.sockets) {
                context.admit(self.config.port);
            } else if context.busy(self.config.port) {
                self.reuse_half_open(context);
            }
        }
        if self.counters.expired != expired {
            context.forgot_half_open();
        }
        deadline
    }

    /// Gives the place of whoever has not confirmed for longest to a client that would.
    fn reuse_half_open(&mut self, context: &mut Context<'_, 'a>) {
        let opening = self.places.iter_mut();
        let opening = opening.filter(|place| place.phase == Phase::Opening);
        let oldest = opening.min_by_key(|place| place.progress);
        if let Some(place) = oldest.filter(|place| context.now >= place.progress + HALF_OPEN_GRACE)
            && let Some(handle) = place.handle
        {
            let socket = context.sockets.get_mut::<Socket<'_>>(handle);
            socket.abort();
            place.listen(socket, &self.config);
            self.counters.expired = self.counters.expired.wrapping_add(1);
            context.admit(self.config.port);
        }
    }

    /// Lets as many places listen as further clients may come; returns whether one does.
    fn listen(&mut self, sockets: &mut Sockets<'a>) -> bool {
        let (mut used, mut listening) = (0, false);
        for handle in self.places.iter().filter_map(|place| place.handle) {
            // What it is now: some have begun to close in this poll.
            let phase = Phase::of(sockets.get(handle));
            listening |= phase == Phase::Listening;
            used += usize::from(phase.is_used());
        }
        let allowed = self.config.connections.max(1).saturating_sub(used);
        let free = self.places.iter_mut();
        let free = free.filter(|place| place.phase == Phase::Free);
        for place in free.take(allowed) {
            if let Some(handle) = place.handle {
                place.listen(sockets.get_mut(handle), &self.config);
                listening = true;
            }
        }
        if !listening && allowed > 0 {
            listening = self.reuse_time_wait(sockets);
        }
        listening
    }

    /// Stops listening, and closes every connection once what has been answered so far is sent.
    ///
    /// Go on polling until there are no [`connections`](Self::connections).
    pub fn close(&mut self, context: &mut Context<'_, 'a>) {
        self.stop_listening(context);
        for handle in self.places.iter().filter_map(|place| place.handle) {
            context.sockets.get_mut::<Socket<'_>>(handle).close();
        }
    }

    /// Stops listening, and ends every connection at once; the clients get a reset.
    pub fn abort(&mut self, context: &mut Context<'_, 'a>) {
        self.stop_listening(context);
        for place in self.places.iter() {
            if let (Some(handle), false) = (place.handle, place.phase == Phase::TimeWait) {
                context.sockets.get_mut::<Socket<'_>>(handle).abort();
            }
        }
    }

    fn stop_listening(&mut self, context: &mut Context<'_, 'a>) {
        self.closed = true;
        context.gone(self.config.port);
    }

    /// What it has seen since it was made.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How many clients there are, as of the last poll. Those to which a connection is being opened
    /// or closed count, those in TIME-WAIT do not: for them nothing is left to do.
    pub fn connections(&self) -> usize {
        let taken = |place: &&Place| place.phase.is_taken();
        self.places.iter().filter(taken).count()
    }

    /// Ends TIME-WAIT early where no other place is free for the next client.
    ///
    /// RFC 9293 keeps a closed connection for a while in case its last acknowledgement is lost; if
    /// it is, the client now gets a reset, for a connection that it has closed already.
    fn reuse_time_wait(&mut self, sockets: &mut Sockets<'a>) -> bool {
        for place in self.places.iter_mut() {
            // In its first poll in this phase the client's close has not been acknowledged.
            if let (Phase::TimeWait, true, Some(handle)) =
                (place.phase, place.settled, place.handle)
            {
                place.listen(sockets.get_mut(handle), &self.config);
                return true;
            }
        }
        false
    }
}
