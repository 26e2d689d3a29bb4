//! The client: connects, sends, receives, and closes.

mod error;

use core::fmt;
use core::task::Poll;

use smoltcp::socket::tcp::{CongestionControl, RecvError, Socket, SocketBuffer, State};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpEndpoint;

use super::buffers::Buffers;
use super::error::SetupError;
use super::phase::Phase;
use super::socket::{check_buffers, new_socket};
use crate::logging::info;
use crate::packet::FourTuple;
use crate::stack::{
    ClientSlot, Context, End, LONGEST_TIMEOUT, Slot, Sockets, Unreachable, connect,
};

pub use self::error::Error;

/// How often a silent server is asked whether it is still there (RFC 9293, 3.8.4).
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// The storage of a [`Client`]: see [`Buffers`] for the sizes. It is lent for as long as the client's
/// stack lives.
#[derive(Default)]
pub struct ClientStorage<'a, const RECEIVE: usize, const TRANSMIT: usize> {
    slot: ClientSlot<'a>,
    buffers: Buffers<RECEIVE, TRANSMIT>,
}

impl<const RECEIVE: usize, const TRANSMIT: usize> fmt::Debug
    for ClientStorage<'_, RECEIVE, TRANSMIT>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientStorage")
            .field("receive", &RECEIVE)
            .field("transmit", &TRANSMIT)
            .finish_non_exhaustive()
    }
}

impl<const RECEIVE: usize, const TRANSMIT: usize> ClientStorage<'_, RECEIVE, TRANSMIT> {
    /// Storage without a connection. Sizes that cannot work do not compile.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            slot: ClientSlot::new(),
            buffers: Buffers::new(),
        }
    }
}

/// Sends a text over TCP and receives what comes back.
///
/// No call waits: [`send`](Self::send) takes what there is room for, [`receive`](Self::receive)
/// gives what is there. Call them whenever the stack polls its services.
///
/// ```text
/// client.connect(context, server)?;
/// // at each poll:
/// sent += client.send(context, &text[sent..])?;
/// if sent == text.len() { client.finish(context) }
/// match client.receive(context, &mut buffer)? {
///     Poll::Ready(0) => ..,       // the server has closed: this was all
///     Poll::Ready(length) => .., // a piece of the answer
///     Poll::Pending => ..,
/// }
/// ```
#[derive(Debug)]
pub struct Client {
    slot: Slot,
    timeout: Duration,
    congestion_control: CongestionControl,
    nagle: bool,
    ack_delay: Option<Duration>,
    server: Option<IpEndpoint>,
    phase: Phase,
    /// When the connection last made progress: its phase changed, or bytes moved.
    progress: Instant,
    /// Bytes that were not acknowledged at the last call.
    unacknowledged: usize,
    finished: bool,
    server_finished: bool,
    error: Option<Error>,
}

