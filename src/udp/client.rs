use core::fmt;
use core::task::Poll;

use managed::ManagedSlice;
use smoltcp::socket::udp::{Socket, UdpMetadata};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpEndpoint;

use super::sender::{SendError, Sender};
use super::storage::{self, Buffers, Parts, SetupError};
use crate::logging::debug;
use crate::stack::{Context, LONGEST_TIMEOUT, Sockets, Unreachable};

/// How long to wait for an answer before the line is sent again; doubled each time.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// Sends a line as a datagram and waits for its answer; sends it again while none comes.
///
/// The exercise's protocol does not say which line an answer is for. So each line is sent from a
/// port of its own: a late answer to an earlier line meets a closed port. Datagrams that do not
/// come from the server are ignored.
///
/// A line that is larger than the link takes is sent in fragments, if the stack has room for it
/// (`Stack::with_fragmentation`).
pub struct Client<'a> {
    sender: Sender,
    line: ManagedSlice<'a, u8>,
    timeout: Duration,
    request: Option<Request>,
}

impl fmt::Debug for Client<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("timeout", &self.timeout)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug)]
struct Request {
    server: IpEndpoint,
    local_port: u16,
    length: usize,
    give_up: Instant,
    /// When the line is sent again; `None` while it waits for the server's hardware address.
    retry: Option<Instant>,
    wait: Duration,
}

impl<'a> Client<'a> {
    /// How many socket slots of the stack it takes.
    pub const SLOTS: usize = 1;

    /// A client in the caller's buffers. `timeout` is how long to wait
    /// for an answer in all; with [`Duration::MAX`] there is no limit.
    ///
    /// # Errors
    /// If the stack has no slot left.
    pub fn new<const COUNT: usize, const SIZE: usize>(
        sockets: &mut Sockets<'a>,
        buffers: &'a mut Buffers<COUNT, SIZE>,
        timeout: Duration,
    ) -> Result<Self, SetupError> {
        Self::from_parts(sockets, buffers.split(), timeout)
    }

    /// A client with buffers of sizes that are known at run time only.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if a buffer has no room.
    pub fn from_parts(
        sockets: &mut Sockets<'a>,
        parts: Parts<'a>,
        timeout: Duration,
    ) -> Result<Self, SetupError> {
        if parts.held.is_empty() {
            return Err(SetupError::NoBuffer);
        }
        let (handle, line) = storage::add(sockets, parts)?;
        Ok(Self {
            sender: Sender::new(handle),
            line,
            timeout: timeout.min(LONGEST_TIMEOUT),
            request: None,
        })
    }

