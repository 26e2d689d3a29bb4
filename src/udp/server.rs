use core::fmt;
use core::marker::PhantomData;

use managed::ManagedSlice;
use smoltcp::socket::udp::{Socket, UdpMetadata};
use smoltcp::time::Instant;

use super::loop_guard::LoopGuard;
use super::sender::{SendError, Sender};
use super::storage::{self, Buffers, ON_STACK, Parts, SetupError};
use crate::logging::{debug, info, warn};
use crate::stack::{Context, Service, Sockets};
use crate::transform::{self, Ascii, Transform};

/// What a [`Server`] has seen; the counts wrap around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Datagrams that were answered.
    pub answered: u32,
    /// Datagrams that were dropped because their answer is longer than the buffers, or than what
    /// the link carries.
    pub too_large: u32,
    /// Datagrams that were dropped because no answer may be sent: they were for a group of hosts
    /// (RFC 1122, 4.1.3.6), had no source address or port to answer to, came from an address without
    /// a route, or from the server's own port; or the [`LoopGuard`] has ended a reply loop.
    pub unanswerable: u32,
}

/// Answers each datagram with its upper case, to the sender, from the address that was asked.
///
/// A datagram is a whole: a character that its end cuts stays cut. When more datagrams arrive
/// than can be answered, they wait in the receive buffer; when that is full, they are lost, as
/// everywhere in UDP.
///
/// An answer goes to where its request came from, so it waits for no neighbor. Only where it could not
/// be sent at once, as the device had no room, that may be forgotten by then, and the answer is lost;
/// see [`link`](crate::link).
///
/// Two services that answer every datagram would answer each other without end, after one forged
/// datagram. So a datagram from the server's own port number is not answered, and a
/// [`LoopGuard`] ends what other ports begin.
///
/// An answer that is larger than the link takes is sent in fragments, if the stack has room for it
/// (`Stack::with_fragmentation`); else its request is dropped, and counted.
pub struct Server<'a, T = Ascii> {
    sender: Sender,
    /// Room for an answer; where it is empty, that is on the stack.
    answer: ManagedSlice<'a, u8>,
    guard: LoopGuard,
    counters: Counters,
    transform: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Server<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}

impl<'a> Server<'a> {
    /// How many socket slots of the stack it takes, with any transform.
    pub const SLOTS: usize = 1;

    /// A server in the caller's buffers.
    ///
    /// # Errors
    /// If the stack has no slot left, or the port is 0.
    pub fn new<const COUNT: usize, const SIZE: usize, const HELD: usize>(
        sockets: &mut Sockets<'a>,
        buffers: &'a mut Buffers<COUNT, SIZE, HELD>,
        port: u16,
    ) -> Result<Self, SetupError> {
        Self::from_parts(sockets, buffers.split(), port)
    }

    /// A server with buffers of sizes that are known at run time only.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if a buffer has no room.
    pub fn from_parts(
        sockets: &mut Sockets<'a>,
        parts: Parts<'a>,
        port: u16,
    ) -> Result<Self, SetupError> {
        let (handle, answer) = storage::add(sockets, parts)?;
        let socket = sockets.get_mut::<Socket<'_>>(handle);
        socket.bind(port).map_err(|_| SetupError::Port)?;
        Ok(Self {
            sender: Sender::new(handle),
            answer,
            guard: LoopGuard::new(),
            counters: Counters::default(),
            transform: PhantomData,
        })
    }
}