impl Client {
    /// A client in the caller's storage. It takes no socket slot.
    ///
    /// `timeout` is how long to wait for the connection to open, and later for any progress while
    /// bytes are not acknowledged or the end of the answer is due.
    ///
    /// # Errors
    /// None: sizes that cannot work do not compile.
    pub fn new<'a, const RECEIVE: usize, const TRANSMIT: usize>(
        sockets: &mut Sockets<'a>,
        storage: &'a mut ClientStorage<'a, RECEIVE, TRANSMIT>,
        timeout: Duration,
    ) -> Result<Self, SetupError> {
        let (receive, transmit) = storage.buffers.split();
        Self::from_parts(sockets, &mut storage.slot, receive, transmit, timeout)
    }

    /// A client with buffers of sizes that are known at run time only.
    ///
    /// # Errors
    /// If a buffer is empty, or the receive buffer of a size that
    /// [`window_within`](super::window_within) does not give.
    pub fn from_parts<'a>(
        sockets: &mut Sockets<'a>,
        slot: &'a mut ClientSlot<'a>,
        receive: SocketBuffer<'a>,
        transmit: SocketBuffer<'a>,
        timeout: Duration,
    ) -> Result<Self, SetupError> {
        check_buffers(&receive, &transmit)?;
        let mut socket = new_socket(receive, transmit);
        socket.set_keep_alive(Some(KEEP_ALIVE));
        Ok(Self {
            slot: sockets.add_client(slot, socket),
            timeout: timeout.min(LONGEST_TIMEOUT),
            congestion_control: CongestionControl::Reno,
            nagle: false,
            ack_delay: None,
            server: None,
            phase: Phase::Free,
            progress: Instant::ZERO,
            unacknowledged: 0,
            finished: false,
            server_finished: false,
            error: Some(Error::NotConnected),
        })
    }

    /// Chooses Nagle's algorithm (RFC 9293, 3.7.4), from the next connection on: a segment that is not
    /// full waits while payload is not acknowledged. By default none waits.
    pub fn set_nagle(&mut self, nagle: bool) {
        self.nagle = nagle;
    }

    /// Chooses how long an acknowledgement waits for payload to go with (RFC 9293, 3.8.6.3), from the
    /// next connection on. By default none waits.
    pub fn set_ack_delay(&mut self, ack_delay: Option<Duration>) {
        self.ack_delay = ack_delay;
    }

    /// Changes the timeout of [`new`](Self::new), from now on.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout.min(LONGEST_TIMEOUT);
    }

    /// Chooses another congestion control, from the next connection on; see
    /// [`Config::congestion_control`](super::Config::congestion_control).
    pub fn set_congestion_control(&mut self, congestion_control: CongestionControl) {
        self.congestion_control = congestion_control;
    }

    /// Whether Nagle's algorithm was chosen.
    #[must_use]
    pub fn nagle(&self) -> bool {
        self.nagle
    }

    /// How long an acknowledgement waits for payload to go with.
    #[must_use]
    pub fn ack_delay(&self) -> Option<Duration> {
        self.ack_delay
    }

    /// How long it waits for progress: see [`new`](Self::new).
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Which congestion control was chosen.
    #[must_use]
    pub fn congestion_control(&self) -> CongestionControl {
        self.congestion_control
    }

    /// Begins to open a connection, from a new port. What was left of an earlier connection is
    /// forgotten.
    ///
    /// # Errors
    /// [`Error::NoRoute`] if there is no way to the server's address, [`Error::Unaddressable`] if
    /// that or the port is not one that a server can have.
    pub fn connect(
        &mut self,
        context: &mut Context<'_, '_>,
        server: IpEndpoint,
    ) -> Result<(), Error> {
        if server.port == 0 || !context.is_one_host(&server.addr) {
            return Err(Error::Unaddressable);
        }
        if context.next_hop(&server.addr).is_none() {
            return Err(Error::NoRoute);
        }
        let address = context.source_for(&server.addr).ok_or(Error::NoRoute)?;
        let tuple = FourTuple {
            local: IpEndpoint::new(address, context.ephemeral_port()),
            remote: server,
        };
        let socket = context.sockets.client(self.slot).socket_mut();
        socket.abort();
        // smoltcp 0.14 would go on with what it knows of the last server's path.
        socket.set_congestion_control(self.congestion_control);
        socket.set_nagle_enabled(self.nagle);
        socket.set_ack_delay(self.ack_delay);
        connect(context, self.slot, tuple).map_err(|_| Error::NoRoute)?;
        let socket = context.sockets.client(self.slot).socket();
        self.server = Some(server);
        self.phase = Phase::of(socket);
        self.progress = context.now;
        self.unacknowledged = 0;
        self.finished = false;
        self.server_finished = false;
        self.error = None;
        Ok(())
    }

    /// Whether the connection is open, or was until the server closed it.
    ///
    /// # Errors
    /// Why it is not open, and will not be.
    pub fn is_open(&mut self, context: &mut Context<'_, '_>) -> Result<bool, Error> {
        self.advance(context)?;
        Ok(self.phase.is_opened())
    }

    /// Takes the beginning of `text` as far as there is room and returns how much that is: 0 where
    /// there is none, before the connection is open, and after [`finish`](Self::finish).
    ///
    /// # Errors
    /// Why the connection cannot be used any more.
    pub fn send(&mut self, context: &mut Context<'_, '_>, text: &[u8]) -> Result<usize, Error> {
        self.advance(context)?;
        let socket = context.sockets.client(self.slot).socket_mut();
        let sent = socket.send_slice(text).unwrap_or(0);
        if sent > 0 {
            self.progress = context.now;
            self.unacknowledged += sent;
        }
        Ok(sent)
    }

    /// Says that this was the whole text. The server's answer can still be received.
    pub fn finish(&mut self, context: &mut Context<'_, '_>) {
        let socket = context.sockets.client(self.slot).socket_mut();
        if !self.finished && socket.may_send() {
            self.note_end(socket);
            self.finished = true;
            self.progress = context.now;
            socket.close();
            self.phase = Phase::of(socket);
        }
    }

    /// Puts what has arrived into `answer` and returns its length; 0 is the end of the answer.
    ///
    /// Take all of it, until [`Poll::Pending`], or poll the stack again at once: while something is
    /// left, the window may be shut, and then nothing happens that would wake the stack.
    ///
    /// # Errors
    /// Why nothing more will arrive. What had arrived before comes first.
    pub fn receive(
        &mut self,
        context: &mut Context<'_, '_>,
        answer: &mut [u8],
    ) -> Result<Poll<usize>, Error> {
        let failure = self.advance(context).err();
        let socket = context.sockets.client(self.slot).socket_mut();
        match socket.recv_slice(answer) {
            Ok(length) if length > 0 => {
                self.progress = context.now;
                Ok(Poll::Ready(length))
            }
            Err(RecvError::Finished) => failure.map_or(Ok(Poll::Ready(0)), Err),
            _ => failure.map_or(Ok(Poll::Pending), Err),
        }
    }

    /// Whether both sides have closed. The stack may still have to send the last acknowledgement,
    /// as it does at the end of each poll; a program that ends before leaves the server waiting.
    ///
    /// # Errors
    /// Why the connection ended in another way.
    pub fn is_closed(&mut self, context: &mut Context<'_, '_>) -> Result<bool, Error> {
        self.advance(context)?;
        Ok(matches!(self.phase, Phase::Free | Phase::TimeWait))
    }

    /// Ends the connection at once; the server gets a reset if there is one. What follows is
    /// [`Error::NotConnected`].
    pub fn abort(&mut self, context: &mut Context<'_, '_>) {
        context.sockets.client(self.slot).socket_mut().abort();
        self.error = Some(Error::NotConnected);
    }

    /// When it wants to be called even if nothing arrives.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.is_waiting().then(|| self.progress + self.timeout)
    }

    /// Whether it is the other side's turn.
    fn is_waiting(&self) -> bool {
        let due = match self.phase {
            Phase::Opening | Phase::Closing => true,
            _ => self.unacknowledged > 0 || self.finished && !self.server_finished,
        };
        due && self.error.is_none()
    }

    /// Takes note of what has happened to the connection.
    fn advance(&mut self, context: &mut Context<'_, '_>) -> Result<(), Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let connection = context.sockets.client(self.slot);
        let returned = connection.control().unreachable();
        let is_address_gone = connection.control().end() == Some(End::AddressGone);
        let socket = connection.socket_mut();
        let (phase, before) = (Phase::of(socket), self.phase);
        let unacknowledged = socket.send_queue();
        self.note_end(socket);
        // While there is something to take, the server waits for this client.
        if phase != before || unacknowledged != self.unacknowledged || socket.can_recv() {
            self.progress = context.now;
        }
        (self.phase, self.unacknowledged) = (phase, unacknowledged);
        let all_done = self.finished && self.server_finished && unacknowledged == 0;
        let failure = match phase {
            Phase::Free if is_address_gone && !all_done => Some(Error::AddressGone),
            Phase::Free if before == Phase::Opening => Some(Error::Refused),
            Phase::Free if before.is_opened() && !all_done => Some(Error::Reset),
            // RFC 9293, 3.9.2.2: "These are hard error conditions, so TCP implementations SHOULD
            // abort the connection (SHLD-26)."
            Phase::Opening if returned == Some(Unreachable::Port) => Some(Error::Refused),
            _ => None,
        };
        let late = self
            .deadline()
            .is_some_and(|deadline| context.now >= deadline);
        let failure = failure.or_else(|| {
            late.then(|| match self.server {
                // RFC 1122, 4.2.3.9: "Since these Unreachable messages indicate soft error
                // conditions, TCP MUST NOT abort the connection"; they name its failure.
                _ if phase == Phase::Opening && returned.is_some() => Error::Unreachable,
                Some(server) if phase == Phase::Opening && context.is_silent(&server.addr) => {
                    Error::NoNeighbor
                }
                _ => Error::TimedOut,
            })
        });
        let connection = context.sockets.client(self.slot);
        if failure.is_some() {
            connection.socket_mut().abort();
            self.error = failure;
        }
        let is_over = phase.is_over() || failure.is_some();
        if is_over && before.is_opened() && !before.is_over() {
            info!("TCP: {}", connection.control().summary(context.now));
        }
        failure.map_or(Ok(()), Err)
    }

    fn note_end(&mut self, socket: &Socket<'_>) {
        self.server_finished |= matches!(
            socket.state(),
            State::CloseWait | State::Closing | State::LastAck | State::TimeWait
        );
    }
}
