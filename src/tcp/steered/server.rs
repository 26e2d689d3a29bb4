//! The server: what it is made of, and how it ends.

mod places;
mod steering;

use managed::ManagedSlice;
use smoltcp::iface::SocketStorage;
use smoltcp::socket::tcp::{Socket, SocketBuffer, State};

use super::alarms::Alarms;
use super::index::Index;
use super::list::List;
use super::place::Kin;
use super::{Entry, Place, Pool};
use crate::stack::{Context, SocketsFull};
use crate::tcp::{Config, Counters, SetupError, storage};

/// Serves as many clients at a time as it has places, each at the cost of one.
///
/// It does for its clients what [`tcp::Server`](crate::tcp::Server) does.
pub struct Server<'a> {
    places: ManagedSlice<'a, Place<'a>>,
    entries: ManagedSlice<'a, Entry>,
    config: Config,
    chunk: ManagedSlice<'a, u8>,
    counters: Counters,
    closed: bool,
    index: Index,
    alarms: Alarms,
    free: List,
    opening: List,
    time_wait: List,
    busy: List,
    /// The place that was given a frame, or is about to be.
    touched: Option<usize>,
    /// Places that count for [`Config::connections`].
    used: usize,
    /// Places with a connection that is not in TIME-WAIT.
    taken: usize,
}

impl<'a> Server<'a> {
    /// A server in the caller's storage. It takes no socket slots of the stack.
    ///
    /// The seed is to be another one at each start, and secret: who knows it can choose
    /// connections that take long to find.
    ///
    /// # Errors
    /// If `N` or the port is 0.
    pub fn new<const N: usize, const RECEIVE: usize, const TRANSMIT: usize>(
        pool: &'a mut Pool<'a, N, RECEIVE, TRANSMIT>,
        config: Config,
        random_seed: u64,
    ) -> Result<Self, SetupError> {
        Self::from_parts(
            &mut pool.slots,
            &mut pool.places[..],
            &mut pool.entries[..],
            pool.buffers.iter_mut().map(|buffers| buffers.split()),
            config,
            random_seed,
        )
    }

    /// A server whose number of connections or buffer sizes are known at run time only. For each
    /// place it takes one slot, one entry and the next pair of buffers (receive, transmit).
    ///
    /// # Errors
    /// As [`new`](Self::new), and if there are fewer slots, entries or buffers than places, or a
    /// buffer is empty, or a receive buffer is of a size that
    /// [`window_within`](crate::tcp::window_within) does not give.
    pub fn from_parts(
        slots: &'a mut [SocketStorage<'a>],
        places: impl Into<ManagedSlice<'a, Place<'a>>>,
        entries: impl Into<ManagedSlice<'a, Entry>>,
        buffers: impl IntoIterator<Item = (SocketBuffer<'a>, SocketBuffer<'a>)>,
        config: Config,
        random_seed: u64,
    ) -> Result<Self, SetupError> {
        let (mut places, mut entries) = (places.into(), entries.into());
        let (capacity, mut slots) = (slots.len(), slots.iter_mut());
        let mut buffers = buffers.into_iter();
        if places.is_empty() || entries.len() < places.len() {
            return Err(SetupError::NoPlace);
        }
        if config.port == 0 {
            return Err(SetupError::Port);
        }
        entries.fill(Entry::EMPTY);
        let mut free = List::new(|entry| &mut entry.kin);
        for (number, place) in places.iter_mut().enumerate() {
            let (receive, transmit) = buffers.next().ok_or(SetupError::NoPlace)?;
            let mut socket = storage::socket(receive, transmit)?;
            socket.set_keep_alive(config.keep_alive);
            socket.set_timeout(config.silence_timeout);
            let slot = slots.next().ok_or(SocketsFull { capacity })?;
            place.furnish(slot, socket);
            place.kin = Some(Kin::Free);
            free.push_back(&mut entries, number);
        }
        Ok(Self {
            places,
            entries,
            config,
            chunk: ManagedSlice::Borrowed(&mut []),
            counters: Counters::default(),
            closed: false,
            index: Index::new(random_seed),
            alarms: Alarms::default(),
            free,
            opening: List::new(|entry| &mut entry.kin),
            time_wait: List::new(|entry| &mut entry.kin),
            busy: List::new(|entry| &mut entry.busy),
            touched: None,
            used: 0,
            taken: 0,
        })
    }

    /// Upper-cases as many bytes at a time as `chunk` has, as
    /// [`tcp::Server::with_chunk`](crate::tcp::Server::with_chunk) does.
    pub fn with_chunk(mut self, chunk: impl Into<ManagedSlice<'a, u8>>) -> Self {
        self.chunk = chunk.into();
        self
    }

    /// Stops listening, and closes every connection once what has been answered so far is sent.
    ///
    /// Go on polling until there are no [`connections`](Self::connections).
    pub fn close(&mut self, context: &mut Context<'_, 'a>) {
        self.end_all(context, Socket::close);
    }

    /// Stops listening, and ends every connection at once; the next poll sends the clients a reset.
    pub fn abort(&mut self, context: &mut Context<'_, 'a>) {
        self.end_all(context, |socket| {
            if socket.state() != State::TimeWait {
                socket.abort();
            }
        });
    }

    /// What it has seen since it was made.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How many clients there are, as [`tcp::Server::connections`](crate::tcp::Server::connections)
    /// says.
    pub fn connections(&self) -> usize {
        self.taken
    }

    fn end_all(&mut self, context: &mut Context<'_, 'a>, end: impl Fn(&mut Socket<'a>)) {
        self.closed = true;
        context.gone(self.config.port);
        for number in 0..self.places.len() {
            if let Some(socket) = self.places[number].socket() {
                end(socket);
                self.note(number, false);
                self.queue(number);
            }
        }
    }
}