    /// Waits for `timeout` for the answers to the lines that are sent from now on.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout.min(LONGEST_TIMEOUT);
    }

    /// How long it waits for the answers to the lines that are sent from now on.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Sends `line`, which is copied. A line that still waits for its answer is given up, even if
    /// there is an error.
    ///
    /// # Errors
    /// [`Error::Unaddressable`] if the server's address is not that of one host or its port is 0,
    /// [`Error::NoRoute`] if there is no way to the address, [`Error::LineTooLong`] if the buffers
    /// or the link do not take a line of this length.
    pub fn send(
        &mut self,
        context: &mut Context<'_, 'a>,
        server: IpEndpoint,
        line: &[u8],
    ) -> Result<(), Error> {
        self.give_up(context);
        if !context.is_one_host(&server.addr) || server.port == 0 {
            return Err(Error::Unaddressable);
        }
        if context.next_hop(&server.addr).is_none() {
            return Err(Error::NoRoute);
        }
        let longest = self
            .sender
            .longest(&server.addr, context)
            .min(self.line.len());
        let Some(copy) = self
            .line
            .get_mut(..line.len())
            .filter(|copy| copy.len() <= longest)
        else {
            return Err(Error::LineTooLong { longest });
        };
        copy.copy_from_slice(line);
        // Where no answer to an earlier line arrives.
        let local_port = context.ephemeral_port();
        self.sender
            .reopen(context, local_port)
            .map_err(|_| Error::Unaddressable)?;
        let request = Request {
            server,
            local_port,
            length: line.len(),
            give_up: context.now + self.timeout,
            retry: None,
            wait: FIRST_RETRY,
        };
        self.transmit(context, request)
            .inspect_err(|_| self.give_up(context))
    }

    /// Puts the answer into `answer` and returns its length, once it is there. Also sends the line
    /// again when it is time to.
    ///
    /// # Errors
    /// Why no answer will come. [`Error::NothingSent`] if there is nothing to wait for.
    pub fn receive(
        &mut self,
        context: &mut Context<'_, 'a>,
        answer: &mut [u8],
    ) -> Result<Poll<usize>, Error> {
        let request = self.request.ok_or(Error::NothingSent)?;
        let socket = context.sockets.get_mut::<Socket<'_>>(self.sender.handle);
        while let Ok((datagram, sender)) = socket.recv() {
            if sender.endpoint != request.server {
                debug!("UDP: {} bytes from {} are ignored", datagram.len(), sender);
                continue;
            }
            self.request = None;
            let length = datagram.len();
            let room = answer
                .get_mut(..length)
                .ok_or(Error::AnswerTooLong { length })?;
            room.copy_from_slice(datagram);
            return Ok(Poll::Ready(length));
        }
        self.wait(context, request)
            .inspect_err(|_| self.give_up(context))?;
        Ok(Poll::Pending)
    }

    /// When it wants to be called even if nothing arrives.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let request = self.request?;
        Some(
            request
                .retry
                .map_or(request.give_up, |retry| retry.min(request.give_up)),
        )
    }

    /// Forgets the line, and what of it has not left yet.
    fn give_up(&mut self, context: &mut Context<'_, 'a>) {
        self.request = None;
        self.sender.close(context);
    }

    fn wait(&mut self, context: &mut Context<'_, 'a>, request: Request) -> Result<(), Error> {
        let Request {
            server, local_port, ..
        } = request;
        let is_over = context.now >= request.give_up;
        match context.unreachable(local_port, server, is_over) {
            Some(Unreachable::Port) => return Err(Error::NothingListens),
            Some(Unreachable::Host) => return Err(Error::Unreachable),
            None => {}
        }
        if is_over {
            return Err(if context.is_silent(&server.addr) {
                Error::NoNeighbor
            } else {
                Error::TimedOut
            });
        }
        match request.retry {
            Some(retry) if context.now < retry => Ok(()),
            Some(_) => self.transmit(
                context,
                Request {
                    wait: request.wait * 2,
                    ..request
                },
            ),
            None => self.transmit(context, request),
        }
    }

    /// Sends the line, once it is known where.
    fn transmit(&mut self, context: &mut Context<'_, 'a>, request: Request) -> Result<(), Error> {
        if context.next_hop(&request.server.addr).is_none() {
            return Err(Error::NoRoute); // Since the line was sent first.
        }
        let is_known = context.resolve(&request.server.addr);
        self.request = Some(Request {
            retry: is_known.then(|| context.now + request.wait),
            ..request
        });
        if !is_known {
            return Ok(());
        }
        let mut to = UdpMetadata::from(request.server);
        to.local_address = context.source_for(&request.server.addr);
        let socket = context.sockets.get_mut::<Socket<'_>>(self.sender.handle);
        if socket.send_queue() > 0 {
            // The line has not even left yet: the device has no room.
            return Ok(());
        }
        let line = &self.line[..request.length];
        match self.sender.send(context, line, to) {
            Ok(()) | Err(SendError::Full) => Ok(()),
            Err(SendError::TooLarge) => Err(Error::LineTooLong {
                longest: self.sender.longest(&request.server.addr, context),
            }),
            Err(SendError::Unaddressable) => Err(Error::Unaddressable),
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// No line was sent, or its answer has been received.
    NothingSent,
    /// The address is not that of one host, or the port is 0.
    Unaddressable,
    /// The address is on none of our networks, and there is no gateway.
    NoRoute,
    /// The line is longer than the buffers or the link can take.
    LineTooLong {
        /// The longest line that they take, in bytes.
        longest: usize,
    },
    /// The answer is longer than the room for it.
    AnswerTooLong {
        /// How long it is, in bytes.
        length: usize,
    },
    /// No host on the link answers for the server's or the gateway's address (ARP, RFC 826;
    /// neighbor discovery, RFC 4861).
    NoNeighbor,
    /// A router or the host says that the server cannot be reached (ICMP).
    Unreachable,
    /// The host says that nothing listens on that port (ICMP).
    NothingListens,
    /// No answer came, however often the line was sent.
    TimedOut,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingSent => f.write_str("no line was sent"),
            Self::Unaddressable => {
                f.write_str("its address is not that of one host, or its port is 0")
            }
            Self::NoRoute => f.write_str(
                "there is no route to it: it is on none of our networks, and there is no gateway",
            ),
            Self::LineTooLong { longest } => write!(
                f,
                "the line is too long for a datagram; {longest} bytes are the most here"
            ),
            Self::AnswerTooLong { length } => {
                write!(
                    f,
                    "the answer of {length} bytes is longer than the room for it"
                )
            }
            Self::NoNeighbor => f.write_str("no host on the link answers for its address"),
            Self::Unreachable => f.write_str("the network reports that it cannot be reached"),
            Self::NothingListens => f.write_str("nothing listens on that UDP port"),
            Self::TimedOut => f.write_str("timed out: no answer came"),
        }
    }
}

impl core::error::Error for Error {}
