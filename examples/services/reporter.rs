//! A client that stays: it looks its server up by name, connects, sends a line each second and gives the
//! answers away. After each failure it begins anew, after a pause. It does not know what it runs on.

use core::fmt::{self, Write};
use core::task::Poll;

use heapless::{String, Vec};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpEndpoint};
use uppercase::stack::{Context, Service, earliest};
use uppercase::{dns, tcp};

/// How often a line is sent.
const INTERVAL: Duration = Duration::from_secs(1);
/// The pause after the first failure. After each further one it is twice as long, up to the longest.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// A client of one server.
pub struct Reporter<F> {
    resolver: dns::Resolver,
    client: tcp::Client,
    name: &'static str,
    port: u16,
    state: State,
    /// The addresses of the server that have not been tried, the first one last.
    addresses: Vec<IpAddress, { 2 * dns::ADDRESSES }>,
    pause: Duration,
    chance: u32,
    number: u32,
    line: String<32>,
    /// How much of the line the connection has taken.
    sent: usize,
    next_line: Instant,
    answered: F,
}

enum State {
    /// Nothing is done before this moment.
    Paused(Instant),
    Resolving,
    Connecting,
    Connected,
}

/// Why it begins anew.
#[derive(Debug)]
enum Failure {
    Name(dns::Error),
    Connection(tcp::Error),
    Closed,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => write!(f, "its name is not resolved: {error}"),
            Self::Connection(error) => write!(f, "{error}"),
            Self::Closed => write!(f, "it has closed the connection"),
        }
    }
}

impl From<tcp::Error> for Failure {
    fn from(error: tcp::Error) -> Self {
        Self::Connection(error)
    }
}

impl<F: FnMut(&[u8])> Reporter<F> {
    /// A client of the server at this port of the host with this name, or this address. `answered` is
    /// given each piece of its answers. `chance` is another number on each board, and not 0: boards that
    /// have lost the same server come back one by one. It is no secret, as other hosts see how long the
    /// pauses are: take no part of the stack's seed.
    pub fn new(
        resolver: dns::Resolver,
        client: tcp::Client,
        (name, port): (&'static str, u16),
        chance: u32,
        answered: F,
    ) -> Self {
        Self {
            resolver,
            client,
            name,
            port,
            state: State::Paused(Instant::ZERO),
            addresses: Vec::new(),
            pause: SHORTEST_PAUSE,
            chance,
            number: 0,
            line: String::new(),
            sent: 0,
            next_line: Instant::ZERO,
            answered,
        }
    }

    /// Asks for the addresses of the server, unless it is named by one.
    fn resolve(&mut self, context: &mut Context<'_, '_>) {
        if let Ok(address) = self.name.parse() {
            self.addresses.clear();
            let _ = self.addresses.push(address);
            return self.connect(context);
        }
        match self.resolver.start(context, self.name) {
            Ok(()) => self.state = State::Resolving,
            Err(error) => self.fail(context, &Failure::Name(error)),
        }
    }

    /// Tries the next address.
    fn connect(&mut self, context: &mut Context<'_, '_>) {
        let Some(address) = self.addresses.pop() else {
            return self.start_over(context);
        };
        let server = IpEndpoint::new(address, self.port);
        self.state = State::Connecting;
        match self.client.connect(context, server) {
            Ok(()) => log::info!("connecting to {server}"),
            Err(error) => self.fail(context, &error.into()),
        }
    }

    /// A server that has never answered may have another address.
    fn fail(&mut self, context: &mut Context<'_, '_>, failure: &Failure) {
        log::warn!("{}: {failure}", self.name);
        match self.state {
            State::Connecting => self.connect(context),
            _ => self.start_over(context),
        }
    }

    fn start_over(&mut self, context: &mut Context<'_, '_>) {
        // Of a pause, the second half is chance: xorshift32.
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 17;
        self.chance ^= self.chance << 5;
        let chance = self.pause / 2 * (self.chance >> 22) / 1024;
        self.state = State::Paused(context.now + self.pause / 2 + chance);
        self.pause = LONGEST_PAUSE.min(self.pause * 2);
        // The server has not seen all of it: it is sent again.
        self.sent = 0;
    }

    /// Sends and receives; returns when there is more to do.
    fn exchange(&mut self, context: &mut Context<'_, '_>) -> Result<Option<Instant>, Failure> {
        if !self.client.is_open(context)? {
            return Ok(self.client.deadline());
        }
        self.state = State::Connected;
        if self.line.is_empty() && context.now >= self.next_line {
            self.number += 1;
            let _ = writeln!(self.line, "line {}", self.number); // It has room.
            self.next_line = context.now + INTERVAL;
        }
        let rest = &self.line.as_bytes()[self.sent..];
        self.sent += self.client.send(context, rest)?;
        let mut buffer = [0; 64];
        while let Poll::Ready(length) = self.client.receive(context, &mut buffer)? {
            if length == 0 {
                // The other direction is closed, too: else the server would wait for that.
                self.client.finish(context);
                return Err(Failure::Closed);
            }
            (self.answered)(&buffer[..length]);
            self.pause = SHORTEST_PAUSE;
            // A line is done with when its answer has come.
            if buffer[..length].ends_with(b"\n") {
                self.line.clear();
                self.sent = 0;
            }
        }
        let next_line = self.line.is_empty().then_some(self.next_line);
        Ok(earliest(self.client.deadline(), next_line))
    }
}

impl<'a, F: FnMut(&[u8])> Service<'a> for Reporter<F> {
    fn poll(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        // Ends: each turn but the last leads to another state or takes an address.
        loop {
            match self.state {
                State::Paused(end) if context.now < end => return Some(end),
                State::Paused(_) => self.resolve(context),
                State::Resolving => match self.resolver.poll(context) {
                    Ok(Poll::Pending) => return self.resolver.deadline(),
                    Ok(Poll::Ready(addresses)) => {
                        self.addresses = addresses.iter().rev().copied().collect();
                        self.connect(context);
                    }
                    Err(error) => self.fail(context, &Failure::Name(error)),
                },
                State::Connecting | State::Connected => match self.exchange(context) {
                    Ok(due) => return due,
                    Err(failure) => self.fail(context, &failure),
                },
            }
        }
    }
}
