use core::fmt;

use managed::ManagedSlice;
use smoltcp::socket::tcp::{Socket, State};
use smoltcp::time::Instant;

use super::config::Config;
use super::counters::Counters;
use super::error::SetupError;
use super::handler::Handler;
use super::index::{Hash, Index, Kind, Scan, Work};
use super::phase::Phase;
use super::pool::{HashPool, Pool};
use super::session::Session;
use crate::packet::FourTuple;
use crate::stack::{Connection, Context, Egress, Room, Service, Slot, Sockets, Table, earliest};
use crate::transform::Ascii;

/// Connections with an expired timer that are served in one poll, at most.
const EXPIRED_PER_POLL: usize = 64;
/// Packets that are transmitted before frames are received again.
const PACKETS_PER_POLL: usize = 256;
/// Connections that find no room in the device before the others wait, too.
const REFUSALS: usize = 4;

/// Serves as many clients at a time as it has sessions, each with a [`Handler`] of its own.
///
/// Every byte is given to the handler as soon as it arrives. When the client closes its side, the
/// server sends what is left and closes too. It takes from a client only what it has room to
/// answer, so a client that does not read is slowed down and nothing is lost. A session that
/// becomes free takes another client at once.
///
/// When all are taken, further clients wait, in the stack's
/// [backlog](crate::Stack::with_backlog) or until they send their SYN again. None is refused.
///
/// It is a [`Service`]: give it to [`Stack::poll`](crate::Stack::poll).
pub struct Server<'a, H: Handler + 'a = Ascii, I: Index = Scan<'a>> {
    sessions: ManagedSlice<'a, Session<'a, H>>,
    index: I,
    shared: H::Shared,
    config: Config,
    chunk: ManagedSlice<'a, u8>,
    counters: Counters,
    closed: bool,
    /// When a half-open connection was last given up.
    gave_up: Option<Instant>,
    /// Sessions that count for [`Config::connections`].
    used: usize,
    /// Sessions with a client for which something is left to do.
    taken: usize,
}

impl<'a, H: Handler + 'a, I: Index> fmt::Debug for Server<'a, H, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("config", &self.config)
            .field("sessions", &self.sessions.len())
            .field("connections", &self.taken)
            .field("counters", &self.counters)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

impl<'a, H: Handler + 'a> Server<'a, H> {
    /// A server in the caller's storage, for a handful of connections. It takes no socket slots of
    /// the stack.
    ///
    /// # Errors
    /// If `N` or the port is 0, or the stack has a server on that port.
    pub fn new<const N: usize, const RECEIVE: usize, const TRANSMIT: usize>(
        sockets: &mut Sockets<'a>,
        pool: &'a mut Pool<'a, N, RECEIVE, TRANSMIT, H>,
        config: Config,
    ) -> Result<Self, SetupError> {
        let (sessions, marks) = pool.split()?;
        Self::from_parts(sockets, sessions, Scan::new(marks), config)
    }
}

impl<'a, H: Handler + 'a> Server<'a, H, Hash<'a>> {
    /// A server in the caller's storage, for many connections: what it does for one does not depend
    /// on how many there are.
    ///
    /// The seed is that of [`Hash::new`].
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn hashed<const N: usize, const RECEIVE: usize, const TRANSMIT: usize>(
        sockets: &mut Sockets<'a>,
        pool: &'a mut HashPool<'a, N, RECEIVE, TRANSMIT, H>,
        config: Config,
        random_seed: u64,
    ) -> Result<Self, SetupError> {
        let (sessions, entries) = pool.split()?;
        Self::from_parts(sockets, sessions, Hash::new(entries, random_seed), config)
    }
}

