use core::fmt;

use smoltcp::socket::tcp::SocketBuffer;

use super::sizes::{LARGEST_WINDOW, window_within};

/// The buffers of one connection.
///
/// `RECEIVE` is the window, in bytes, of a size that [`window_within`] gives; `TRANSMIT` is how many
/// bytes may be sent and not acknowledged. Throughput is at most one buffer a round trip. Anything
/// from 1 byte to [`UNSCALED_WINDOW`](super::UNSCALED_WINDOW) works. 512 bytes each way are enough
/// for lines. With two segments (2920 bytes on Ethernet) the two sides work at the same time. On a
/// host, four times [`UNSCALED_WINDOW`](super::UNSCALED_WINDOW) keeps both sides at work.
///
/// ```compile_fail
/// // A hostile peer could write beyond it.
/// let buffers = uppercase::tcp::Buffers::<65_536, 1024>::new();
/// ```
pub struct Buffers<const RECEIVE: usize, const TRANSMIT: usize> {
    receive: [u8; RECEIVE],
    transmit: [u8; TRANSMIT],
}

impl<const RECEIVE: usize, const TRANSMIT: usize> fmt::Debug for Buffers<RECEIVE, TRANSMIT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffers")
            .field("receive", &RECEIVE)
            .field("transmit", &TRANSMIT)
            .finish_non_exhaustive()
    }
}

impl<const RECEIVE: usize, const TRANSMIT: usize> Buffers<RECEIVE, TRANSMIT> {
    /// Empty buffers. Sizes that cannot work do not compile.
    #[must_use]
    pub const fn new() -> Self {
        const {
            assert!(
                RECEIVE > 0 && TRANSMIT > 0,
                "a buffer needs one byte at least"
            );
            assert!(
                RECEIVE <= LARGEST_WINDOW,
                "the receive buffer is larger than LARGEST_WINDOW"
            );
            assert!(
                window_within(RECEIVE) == RECEIVE,
                "a peer could write beyond a receive buffer of this size; see tcp::window_within"
            );
        }
        Self {
            receive: [0; RECEIVE],
            transmit: [0; TRANSMIT],
        }
    }

    /// The two buffers, receive and transmit, as smoltcp takes them.
    pub fn split(&mut self) -> (SocketBuffer<'_>, SocketBuffer<'_>) {
        (
            SocketBuffer::new(&mut self.receive[..]),
            SocketBuffer::new(&mut self.transmit[..]),
        )
    }
}

impl<const RECEIVE: usize, const TRANSMIT: usize> Default for Buffers<RECEIVE, TRANSMIT> {
    fn default() -> Self {
        Self::new()
    }
}