impl<'a, T: Transform> Server<'a, T> {
    /// Upper-cases by another transform than [`Ascii`].
    ///
    /// ```
    /// # #[cfg(feature = "unicode")]
    /// # fn run<'a>(
    /// #     sockets: &mut uppercase::stack::Sockets<'a>,
    /// #     buffers: &'a mut uppercase::udp::Buffers<2, 512>,
    /// # ) -> Result<(), uppercase::udp::SetupError> {
    /// use uppercase::transform::Unicode;
    /// use uppercase::{PORT, udp};
    ///
    /// let server = udp::Server::new(sockets, buffers, PORT)?.with_transform::<Unicode>();
    /// # let _ = server;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_transform<U: Transform>(self) -> Server<'a, U> {
        Server {
            sender: self.sender,
            answer: self.answer,
            guard: self.guard,
            counters: self.counters,
            transform: PhantomData,
        }
    }

    /// What it has seen since it was made.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Answers the oldest datagram, if there is one, and it may be answered. It stays where there is no
    /// room for its answer.
    fn answer_next(
        &mut self,
        context: &mut Context<'_, 'a>,
        room: &mut [u8],
    ) -> Option<Result<(), SendError>> {
        let socket = context.sockets.get_mut::<Socket<'_>>(self.sender.handle);
        let own_port = socket.endpoint().port;
        let has_room = socket.can_send();
        let (_, &to) = socket.peek().ok()?;
        if !has_room {
            return Some(Err(SendError::Full));
        }
        let refusal = refusal(context, own_port, &to);
        let socket = context.sockets.get_mut::<Socket<'_>>(self.sender.handle);
        let (request, _) = socket.peek().ok()?;
        let sent = match refusal {
            Some(reason) => {
                debug!("UDP: {} is not answered: {}", to, reason);
                count(&mut self.counters.unanswerable);
                Ok(())
            }
            None => {
                let length = transform::datagram::<T>(request, room);
                info!("UDP: {} bytes from {}", request.len(), to.endpoint);
                let answer = length.and_then(|length| room.get(..length));
                if let Some(answer) = answer
                    && !(self.guard).permits(own_port, &to.endpoint, request, answer)
                {
                    debug!(
                        "UDP: {} is not answered: it may be a service that answers",
                        to
                    );
                    count(&mut self.counters.unanswerable);
                    Ok(())
                } else {
                    self.send(context, answer, to)
                }
            }
        };
        if sent != Err(SendError::Full) {
            let socket = context.sockets.get_mut::<Socket<'_>>(self.sender.handle);
            let _ = socket.recv();
        }
        Some(sent)
    }

    /// Answers what has arrived, as far as there is room for answers; returns when to go on.
    fn answer_all(&mut self, context: &mut Context<'_, 'a>, room: &mut [u8]) -> Option<Instant> {
        while let Some(sent) = self.answer_next(context, room) {
            if sent == Err(SendError::Full) {
                // It is answered as soon as others have been transmitted.
                return Some(context.now);
            }
        }
        None
    }

    #[inline(never)] // The room is needed for as long as this takes only.
    fn answer_all_by_little(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        self.answer_all(context, &mut [0; ON_STACK])
    }

    /// Sends an answer, if it was not longer than the room for it.
    fn send(
        &mut self,
        context: &mut Context<'_, 'a>,
        answer: Option<&[u8]>,
        to: UdpMetadata,
    ) -> Result<(), SendError> {
        let sent = match answer {
            Some(answer) => self.sender.send(context, answer, to),
            None => Err(SendError::TooLarge),
        };
        match sent {
            Ok(()) => count(&mut self.counters.answered),
            Err(SendError::Full) => {}
            Err(SendError::TooLarge) => {
                warn!(
                    "UDP: a datagram from {} is dropped, the answer is too large",
                    to
                );
                count(&mut self.counters.too_large);
            }
            Err(SendError::Unaddressable) => {
                debug!("UDP: {} cannot be answered", to);
                count(&mut self.counters.unanswerable);
            }
        }
        sent
    }
}

impl<'a, T: Transform> Service<'a> for Server<'a, T> {
    /// Answers what has arrived, as far as there is room for answers.
    fn poll(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        if self.answer.is_empty() {
            return self.answer_all_by_little(context);
        }
        let mut answer = core::mem::replace(&mut self.answer, ManagedSlice::Borrowed(&mut []));
        let due = self.answer_all(context, &mut answer);
        self.answer = answer;
        due
    }
}

/// Why a service at `own_port` must not answer a datagram with this metadata; `None` if it may.
///
/// It may not if the datagram is for a group of hosts; if it came from the same
/// port number, as two services would answer each other without end; or if there is no route to its
/// sender.
#[must_use]
pub fn refusal(
    context: &Context<'_, '_>,
    own_port: u16,
    from: &UdpMetadata,
) -> Option<&'static str> {
    let asked = from.local_address;
    if !asked.is_some_and(|address| context.is_own(&address)) {
        Some("it asked a group of hosts")
    } else if from.endpoint.port == own_port {
        Some("it may be a server like this one")
    } else if context.next_hop(&from.endpoint.addr).is_none() {
        Some("there is no route to it")
    } else {
        None
    }
}

fn count(counter: &mut u32) {
    *counter = counter.wrapping_add(1);
}