impl<'a, H: Handler + 'a, I: Index> Server<'a, H, I> {
    /// A server with a number of connections or buffer sizes that are known at run time only.
    ///
    /// # Errors
    /// If there is no session, the index has room for fewer connections than there are sessions,
    /// the port is 0, or the stack has a server on that port.
    pub fn from_parts(
        sockets: &mut Sockets<'a>,
        sessions: impl Into<ManagedSlice<'a, Session<'a, H>>>,
        index: I,
        config: Config,
    ) -> Result<Self, SetupError> {
        let sessions = sessions.into();
        if sessions.is_empty() || index.capacity() < sessions.len() {
            return Err(SetupError::NoSession);
        }
        if config.port == 0 {
            return Err(SetupError::Port);
        }
        sockets.serve(config.port)?;
        let mut server = Self {
            sessions,
            index,
            shared: H::Shared::default(),
            config,
            chunk: ManagedSlice::Borrowed(&mut []),
            counters: Counters::default(),
            closed: false,
            gave_up: None,
            used: 0,
            taken: 0,
        };
        // Those in front are taken first.
        for number in (0..server.sessions.len()).rev() {
            let socket = server.sessions[number].connection.socket_mut();
            socket.set_keep_alive(config.question_interval());
            socket.set_timeout(config.silence_timeout);
            server.index.sort(number, Some(Kind::Free));
        }
        Ok(server)
    }

    /// Moves as many bytes at a time as `chunk` has, instead of 512 on the stack. Bulk text takes a
    /// tenth less time with 8 KiB, and not less with more.
    #[must_use]
    pub fn with_chunk(mut self, chunk: impl Into<ManagedSlice<'a, u8>>) -> Self {
        self.chunk = chunk.into();
        self
    }

    /// Sets the state that all connections share.
    #[must_use]
    pub fn with_shared(mut self, shared: H::Shared) -> Self {
        self.shared = shared;
        self
    }

    /// The state that all connections share.
    pub fn shared(&self) -> &H::Shared {
        &self.shared
    }

    /// The state that all connections share, to change it.
    pub fn shared_mut(&mut self) -> &mut H::Shared {
        &mut self.shared
    }

    /// Accepts no further client, and closes every connection once what has been answered so far
    /// is sent. A client that has not acknowledged the SYN-ACK gets a reset.
    ///
    /// Go on polling until there are no [`connections`](Self::connections).
    pub fn close(&mut self) {
        self.end_all(|socket| match socket.state() {
            // smoltcp 0.14 would take the acknowledgement of the SYN-ACK for that of its FIN.
            State::SynReceived => socket.abort(),
            _ => socket.close(),
        });
    }

    /// Accepts no further client, and ends every connection at once; the next poll sends the
    /// clients a reset.
    pub fn abort(&mut self) {
        self.end_all(|socket| {
            if socket.state() != State::TimeWait {
                socket.abort();
            }
        });
    }

    /// What it has seen since it was made.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How many clients there are. Those to which a connection is being opened or closed count,
    /// those in TIME-WAIT do not: for them nothing is left to do.
    pub fn connections(&self) -> usize {
        self.taken
    }

    fn end_all(&mut self, end: impl Fn(&mut Socket<'a>)) {
        self.closed = true;
        for number in 0..self.sessions.len() {
            end(self.sessions[number].connection.socket_mut());
            self.note(number, false);
            self.index.queue(number, Work::Serve);
        }
    }

    /// Serves a connection: a segment has come for it, or its timer has expired.
    fn serve(&mut self, number: usize, now: Instant) {
        let session = &mut self.sessions[number];
        let (shared, config) = (&mut self.shared, &self.config);
        let (chunk, counters) = (&mut self.chunk, &mut self.counters);
        let was_opening = session.phase_now() == Phase::Opening;
        let mut deadline = session.serve(shared, now, config, chunk, counters);
        let phase = session.phase_now();
        if was_opening && phase == Phase::Free {
            self.gave_up = Some(now);
        }
        if session.phase != Phase::Free && session.phase != phase {
            // It has closed, or was given up: another time limit begins at this moment.
            deadline = session.serve(shared, now, config, chunk, counters);
        }
        let given_up = session.phase == Phase::Free && phase == Phase::Resetting;
        if given_up || phase == Phase::Listening {
            // Its reset cannot be sent, or its SYN was none, or the client has reset it.
            session.connection.forget();
        }
        session.deadline = deadline;
        self.note(number, false);
        self.index.queue(number, Work::Transmit);
    }

    /// Takes note of the phase of a session; `settled`: and it has sent all that there is to send.
    fn note(&mut self, number: usize, settled: bool) {
        let session = &mut self.sessions[number];
        let phase = session.phase_now();
        let before = core::mem::replace(&mut session.counted, phase);
        self.used = self.used + usize::from(phase.is_used()) - usize::from(before.is_used());
        self.taken = self.taken + usize::from(phase.is_taken()) - usize::from(before.is_taken());
        let kind = self.index.kind(number);
        let new = match phase {
            Phase::Free => Some(Kind::Free),
            Phase::Opening => Some(Kind::Opening),
            // Until then the client's FIN has not been acknowledged.
            Phase::TimeWait if settled => Some(Kind::TimeWait),
            Phase::TimeWait => kind.filter(|kind| *kind == Kind::TimeWait),
            _ => None,
        };
        if new == kind {
            return;
        }
        if new == Some(Kind::Free) && core::mem::take(&mut session.is_bound) {
            self.index.unbind(number);
        }
        self.index.sort(number, new);
    }

    /// A session for another client: a free one, or else the one that has been in TIME-WAIT for
    /// longest.
    ///
    /// RFC 9293 keeps a closed connection for a while in case its last acknowledgement is lost; if
    /// it is, the client now gets a reset, for a connection that it has closed already.
    fn unused(&self) -> Option<usize> {
        let time_wait = || self.index.next_of(Kind::TimeWait, None);
        self.index.next_of(Kind::Free, None).or_else(time_wait)
    }
}

