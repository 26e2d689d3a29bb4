use managed::ManagedSlice;
use smoltcp::iface::{SocketSet, SocketStorage};
use smoltcp::phy::Device;
use smoltcp::socket::tcp::{Socket, SocketBuffer, State};
use smoltcp::time::Instant;

use super::super::phase::Phase;
use super::super::server::HALF_OPEN_GRACE;
use super::super::storage;
use super::alarms::Alarms;
use super::index::Index;
use super::list::List;
use super::place::Kin;
use super::{Entry, Place, Pool};
use crate::stack::{
    Arrival, Content, Context, Egress, Ends, SocketsFull, Steering, connection, earliest,
};
use crate::tcp::{Config, Counters, SetupError};

/// Places whose time has come that are served in one go.
const ALARMS_PER_POLL: usize = 64;
/// Turns of each place to transmit one packet before frames are received again.
const PASSES: usize = 64;

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
    /// buffer is empty or larger than [`LARGEST_WINDOW`](crate::tcp::LARGEST_WINDOW).
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

    fn find(&self, ends: &Ends) -> Option<usize> {
        let is_right = |number: usize| self.places[number].ends == Some(*ends);
        self.index
            .find(&self.entries, self.index.hash(ends), is_right)
    }

    /// Whether another client may come.
    fn has_room(&self) -> bool {
        let allowed = self.used < self.config.connections.max(1);
        allowed && !(self.free.is_empty() && self.time_wait.is_empty())
    }

    /// The set of a place that is given something.
    fn touch(&mut self, number: usize) -> Option<&mut SocketSet<'a>> {
        self.touched = Some(number);
        self.places[number].set()
    }

    /// Lets a place listen for the client at the other of these ends: that of its last connection
    /// if there is one, which goes on unless it is over, or else another one.
    fn listen(&mut self, found: Option<usize>, ends: &Ends) -> Option<&mut SocketSet<'a>> {
        let over = [Phase::Free, Phase::Resetting, Phase::TimeWait];
        if let Some(number) = found
            && !over.contains(&self.places[number].phase())
        {
            return self.touch(number);
        }
        let number = found
            .or(self.free.first())
            // Ends TIME-WAIT early, as no other place is free.
            .or(self.time_wait.first())?;
        self.leave_kin(number);
        self.unbind(number);
        self.index
            .insert(&mut self.entries, self.index.hash(ends), number);
        let place = &mut self.places[number];
        place.ends = Some(*ends);
        if let Some((connection, socket)) = place.parts() {
            connection.listen(socket, self.config.port);
        }
        self.touch(number)
    }

    fn unbind(&mut self, number: usize) {
        if self.places[number].ends.take().is_some() {
            self.index.remove(&mut self.entries, number);
        }
    }

    /// Serves a connection, as something has come for it or its time has.
    fn serve_place(&mut self, number: usize, context: &mut Context<'_, 'a>) {
        let place = &mut self.places[number];
        let Some((connection, socket)) = place.parts() else {
            return;
        };
        let (config, chunk, counters) = (&self.config, &mut self.chunk, &mut self.counters);
        let mut deadline = connection.poll(context.now, socket, config, chunk, counters);
        if connection.phase != Phase::Free && connection.phase != Phase::of(socket) {
            // It has closed, or was given up: another time limit begins at this moment.
            deadline = connection.poll(context.now, socket, config, chunk, counters);
        }
        if let Some(client) = socket.remote_endpoint() {
            context.answer(&client.addr);
        }
        if connection.phase == Phase::TimeWait && !connection.settled {
            // The client's close is still to be acknowledged.
            context.transmit_first();
        }
        let given_up = connection.phase == Phase::Free && Phase::of(socket) == Phase::Resetting;
        if given_up || socket.state() == State::Listen {
            // Its reset cannot be sent, or the request was none.
            place.release(self.config.port);
        }
        place.deadline = deadline;
        self.note(number, false);
        self.queue(number);
    }

    /// Lets a place transmit.
    fn queue(&mut self, number: usize) {
        if !core::mem::replace(&mut self.places[number].is_busy, true) {
            self.busy.push_back(&mut self.entries, number);
        }
    }

    /// Takes note of what a place is now; `settled`: and it has said all that there is to say.
    fn note(&mut self, number: usize, settled: bool) {
        let place = &mut self.places[number];
        let phase = place.phase();
        let before = core::mem::replace(&mut place.counted, phase);
        self.used = self.used + usize::from(phase.is_used()) - usize::from(before.is_used());
        self.taken = self.taken + usize::from(phase.is_taken()) - usize::from(before.is_taken());
        let kin = match phase {
            Phase::Free => Some(Kin::Free),
            Phase::Opening => Some(Kin::Opening),
            Phase::TimeWait if settled => Some(Kin::TimeWait),
            Phase::TimeWait => place.kin.filter(|kin| *kin == Kin::TimeWait),
            _ => None,
        };
        if kin == place.kin {
            return;
        }
        self.leave_kin(number);
        self.places[number].kin = kin;
        match kin {
            Some(Kin::Free) => {
                self.unbind(number);
                self.free.push_front(&mut self.entries, number);
            }
            Some(Kin::Opening) => self.opening.push_back(&mut self.entries, number),
            Some(Kin::TimeWait) => self.time_wait.push_back(&mut self.entries, number),
            None => {}
        }
    }

    /// Lets one place transmit a packet; it gets another turn if it has more, unless this is the
    /// last.
    fn transmit_one<D: Device>(
        &mut self,
        number: usize,
        egress: &mut Egress<'_, 'a, D>,
        is_last: bool,
    ) -> bool {
        let place = &mut self.places[number];
        let (now, deadline) = (egress.now(), place.deadline);
        let Some(set) = place.set() else {
            return false;
        };
        let transmitted = egress.transmit(set);
        let due = egress.due(set);
        if transmitted && !is_last && due.is_some_and(|due| due <= now) {
            self.busy.push_back(&mut self.entries, number);
            return true;
        }
        place.is_busy = false;
        let due = earliest(due, deadline);
        self.note(number, due.is_none_or(|due| due > now));
        let due = due.map(|due| due.max(now));
        self.alarms.set(&mut self.entries, number, due);
        transmitted
    }

    fn leave_kin(&mut self, number: usize) {
        let list = match self.places[number].kin.take() {
            Some(Kin::Free) => &mut self.free,
            Some(Kin::Opening) => &mut self.opening,
            Some(Kin::TimeWait) => &mut self.time_wait,
            None => return,
        };
        list.remove(&mut self.entries, number);
    }

    /// Gives the place of whoever has not confirmed for longest to a client that would; returns
    /// whether that one's time is over.
    fn reuse_half_open(&mut self, now: Instant) -> bool {
        let Some(oldest) = self.opening.first() else {
            return false;
        };
        let place = &mut self.places[oldest];
        if now < place.connection.progress + HALF_OPEN_GRACE {
            return false;
        }
        place.release(self.config.port);
        self.note(oldest, false);
        self.counters.expired = self.counters.expired.wrapping_add(1);
        true
    }
}

