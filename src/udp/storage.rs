use core::fmt;

use heapless::Vec;
use managed::ManagedSlice;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp::{PacketBuffer, PacketMetadata, Socket};

use crate::stack::{Sockets, SocketsFull};

/// The longest answer that a server makes on the stack.
pub(super) const ON_STACK: usize = 512;

/// The buffers of a server or client.
///
/// `COUNT` is how many datagrams can wait each way. `SIZE` is the longest request or answer, in bytes;
/// upper-casing can make an answer three times as long as its request. The memory is about
/// `SIZE * (2 * COUNT + 1)` bytes. `Buffers<4, 1472>` takes what an Ethernet frame
/// carries over IPv4, `Buffers<4, 6144>` any answer to the 2048 bytes that the programs of the
/// classic exercise read.
///
/// `HELD` is the room for the answer that a server makes, and for the line that a client may have to
/// repeat. With 0 of it, a server makes its answers on the stack, where there are 512 bytes for
/// that while it is polled: a board has `Buffers<1, 256, 0>`.
pub struct Buffers<const COUNT: usize, const SIZE: usize, const HELD: usize = SIZE> {
    // Filled when they are needed: then a static of this type is all zeros, and takes no flash.
    received: Vec<PacketMetadata, COUNT>,
    receive: [[u8; SIZE]; COUNT],
    transmitted: Vec<PacketMetadata, COUNT>,
    transmit: [[u8; SIZE]; COUNT],
    held: [u8; HELD],
}

impl<const COUNT: usize, const SIZE: usize, const HELD: usize> fmt::Debug
    for Buffers<COUNT, SIZE, HELD>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffers")
            .field("count", &COUNT)
            .field("size", &SIZE)
            .finish_non_exhaustive()
    }
}

impl<const COUNT: usize, const SIZE: usize, const HELD: usize> Buffers<COUNT, SIZE, HELD> {
    /// Empty buffers. Sizes that cannot work do not compile.
    #[must_use]
    pub const fn new() -> Self {
        const {
            assert!(
                SIZE > 0 && COUNT > 0,
                "there must be room for a datagram of one byte at least"
            );
            assert!(
                HELD > 0 || SIZE <= ON_STACK,
                "an answer of more than 512 bytes is not made on the stack"
            );
        }
        Self {
            received: Vec::new(),
            receive: [[0; SIZE]; COUNT],
            transmitted: Vec::new(),
            transmit: [[0; SIZE]; COUNT],
            held: [0; HELD],
        }
    }

    /// The parts, as [`Server::from_parts`](super::Server::from_parts) takes them.
    pub fn split(&mut self) -> Parts<'_> {
        for metadata in [&mut self.received, &mut self.transmitted] {
            while metadata.push(PacketMetadata::EMPTY).is_ok() {}
        }
        Parts {
            receive: PacketBuffer::new(&mut self.received[..], self.receive.as_flattened_mut()),
            transmit: PacketBuffer::new(
                &mut self.transmitted[..],
                self.transmit.as_flattened_mut(),
            ),
            held: ManagedSlice::Borrowed(&mut self.held),
        }
    }
}

impl<const COUNT: usize, const SIZE: usize, const HELD: usize> Default
    for Buffers<COUNT, SIZE, HELD>
{
    fn default() -> Self {
        Self::new()
    }
}

/// What a server or client works in, where the sizes are known at run time only.
#[derive(Debug)]
pub struct Parts<'a> {
    /// Datagrams that have arrived.
    pub receive: PacketBuffer<'a>,
    /// Datagrams that wait to be sent.
    pub transmit: PacketBuffer<'a>,
    /// One datagram: the answer that a server makes, the line that a client may have to repeat. Where it
    /// is empty, a server makes answers of up to 512 bytes on the stack.
    pub held: ManagedSlice<'a, u8>,
}

/// Adds a socket to the set and returns what of the parts is left.
pub(super) fn add<'a>(
    sockets: &mut Sockets<'a>,
    parts: Parts<'a>,
) -> Result<(SocketHandle, ManagedSlice<'a, u8>), SetupError> {
    let Parts {
        receive,
        transmit,
        held,
    } = parts;
    let shortest = receive.payload_capacity().min(transmit.payload_capacity());
    if shortest == 0 || receive.packet_capacity().min(transmit.packet_capacity()) == 0 {
        return Err(SetupError::NoBuffer);
    }
    Ok((sockets.add(Socket::new(receive, transmit))?, held))
}

/// Why a server or client cannot be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SetupError {
    /// The stack has no slot left for another socket.
    Sockets(SocketsFull),
    /// A buffer has no room for any datagram.
    NoBuffer,
    /// Port 0 cannot be bound to.
    Port,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sockets(full) => full.fmt(f),
            Self::NoBuffer => write!(f, "each buffer needs room for one datagram at least"),
            Self::Port => write!(f, "port 0 cannot be bound to"),
        }
    }
}

impl core::error::Error for SetupError {}

impl From<SocketsFull> for SetupError {
    fn from(full: SocketsFull) -> Self {
        Self::Sockets(full)
    }
}
