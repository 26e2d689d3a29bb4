//! The memory of a fragmenter.

use smoltcp::iface::SocketStorage;
use smoltcp::socket::raw;

/// Memory for fragments until they are sent.
///
/// `BYTES` and `PACKETS` are the room for fragments: [`bytes`](super::bytes()) and
/// [`packets`](super::packets()) of the longest datagram to be sent, times the number of datagrams
/// to be sent between two polls of the interface. One is enough for a client; a server that runs
/// out of room sends the next answer after the next poll.
#[derive(Debug)]
pub struct Buffers<'a, const BYTES: usize, const PACKETS: usize> {
    pub(super) bytes: [u8; BYTES],
    pub(super) packets: [raw::PacketMetadata; PACKETS],
    pub(super) aside: [SocketStorage<'a>; 1],
}

impl<const BYTES: usize, const PACKETS: usize> Buffers<'_, BYTES, PACKETS> {
    /// Empty memory.
    pub const fn new() -> Self {
        Self {
            bytes: [0; BYTES],
            packets: [raw::PacketMetadata::EMPTY; PACKETS],
            aside: [SocketStorage::EMPTY],
        }
    }
}

impl<const BYTES: usize, const PACKETS: usize> Default for Buffers<'_, BYTES, PACKETS> {
    fn default() -> Self {
        Self::new()
    }
}