impl<'a, H: Handler + 'a, I: Index> Service<'a> for Server<'a, H, I> {
    fn table(&mut self, port: u16) -> Option<&mut dyn Table<'a>> {
        (port == self.config.port).then_some(self as _)
    }

    fn poll(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        for _ in 0..EXPIRED_PER_POLL {
            match self.index.expire(context.now) {
                Some(number) => self.index.queue(number, Work::Serve),
                None => break,
            }
        }
        while let Some(number) = self.index.next(Work::Serve) {
            self.serve(number, context.now);
        }
        None // What is due is known when all has been transmitted.
    }

    fn transmit(&mut self, egress: &mut dyn Egress) -> Option<Instant> {
        let now = egress.now();
        let (mut packets, mut refusals) = (0, 0);
        while let Some(number) = self.index.next(Work::Transmit) {
            let session = &mut self.sessions[number];
            let transmitted = egress.transmit(&mut session.connection);
            let due = egress.due(&session.connection);
            if due.is_some_and(|due| due <= now) {
                self.index.queue(number, Work::Transmit);
                packets += usize::from(transmitted);
                refusals += usize::from(!transmitted);
                if packets == PACKETS_PER_POLL || refusals == REFUSALS {
                    return Some(now);
                }
                continue;
            }
            if session.phase != session.phase_now() {
                // smoltcp has given it up. Its handler has to know before the next client comes.
                self.serve(number, now);
                continue;
            }
            let due = earliest(due, session.deadline);
            self.note(number, true);
            self.index.schedule(number, due);
        }
        self.index.due()
    }
}

impl<'a, H: Handler + 'a, I: Index> Table<'a> for Server<'a, H, I> {
    fn find(&self, tuple: &FourTuple) -> Option<Slot> {
        let matches = |number: usize| {
            let control = self.sessions[number].connection.control();
            control.four_tuple() == Some(*tuple)
        };
        self.index.find(tuple, matches).map(Slot)
    }

    fn get(&self, Slot(number): Slot) -> Option<&Connection<'a>> {
        let session = self.sessions.get(number)?;
        Some(&session.connection)
    }

    fn room(&self) -> Room {
        if self.closed {
            Room::Closed
        } else if self.used < self.config.connections.max(1) && self.unused().is_some() {
            Room::Free
        } else {
            Room::Full
        }
    }

    fn half_open(&self, after: Option<Slot>) -> Option<Slot> {
        let mut next = self
            .index
            .next_of(Kind::Opening, after.map(|Slot(number)| number));
        // An acknowledgement that has come in this poll is not known to the index yet.
        while let Some(number) = next
            && self.sessions[number].phase_now() != Phase::Opening
        {
            next = self.index.next_of(Kind::Opening, Some(number));
        }
        next.map(Slot)
    }

    fn give_up(&mut self, Slot(number): Slot, now: Instant) -> bool {
        self.sessions[number].connection.forget();
        self.note(number, false);
        self.gave_up = Some(now);
        self.counters.expired = self.counters.expired.wrapping_add(1);
        self.room() == Room::Free
    }

    fn gave_up(&self) -> Option<Instant> {
        self.gave_up
    }

    fn open(&mut self, tuple: &FourTuple, now: Instant) -> Option<Slot> {
        let is_over = |slot: &Slot| {
            let phase = self.sessions[slot.0].phase_now();
            matches!(phase, Phase::Free | Phase::Resetting | Phase::TimeWait)
        };
        let Slot(number) = match self.find(tuple) {
            Some(found) => Some(found).filter(is_over),
            None => self.unused().map(Slot),
        }?;
        let session = &mut self.sessions[number];
        if core::mem::replace(&mut session.is_bound, true) {
            self.index.unbind(number);
        }
        session.listen(*tuple, &self.config, now);
        self.index.bind(tuple, number);
        self.note(number, false);
        Some(Slot(number))
    }

    fn touch(&mut self, Slot(number): Slot) -> Option<&mut Connection<'a>> {
        self.index.queue(number, Work::Serve);
        let session = self.sessions.get_mut(number)?;
        Some(&mut session.connection)
    }
}
