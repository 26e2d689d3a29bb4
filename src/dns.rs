//! The addresses of a server that is given by its name (RFC 1035), over a UDP socket.
//!
//! smoltcp 0.14 has a DNS socket too. It takes every response code for 'no such name', so that the
//! next name server is never asked, and compares names by letter case.

mod answer;
mod error;
mod name;
mod storage;
mod turn;

use core::fmt;
use core::task::Poll;

use heapless::Vec;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp::Socket;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{DnsQueryType, IpAddress};

use self::answer::Found;
use self::name::Name;
use self::turn::Turn;
use crate::stack::{Context, LONGEST_TIMEOUT, Sockets};

pub use self::error::{Error, Failure};
pub use self::storage::{ANSWER, Buffers, Parts, QUERY, SetupError};

/// The most name servers that a [`Resolver`] asks.
pub const SERVERS: usize = 4;

/// The most addresses of each IP version that a [`Resolver`] finds.
pub const ADDRESSES: usize = 4;

/// What is asked for, the preferred IP version first.
const QUESTIONS: &[DnsQueryType] = &[
    #[cfg(feature = "ipv6")]
    DnsQueryType::Aaaa,
    DnsQueryType::A,
];

/// How many questions a [`Resolver`] asks at once: one for each IP version.
pub const QUESTIONS_AT_ONCE: usize = QUESTIONS.len();

/// Looks up one name at a time.
///
/// The servers are asked in turn. The first one that knows addresses for the name, or says that
/// there are none, is believed; where a server cannot be used, or says that it cannot answer, the
/// next one is asked. So it is where an answer is too long for a datagram: what has room in it counts
/// only if no server has a whole one.
///
/// Each server is asked from a port of its own, and each question has an identification of its own.
/// A datagram counts as an answer only if it comes from the server that was asked, to the address and
/// port that asked, with that identification and that question (RFC 5452, 9.1).
///
/// ```
/// use smoltcp::time::Duration;
/// use uppercase::dns::{Buffers, Resolver};
/// # let mut buffers = Buffers::new();
/// # let mut slots = uppercase::stack::Slots::<{ Resolver::SLOTS }>::new();
/// # let mut sockets = uppercase::stack::Sockets::new(&mut slots);
/// # let server = "192.168.69.100".parse().unwrap();
///
/// // let mut buffers = Buffers::new();
/// let timeout = Duration::from_secs(10);
/// let mut resolver = Resolver::new(&mut sockets, &mut buffers, &[server], timeout)?;
/// # Ok::<(), uppercase::dns::SetupError>(())
/// ```
pub struct Resolver {
    handle: SocketHandle,
    servers: Vec<IpAddress, SERVERS>,
    timeout: Duration,
    name: Name,
    give_up: Instant,
    /// The server that is being asked.
    turn: Option<Turn>,
    questions: [Question; QUESTIONS_AT_ONCE],
    addresses: Vec<IpAddress, { ADDRESSES * QUESTIONS_AT_ONCE }>,
    /// Those of answers that were cut.
    spare: Vec<IpAddress, { ADDRESSES * QUESTIONS_AT_ONCE }>,
    failures: Vec<(IpAddress, Failure), SERVERS>,
    /// Why there are no addresses, where no server is being asked.
    error: Error,
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver")
            .field("servers", &self.servers)
            .field("timeout", &self.timeout)
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}

/// What has become of a question.
#[derive(Clone)]
enum Question {
    /// The server that is being asked has not answered it.
    Asked { id: u16 },
    /// That server cannot answer it.
    Failed(Failure),
    /// That server has an answer that is too long for a datagram: its beginning.
    Cut(Found),
    /// A server has answered it.
    Answered(Found),
}

impl Question {
    const NEW: Self = Self::Asked { id: 0 };
}

impl Resolver {
    /// How many socket slots of the stack it takes.
    pub const SLOTS: usize = 1;

