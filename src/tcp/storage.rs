use core::fmt;

use smoltcp::socket::tcp::{CongestionControl, Socket, SocketBuffer};

use super::Place;
use crate::stack::{MOST_SERVERS, SocketsFull};

/// The largest receive buffer that smoltcp takes and a window can be scaled to (RFC 7323, 2.3), in
/// bytes.
pub const LARGEST_WINDOW: usize = (1 << 30) - 1;

/// The largest receive buffer whose window is not scaled (RFC 7323), in bytes.
///
/// A larger one lets more than this be under way in a round trip. Its window is announced in units
/// of several bytes, of which the stack keeps one back, so that it does not shrink (2.4): nothing
/// has to be sent twice, whatever the size.
///
/// Not every larger size can be had: a multiple of this by a power of two can, and
/// [`window_within`] gives the others.
pub const UNSCALED_WINDOW: usize = u16::MAX as usize;

/// The largest size of a receive buffer, in bytes, that is `most` at most and that a server or client
/// takes.
///
/// These sizes are taken: up to [`UNSCALED_WINDOW`] any, and beyond it, for each number of bits `s`
/// by which a window is scaled, from `65535 << s` to `(65536 << s) - 1`; up to [`LARGEST_WINDOW`].
///
/// The window of the first answer is never scaled (RFC 7323, 2.2). smoltcp 0.14 takes it for a
/// scaled one, so it accepts `min(size, 65535) << s` bytes of text until it announces another
/// window. With any other size that is more than the buffer, and a peer that writes so much at once
/// would have smoltcp panic.
pub const fn window_within(most: usize) -> usize {
    let most = if most > LARGEST_WINDOW {
        LARGEST_WINDOW
    } else {
        most
    };
    // As smoltcp chooses it: the least with which a window fits into 16 bits.
    let scale = (usize::BITS - most.leading_zeros()).saturating_sub(16);
    if scale == 0 || most >> scale == UNSCALED_WINDOW {
        most
    } else {
        // The largest that is scaled by one bit less.
        (1 << (15 + scale)) - 1
    }
}

/// How a sender reacts to loss unless it is told otherwise.
#[cfg(feature = "cubic")]
pub(super) const CONGESTION_CONTROL: CongestionControl = CongestionControl::Cubic;
#[cfg(not(feature = "cubic"))]
pub(super) const CONGESTION_CONTROL: CongestionControl = CongestionControl::Reno;

/// The buffers of one connection.
///
/// `RECEIVE` is the window, in bytes, of a size that [`window_within`] gives; `TRANSMIT` is how much may be
/// unconfirmed. Throughput is at most one buffer a round trip. Anything from 1 byte to
/// [`UNSCALED_WINDOW`] works; two
/// segments (2920 bytes on Ethernet) each let the two sides work at the same time, 512 bytes
/// each are enough for lines, and on a host four times
/// [`UNSCALED_WINDOW`] keep both sides at work.
///
/// ```compile_fail
/// // A hostile peer could write beyond it.
/// let buffers = uppercase::tcp::Buffers::<65_536, 1024>::new();
/// ```
pub struct Buffers<const RECEIVE: usize, const TRANSMIT: usize> {
    receive: [u8; RECEIVE],
    transmit: [u8; TRANSMIT],
}

impl<const RECEIVE: usize, const TRANSMIT: usize> Buffers<RECEIVE, TRANSMIT> {
    /// Empty buffers. Sizes that cannot work do not compile.
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

/// What a [`Server`](super::Server) of `N` connections lives in.
///
/// The memory is `N * (RECEIVE + TRANSMIT)` bytes and a little for each connection; see
/// [`Buffers`] for the sizes. Each connection takes one socket slot of the stack, too.
pub struct Pool<const N: usize, const RECEIVE: usize, const TRANSMIT: usize> {
    pub(super) places: [Place; N],
    pub(super) buffers: [Buffers<RECEIVE, TRANSMIT>; N],
}

impl<const N: usize, const RECEIVE: usize, const TRANSMIT: usize> Pool<N, RECEIVE, TRANSMIT> {
    /// A pool without connections. Sizes that cannot work do not compile.
    pub const fn new() -> Self {
        Self {
            places: [const { Place::new() }; N],
            buffers: [const { Buffers::new() }; N],
        }
    }
}

impl<const N: usize, const RECEIVE: usize, const TRANSMIT: usize> Default
    for Pool<N, RECEIVE, TRANSMIT>
{
    fn default() -> Self {
        Self::new()
    }
}

/// A socket that is set for requests and answers.
pub(super) fn socket<'a>(
    receive: SocketBuffer<'a>,
    transmit: SocketBuffer<'a>,
) -> Result<Socket<'a>, SetupError> {
    if receive.capacity() == 0 || transmit.capacity() == 0 {
        return Err(SetupError::NoBuffer);
    }
    if receive.capacity() > LARGEST_WINDOW {
        return Err(SetupError::WindowTooLarge {
            bytes: receive.capacity(),
        });
    }
    if window_within(receive.capacity()) != receive.capacity() {
        return Err(SetupError::Window {
            bytes: receive.capacity(),
        });
    }
    let mut socket = Socket::new(receive, transmit);
    // Nagle's algorithm would hold the end of an answer until the rest of it is confirmed, and
    // the other side delays its confirmation while it waits for that end.
    socket.set_nagle_enabled(false);
    // Nor is an acknowledgement delayed: text is answered in the poll in which it arrives, and the
    // answer carries it; and the last one must have left when a program ends.
    socket.set_ack_delay(None);
    Ok(socket)
}

/// Why a server or client cannot be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupError {
    /// The stack has no slot left for another socket.
    Sockets(SocketsFull),
    /// A buffer is empty.
    NoBuffer,
    /// A receive buffer is larger than [`LARGEST_WINDOW`].
    WindowTooLarge {
        /// How large it is.
        bytes: usize,
    },
    /// A peer could write beyond a receive buffer of this size; see [`window_within`].
    Window {
        /// How large it is.
        bytes: usize,
    },
    /// There is no place for any connection, or there are fewer buffers than places.
    NoPlace,
    /// The stack has as many servers as it can have.
    TooManyServers,
    /// Port 0 cannot be listened on.
    Port,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sockets(full) => full.fmt(f),
            Self::NoBuffer => write!(f, "a connection needs one byte of buffer each way at least"),
            Self::WindowTooLarge { bytes } => write!(
                f,
                "a receive buffer of {bytes} bytes is too large; {LARGEST_WINDOW} is the most"
            ),
            Self::Window { bytes } => write!(
                f,
                "a peer could write beyond a receive buffer of {bytes} bytes; make it {} bytes",
                window_within(*bytes)
            ),
            Self::NoPlace => write!(f, "a server needs one place with two buffers at least"),
            Self::TooManyServers => write!(
                f,
                "a stack has {MOST_SERVERS} TCP servers at most; give one of them more places, or \
                 make another stack"
            ),
            Self::Port => write!(f, "port 0 cannot be listened on"),
        }
    }
}

impl core::error::Error for SetupError {}

impl From<SocketsFull> for SetupError {
    fn from(full: SocketsFull) -> Self {
        Self::Sockets(full)
    }
}
