use core::fmt;
use core::mem::ManuallyDrop;

use heapless::Vec;
use smoltcp::iface::SocketStorage;
use smoltcp::socket::tcp::{CongestionControl, Socket, SocketBuffer};

use super::handler::Handler;
use super::index::{Entry, Mark};
use super::session::Session;
use crate::stack::ServeError;
use crate::transform::Upper;

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

/// What a [`Server`](super::Server) of `N` connections lives in, each with a handler `H`.
///
/// The memory is `N * (RECEIVE + TRANSMIT)` bytes and a little for each connection; see
/// [`Buffers`] for the sizes. It is lent for as long as the server's stack lives. All of it is
/// zeros before that, so that a static takes no flash on a board.
pub struct Pool<'a, const N: usize, const RECEIVE: usize, const TRANSMIT: usize, H = Upper> {
    parts: Parts<'a, N, RECEIVE, TRANSMIT, H>,
    marks: [Mark; N],
}

/// What a [`Server`](super::Server) lives in that finds its connections by a [`Hash`](super::Hash).
///
/// As [`Pool`], with 72 bytes for each connection instead of 40.
pub struct HashPool<'a, const N: usize, const RECEIVE: usize, const TRANSMIT: usize, H = Upper> {
    parts: Parts<'a, N, RECEIVE, TRANSMIT, H>,
    entries: ManuallyDrop<Vec<Entry, N>>,
}

// Nothing of these has to be dropped: what they hold borrows from its neighbors. As nothing is
// dropped, a pool may be borrowed until its own end.
struct Parts<'a, const N: usize, const RECEIVE: usize, const TRANSMIT: usize, H> {
    storage: ManuallyDrop<Vec<SocketStorage<'a>, N>>,
    sessions: ManuallyDrop<Vec<Session<'a, H>, N>>,
    buffers: [Buffers<RECEIVE, TRANSMIT>; N],
}

impl<'a, const N: usize, const RECEIVE: usize, const TRANSMIT: usize, H>
    Parts<'a, N, RECEIVE, TRANSMIT, H>
{
    const fn new() -> Self {
        Self {
            storage: ManuallyDrop::new(Vec::new()),
            sessions: ManuallyDrop::new(Vec::new()),
            buffers: [const { Buffers::new() }; N],
        }
    }

    fn sessions(&'a mut self) -> Result<&'a mut [Session<'a, H>], SetupError>
    where
        H: Handler,
    {
        while self.storage.push(SocketStorage::default()).is_ok() {}
        let rooms = self.storage.iter_mut().zip(&mut self.buffers);
        for (storage, buffers) in rooms {
            let (receive, transmit) = buffers.split();
            // Cannot fail: there is room for `N`.
            let _ = self
                .sessions
                .push(Session::new(storage, receive, transmit)?);
        }
        Ok(&mut self.sessions)
    }
}

impl<'a, const N: usize, const RECEIVE: usize, const TRANSMIT: usize, H>
    Pool<'a, N, RECEIVE, TRANSMIT, H>
{
    /// A pool without connections. Sizes that cannot work do not compile.
    pub const fn new() -> Self {
        Self {
            parts: Parts::new(),
            marks: [Mark::EMPTY; N],
        }
    }

    pub(super) fn split(
        &'a mut self,
    ) -> Result<(&'a mut [Session<'a, H>], &'a mut [Mark]), SetupError>
    where
        H: Handler,
    {
        Ok((self.parts.sessions()?, &mut self.marks))
    }
}

impl<'a, const N: usize, const RECEIVE: usize, const TRANSMIT: usize, H>
    HashPool<'a, N, RECEIVE, TRANSMIT, H>
{
    /// A pool without connections. Sizes that cannot work do not compile.
    pub const fn new() -> Self {
        Self {
            parts: Parts::new(),
            entries: ManuallyDrop::new(Vec::new()),
        }
    }

    pub(super) fn split(
        &'a mut self,
    ) -> Result<(&'a mut [Session<'a, H>], &'a mut [Entry]), SetupError>
    where
        H: Handler,
    {
        while self.entries.push(Entry::EMPTY).is_ok() {}
        Ok((self.parts.sessions()?, &mut self.entries))
    }
}

impl<const N: usize, const RECEIVE: usize, const TRANSMIT: usize, H> Default
    for Pool<'_, N, RECEIVE, TRANSMIT, H>
{
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize, const RECEIVE: usize, const TRANSMIT: usize, H> Default
    for HashPool<'_, N, RECEIVE, TRANSMIT, H>
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
    /// There is no session for any connection, or the index has room for fewer.
    NoSession,
    /// Port 0 cannot be listened on.
    Port,
    /// The stack has a TCP server on that port.
    PortTaken,
    /// The stack has as many TCP servers as it can have.
    TooManyServers,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
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
            Self::NoSession => write!(
                f,
                "a server needs one session at least, and an index with room for all of them"
            ),
            Self::Port => write!(f, "port 0 cannot be listened on"),
            Self::PortTaken => write!(
                f,
                "the stack has a TCP server on this port; give each a port of its own"
            ),
            Self::TooManyServers => write!(f, "the stack has as many TCP servers as it can have"),
        }
    }
}

impl core::error::Error for SetupError {}

impl From<ServeError> for SetupError {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::PortTaken => Self::PortTaken,
            ServeError::TooManyServers => Self::TooManyServers,
        }
    }
}
