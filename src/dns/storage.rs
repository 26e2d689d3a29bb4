//! The buffers of a resolver.

use core::fmt;

use heapless::Vec;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp::{PacketBuffer, PacketMetadata, Socket};

use super::QUESTIONS_AT_ONCE;
use super::name::LONGEST;
use crate::stack::{Sockets, SocketsFull};

/// The longest answer, in bytes (RFC 1035, 4.2.1).
pub const ANSWER: usize = 512;

/// The longest query, in bytes: the header, the longest name, its type and its class.
pub const QUERY: usize = 12 + LONGEST + 4;

/// The buffers of a resolver: about 1.6 kB with IPv6, 0.8 kB without.
pub struct Buffers {
    // Filled when they are needed: then a static of this type is all zeros, and takes no flash.
    received: Vec<PacketMetadata, QUESTIONS_AT_ONCE>,
    receive: [u8; ANSWER * QUESTIONS_AT_ONCE],
    transmitted: Vec<PacketMetadata, QUESTIONS_AT_ONCE>,
    transmit: [u8; QUERY * QUESTIONS_AT_ONCE],
}

impl fmt::Debug for Buffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffers").finish_non_exhaustive()
    }
}

impl Buffers {
    /// Empty buffers.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            received: Vec::new(),
            receive: [0; ANSWER * QUESTIONS_AT_ONCE],
            transmitted: Vec::new(),
            transmit: [0; QUERY * QUESTIONS_AT_ONCE],
        }
    }

    /// The parts, as [`Resolver::from_parts`](super::Resolver::from_parts) takes them.
    pub fn split(&mut self) -> Parts<'_> {
        for metadata in [&mut self.received, &mut self.transmitted] {
            while metadata.push(PacketMetadata::EMPTY).is_ok() {}
        }
        Parts {
            receive: PacketBuffer::new(&mut self.received[..], &mut self.receive[..]),
            transmit: PacketBuffer::new(&mut self.transmitted[..], &mut self.transmit[..]),
        }
    }
}

impl Default for Buffers {
    fn default() -> Self {
        Self::new()
    }
}

/// The queues of a resolver, each with room for [`QUESTIONS_AT_ONCE`] datagrams.
#[derive(Debug)]
pub struct Parts<'a> {
    /// Answers that have arrived, of up to [`ANSWER`] bytes.
    pub receive: PacketBuffer<'a>,
    /// Queries that wait for transmission, of up to [`QUERY`] bytes.
    pub transmit: PacketBuffer<'a>,
}

/// Adds a socket to the set.
pub(super) fn add<'a>(
    sockets: &mut Sockets<'a>,
    parts: Parts<'a>,
) -> Result<SocketHandle, SetupError> {
    let Parts { receive, transmit } = parts;
    for (queue, datagram) in [(&receive, ANSWER), (&transmit, QUERY)] {
        if queue.packet_capacity() < QUESTIONS_AT_ONCE
            || queue.payload_capacity() < datagram * QUESTIONS_AT_ONCE
        {
            return Err(SetupError::NoBuffer);
        }
    }
    Ok(sockets.add(Socket::new(receive, transmit))?)
}

/// Why a resolver cannot be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SetupError {
    /// The stack has no slot left for another socket.
    Sockets(SocketsFull),
    /// A buffer has no room for [`QUESTIONS_AT_ONCE`] datagrams of the greatest length.
    NoBuffer,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sockets(full) => full.fmt(f),
            Self::NoBuffer => write!(
                f,
                "the resolver needs room for {QUESTIONS_AT_ONCE} answers of {ANSWER} bytes and \
                 {QUESTIONS_AT_ONCE} queries of {QUERY} bytes"
            ),
        }
    }
}

impl core::error::Error for SetupError {}

impl From<SocketsFull> for SetupError {
    fn from(full: SocketsFull) -> Self {
        Self::Sockets(full)
    }
}
