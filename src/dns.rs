//! The address of a server that is given by its name, from smoltcp's DNS socket (RFC 1035).

use core::fmt;
use core::task::Poll;

use heapless::{String, Vec};
use managed::ManagedSlice;
use smoltcp::config::{DNS_MAX_NAME_SIZE, DNS_MAX_SERVER_COUNT};
use smoltcp::iface::SocketHandle;
use smoltcp::socket::dns::{DnsQuery, GetQueryResultError, QueryHandle, Socket, StartQueryError};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{DnsQueryType, IpAddress};

use crate::stack::{Context, LONGEST_TIMEOUT, Sockets, SocketsFull};

/// The longest turn of a server. After as much smoltcp gives up on one by itself, which it does not
/// tell from a name that does not exist.
const LONGEST_TURN: Duration = Duration::from_secs(10);

/// What is asked for, the best first.
const QUESTIONS: &[DnsQueryType] = &[
    #[cfg(feature = "ipv6")]
    DnsQueryType::Aaaa,
    DnsQueryType::A,
];

/// How many questions a [`Resolver`] asks at once: one for each IP version.
pub const QUESTIONS_AT_ONCE: usize = QUESTIONS.len();

/// Looks up one name at a time.
///
/// ```
/// # use smoltcp::iface::SocketStorage;
/// use smoltcp::time::Duration;
/// use uppercase::dns::{QUESTIONS_AT_ONCE, Resolver};
/// # let mut slots = [SocketStorage::EMPTY];
/// # let mut sockets = uppercase::stack::Sockets::new(&mut slots[..]);
/// # let server = "192.168.69.100".parse().unwrap();
///
/// let mut queries = [const { None }; QUESTIONS_AT_ONCE];
/// let timeout = Duration::from_secs(10);
/// let mut resolver = Resolver::new(&mut sockets, &mut queries[..], &[server], timeout)?;
/// # Ok::<(), uppercase::stack::SocketsFull>(())
/// ```
pub struct Resolver {
    handle: SocketHandle,
    servers: Vec<IpAddress, DNS_MAX_SERVER_COUNT>,
    name: String<DNS_MAX_NAME_SIZE>,
    timeout: Duration,
    started: Instant,
    /// Whose turn is next, and when the last one began.
    next: usize,
    turn_started: Instant,
    asked: [Option<QueryHandle>; QUESTIONS.len()],
    found: [Option<IpAddress>; QUESTIONS.len()],
}