    /// A resolver in the caller's buffers that asks `servers`; those beyond the first [`SERVERS`]
    /// are not asked. `timeout` is how long to wait for an answer in all;
    /// each server gets its share of what the servers before it have left.
    ///
    /// # Errors
    /// If the stack has no slot left.
    pub fn new<'a>(
        sockets: &mut Sockets<'a>,
        buffers: &'a mut Buffers,
        servers: &[IpAddress],
        timeout: Duration,
    ) -> Result<Self, SetupError> {
        Self::from_parts(sockets, buffers.split(), servers, timeout)
    }

    /// A resolver with buffers from the heap, for instance.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if a buffer is too small for [`QUESTIONS_AT_ONCE`] datagrams.
    pub fn from_parts<'a>(
        sockets: &mut Sockets<'a>,
        parts: Parts<'a>,
        servers: &[IpAddress],
        timeout: Duration,
    ) -> Result<Self, SetupError> {
        Ok(Self {
            handle: storage::add(sockets, parts)?,
            servers: servers.iter().copied().take(SERVERS).collect(),
            timeout: timeout.min(LONGEST_TIMEOUT),
            name: Name::EMPTY,
            give_up: Instant::ZERO,
            turn: None,
            questions: [Question::NEW; QUESTIONS_AT_ONCE],
            addresses: Vec::new(),
            spare: Vec::new(),
            failures: Vec::new(),
            error: Error::NotFound,
        })
    }

    /// Asks for the addresses of `name`, and forgets the name before.
    ///
    /// # Errors
    /// [`Error::NoServer`] or [`Error::BadName`].
    pub fn start(&mut self, context: &mut Context<'_, '_>, name: &str) -> Result<(), Error> {
        self.addresses.clear();
        self.spare.clear();
        self.failures.clear();
        self.questions = [Question::NEW; QUESTIONS_AT_ONCE];
        self.end(context, Error::NotFound);
        self.name = Name::parse(name).ok_or(Error::BadName)?;
        if self.servers.is_empty() {
            return Err(Error::NoServer);
        }
        self.give_up = context.now + self.timeout;
        self.ask_next(context);
        Ok(())
    }

    /// The addresses, once they are known, at least one. Those to which there is a way come first.
    /// IPv6 and IPv4 take turns, IPv6 first, so that a version that does not work holds up a client
    /// for one address (RFC 8305, 4).
    ///
    /// # Errors
    /// Why they will not be known. [`Error::NotFound`] if nothing was asked.
    pub fn poll(&mut self, context: &mut Context<'_, '_>) -> Result<Poll<&[IpAddress]>, Error> {
        while let Some(turn) = &mut self.turn {
            turn.receive(context, self.handle, &self.name, &mut self.questions);
            let waiting = (self.questions.iter()).any(|q| matches!(q, Question::Asked { .. }));
            match turn.failure(context) {
                Some(failure) => self.end_turn(context, failure),
                None if waiting => {
                    turn.repeat(context, self.handle, &self.name, &self.questions);
                    return Ok(Poll::Pending);
                }
                None => self.end_turn(context, Failure::TimedOut),
            }
        }
        match self.addresses.is_empty() {
            true => Err(self.error),
            false => Ok(Poll::Ready(&self.addresses)),
        }
    }

    /// The servers that could not answer for the latest name, and why.
    #[must_use]
    pub fn failures(&self) -> &[(IpAddress, Failure)] {
        &self.failures
    }

    /// When it wants to be called even if nothing arrives.
    pub fn deadline(&self) -> Option<Instant> {
        self.turn.as_ref().map(Turn::deadline)
    }

    /// The server has answered everything, or `failure` says why it will not.
    fn end_turn(&mut self, context: &mut Context<'_, '_>, failure: Failure) {
        let answered = |question: &&Question| matches!(question, Question::Answered(_));
        let all_answered = self.questions.iter().all(|question| answered(&question));
        let found = self.questions.each_ref().map(|question| match question {
            Question::Answered(found) => &found[..],
            _ => &[],
        });
        self.addresses = in_turns(context, &found);
        if all_answered || !self.addresses.is_empty() {
            return self.end(context, Error::NotFound);
        }
        let cut = self.questions.each_ref().map(|question| match question {
            Question::Cut(found) => &found[..],
            _ => &[],
        });
        if self.spare.is_empty() {
            self.spare = in_turns(context, &cut);
        }
        let said = self.questions.iter().find_map(|question| match question {
            Question::Failed(failure) => Some(*failure),
            Question::Cut(_) => Some(Failure::Truncated),
            _ => None,
        });
        self.note(said.unwrap_or(failure));
        self.ask_next(context);
    }

    /// Asks the next server that there is a way to what is not answered yet.
    fn ask_next(&mut self, context: &mut Context<'_, '_>) {
        while let Some(server) = self.servers.get(self.failures.len()).copied() {
            let left = (self.servers.len() - self.failures.len()) as u32;
            let share = (self.give_up - context.now) / left;
            for question in &mut self.questions {
                if !matches!(question, Question::Answered(_)) {
                    let id = context.random();
                    *question = Question::Asked { id };
                }
            }
            self.close(context);
            match Turn::begin(context, self.handle, server, share) {
                Ok(mut turn) => {
                    turn.repeat(context, self.handle, &self.name, &self.questions);
                    self.turn = Some(turn);
                    return;
                }
                Err(failure) => self.note(failure),
            }
        }
        self.addresses = core::mem::take(&mut self.spare);
        self.end(context, Error::NoAnswer);
    }

    fn note(&mut self, failure: Failure) {
        if let Some(server) = self.servers.get(self.failures.len()) {
            // Cannot fail: there is room for one failure of each server.
            let _ = self.failures.push((*server, failure));
        }
    }

    /// Asks no more; drops what is queued, and what has arrived.
    fn end(&mut self, context: &mut Context<'_, '_>, error: Error) {
        self.turn = None;
        self.error = error;
        self.close(context);
    }

    fn close(&self, context: &mut Context<'_, '_>) {
        context.sockets.get_mut::<Socket<'_>>(self.handle).close();
    }
}

/// The addresses that each question has found, one of each in turn; those to which there is a way
/// come first.
fn in_turns(
    context: &Context<'_, '_>,
    found: &[&[IpAddress]; QUESTIONS_AT_ONCE],
) -> Vec<IpAddress, { ADDRESSES * QUESTIONS_AT_ONCE }> {
    let mut addresses = Vec::new();
    for is_near in [true, false] {
        let of_all = found.iter().map(|found| {
            let mut found = found.iter().copied();
            move || found.find(|address| context.next_hop(address).is_some() == is_near)
        });
        let mut of_each: Vec<_, QUESTIONS_AT_ONCE> = of_all.collect();
        for _ in 0..ADDRESSES {
            let next = of_each.iter_mut().filter_map(|next| next());
            // There is room for all.
            addresses.extend(next);
        }
    }
    addresses
}
