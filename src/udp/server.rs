use log::{debug, warn};
use managed::ManagedSlice;
use smoltcp::socket::udp::Socket;

#[cfg(all(feature = "fragmentation", feature = "ipv6"))]
use super::fragmentation::Fragmenter;
use super::sender::{SendError, Sender};
use super::storage::{self, Buffers, Parts, SetupError};
use crate::stack::{Context, Sockets};
use crate::transform;

/// What a [`Server`] has seen; the counts wrap around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams that were answered.
    pub answered: u32,
    /// Datagrams that were dropped because their answer is longer than the buffers, or than what
    /// the link carries.
    pub too_large: u32,
    /// Datagrams that were dropped because no answer may be sent: they were for a group of hosts
    /// (RFC 1122, 4.1.3.6), or gave no address or port to answer to.
    pub unanswerable: u32,
}

/// Answers each datagram with its upper case, to the sender, from the address that was asked.
///
/// A datagram is a whole: a character that its end cuts stays cut. When more datagrams arrive
/// than can be answered, they wait in the receive buffer; when that is full, they are lost, as
/// everywhere in UDP.
pub struct Server<'a> {
    sender: Sender,
    answer: ManagedSlice<'a, u8>,
    counters: Counters,
}

impl<'a> Server<'a> {
    /// A server in the caller's buffers. It takes one socket slot.
    ///
    /// # Errors
    /// If the stack has no slot left, or the port is 0.
    pub fn new<const DATAGRAM: usize, const QUEUE: usize>(
        sockets: &mut Sockets<'a>,
        buffers: &'a mut Buffers<DATAGRAM, QUEUE>,
        port: u16,
    ) -> Result<Self, SetupError> {
        Self::from_parts(sockets, buffers.split(), port)
    }

    /// A server with buffers whose sizes are known at run time only.
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
            counters: Counters::default(),
        })
    }

    /// Also sends answers over IPv6 that are larger than the link's MTU; without a fragmenter they
    /// are dropped as too large.
    #[cfg(all(feature = "fragmentation", feature = "ipv6"))]
    pub fn with_fragmenter(mut self, fragmenter: Fragmenter) -> Self {
        self.sender.fragmenter = Some(fragmenter);
        self
    }

    /// Answers what has arrived, as far as there is room for answers.
    pub fn poll(&mut self, context: &mut Context<'_, 'a>) {
        while let Some(outcome) = self.answer_one(context) {
            let counter = match outcome {
                Outcome::Answered => &mut self.counters.answered,
                Outcome::TooLarge => &mut self.counters.too_large,
                Outcome::Unanswerable => &mut self.counters.unanswerable,
            };
            *counter = counter.wrapping_add(1);
            // It was looked at before; now it can go.
            let _ = context
                .sockets
                .get_mut::<Socket<'_>>(self.sender.handle)
                .recv();
        }
    }

    /// What it has seen since it was made.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Deals with the oldest datagram; `None` if there is none or it has to wait.
    fn answer_one(&mut self, context: &mut Context<'_, 'a>) -> Option<Outcome> {
        let socket = context.sockets.get_mut::<Socket<'_>>(self.sender.handle);
        let (request, &sender) = socket.peek().ok()?;
        let length = request.len();
        let answer = transform::datagram(request, &mut self.answer);
        let asked = sender.local_address;
        if !asked.is_some_and(|address| context.is_own(&address)) {
            debug!("UDP: {sender} asked a group of hosts, which nobody answers");
            return Some(Outcome::Unanswerable);
        }
        let sent = match answer {
            Some(length) => self.sender.send(context, &self.answer[..length], sender),
            None => Err(SendError::TooLarge),
        };
        match sent {
            Ok(()) => Some(Outcome::Answered),
            Err(SendError::Full) => None,
            Err(SendError::TooLarge) => {
                warn!("UDP: {length} bytes from {sender} are dropped, the answer is too large");
                Some(Outcome::TooLarge)
            }
            Err(SendError::Unaddressable) => {
                debug!("UDP: {sender} cannot be answered");
                Some(Outcome::Unanswerable)
            }
        }
    }
}

enum Outcome {
    Answered,
    TooLarge,
    Unanswerable,
}