impl Resolver {
    /// A resolver that asks `servers`, one after the other, until one answers; those that smoltcp
    /// is not built for (its feature `dns-max-server-count-…`) are not asked. It takes one socket
    /// slot, and `queries` needs room for [`QUESTIONS_AT_ONCE`]. `timeout` is how long to wait for
    /// an answer in all; each server gets its share of it.
    ///
    /// # Errors
    /// If the stack has no slot left.
    pub fn new<'a>(
        sockets: &mut Sockets<'a>,
        queries: impl Into<ManagedSlice<'a, Option<DnsQuery>>>,
        servers: &[IpAddress],
        timeout: Duration,
    ) -> Result<Self, SocketsFull> {
        let servers = &servers[..servers.len().min(DNS_MAX_SERVER_COUNT)];
        let handle = sockets.add(Socket::new(servers, queries))?;
        Ok(Self {
            handle,
            servers: servers.iter().copied().collect(),
            name: String::new(),
            timeout: timeout.min(LONGEST_TIMEOUT),
            started: Instant::ZERO,
            next: 0,
            turn_started: Instant::ZERO,
            asked: [None; QUESTIONS.len()],
            found: [None; QUESTIONS.len()],
        })
    }

    /// Asks for the addresses of `name`; gives up what was asked before.
    ///
    /// # Errors
    /// [`Error::NoServer`], [`Error::BadName`] or [`Error::NoRoom`].
    pub fn start(&mut self, context: &mut Context<'_, '_>, name: &str) -> Result<(), Error> {
        self.cancel(context);
        self.name = name.try_into().map_err(|_| Error::BadName)?;
        self.started = context.now;
        self.next = 0;
        self.found = [None; QUESTIONS.len()];
        self.ask(context, |_| true)
    }

    /// Asks the server whose turn it is; the next one that there is a way to.
    fn ask(
        &mut self,
        context: &mut Context<'_, '_>,
        wanted: impl Fn(usize) -> bool,
    ) -> Result<(), Error> {
        let order = self.servers.iter().cycle().skip(self.next);
        let mut order = order.take(self.servers.len()).enumerate();
        let reachable = order.find(|(_, server)| context.next_hop(server).is_some());
        let (skipped, server) = reachable.ok_or(Error::NoServer)?;
        let socket = context.sockets.get_mut::<Socket<'_>>(self.handle);
        socket.update_servers(&[*server]);
        self.next = (self.next + skipped + 1) % self.servers.len();
        self.turn_started = context.now;
        for (i, (asked, question)) in self.asked.iter_mut().zip(QUESTIONS).enumerate() {
            if !wanted(i) {
                continue;
            }
            let query = socket.start_query(context.interface, &self.name, *question);
            *asked = Some(query.map_err(|error| match error {
                StartQueryError::InvalidName | StartQueryError::NameTooLong => Error::BadName,
                StartQueryError::NoFreeSlot => Error::NoRoom,
            })?);
        }
        Ok(())
    }

    /// Asks the next server what the last one has not answered.
    fn ask_next(&mut self, context: &mut Context<'_, '_>) -> Result<(), Error> {
        let unanswered = self.asked.map(|asked| asked.is_some());
        self.cancel(context);
        self.ask(context, |i| unanswered[i])
    }

    /// The address, once it is known: the best of those to which there is a way.
    ///
    /// # Errors
    /// Why it will not be known. [`Error::NotFound`] if nothing was asked.
    pub fn poll(&mut self, context: &mut Context<'_, '_>) -> Result<Poll<IpAddress>, Error> {
        let socket = context.sockets.get_mut::<Socket<'_>>(self.handle);
        for (asked, found) in self.asked.iter_mut().zip(&mut self.found) {
            let Some(query) = *asked else { continue };
            match socket.get_query_result(query) {
                Err(GetQueryResultError::Pending) => continue,
                Err(GetQueryResultError::Failed) => {}
                Ok(addresses) => *found = addresses.first().copied(),
            }
            *asked = None;
        }
        if self.asked.iter().all(Option::is_none) {
            let reachable = |address: &&IpAddress| context.next_hop(address).is_some();
            let best = self.found.iter().flatten().find(reachable);
            return match best.or(self.found.iter().flatten().next()) {
                Some(address) => Ok(Poll::Ready(*address)),
                None => Err(Error::NotFound),
            };
        }
        if context.now >= self.started + self.timeout {
            self.cancel(context);
            return Err(self.why_late(context));
        }
        if context.now >= self.turn_started + self.turn() {
            self.ask_next(context)?;
        }
        Ok(Poll::Pending)
    }

    /// When it wants to be called even if nothing arrives.
    pub fn deadline(&self) -> Option<Instant> {
        let waiting = self.asked.iter().any(Option::is_some);
        waiting.then(|| (self.turn_started + self.turn()).min(self.started + self.timeout))
    }

    /// How long a server may take.
    fn turn(&self) -> Duration {
        (self.timeout / self.servers.len().max(1) as u32).min(LONGEST_TURN)
    }

    fn cancel(&mut self, context: &mut Context<'_, '_>) {
        let socket = context.sockets.get_mut::<Socket<'_>>(self.handle);
        for query in self.asked.iter_mut().filter_map(Option::take) {
            socket.cancel_query(query);
        }
    }

    fn why_late(&self, context: &Context<'_, '_>) -> Error {
        let no_way = |server: &IpAddress| context.next_hop(server).is_none();
        let mut asked = self.servers.iter();
        let silent = asked.all(|server| no_way(server) || context.is_silent(server));
        if silent {
            Error::NoNeighbor
        } else {
            Error::TimedOut
        }
    }
}

/// Why the address of a name is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// There is nobody to ask: no name server was given, or there is no route to it.
    NoServer,
    /// This cannot be a name: it is empty or too long, or one of its labels is.
    BadName,
    /// There is room for fewer than [`QUESTIONS_AT_ONCE`].
    NoRoom,
    /// The name server knows no address for the name.
    NotFound,
    /// Nobody on the link answers for the name server's or the gateway's address.
    NoNeighbor,
    /// The name server does not answer.
    TimedOut,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoServer => "no name server can be asked",
            Self::BadName => "this is neither an address nor a valid name",
            Self::NoRoom => "there is no room for the questions",
            Self::NotFound => "the name server knows no address for this name",
            Self::NoNeighbor => "nobody on the link answers for the name server's address",
            Self::TimedOut => "the name server does not answer",
        })
    }
}

impl core::error::Error for Error {}