impl<'a> Steering<'a> for Server<'a> {
    fn connection<'s>(
        &'s mut self,
        own: &'s mut SocketSet<'a>,
        ends: &Ends,
    ) -> Option<&'s mut Socket<'a>> {
        if ends.local.port != self.config.port {
            return connection(own, ends);
        }
        let number = self.find(ends)?;
        let socket = self.places[number].socket()?;
        (socket.state() != State::Closed).then_some(socket)
    }

    fn listener<'s>(
        &'s mut self,
        own: &'s mut SocketSet<'a>,
        ends: &Ends,
    ) -> Option<&'s mut SocketSet<'a>> {
        if ends.local.port != self.config.port || self.closed {
            return Some(own);
        }
        let found = self.find(ends);
        self.listen(found, ends)
    }

    fn receiver<'s>(
        &'s mut self,
        own: &'s mut SocketSet<'a>,
        arrival: Arrival<'_>,
    ) -> Option<&'s mut SocketSet<'a>> {
        let (ends, opens) = match arrival.content() {
            Content::Segment { ends, opens } if ends.local.port == self.config.port => {
                (ends, opens)
            }
            _ => return Some(own),
        };
        let found = self.find(&ends);
        if opens && !self.closed {
            return self.listen(found, &ends);
        }
        match found {
            Some(number) => self.touch(number),
            None => Some(own),
        }
    }

    fn serve(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        if let Some(number) = self.touched.take() {
            self.serve_place(number, context);
        }
        for _ in 0..ALARMS_PER_POLL {
            match self.alarms.pop(&mut self.entries, context.now) {
                Some(number) => self.serve_place(number, context),
                None => break,
            }
        }
        if !self.closed
            && (self.has_room()
                || context.busy(self.config.port) && self.reuse_half_open(context.now))
        {
            context.admit(self.config.port);
        }
        None
    }

    fn transmit<D: Device>(&mut self, egress: &mut Egress<'_, 'a, D>) -> bool {
        let had_room = self.has_room();
        let mut transmitted = false;
        for pass in 1..=PASSES {
            // Those behind the last one have had their turn.
            let mut last = self.busy.last();
            while let Some(number) = last.and_then(|_| self.busy.pop_front(&mut self.entries)) {
                if last == Some(number) {
                    last = None;
                }
                transmitted |= self.transmit_one(number, egress, pass == PASSES);
            }
        }
        transmitted || self.has_room() != had_room
    }

    fn due(&self) -> Option<Instant> {
        self.alarms.due(&self.entries)
    }
}
