use core::fmt;
use core::mem::ManuallyDrop;

use heapless::Vec;
use smoltcp::iface::SocketStorage;

use super::buffers::Buffers;
use super::error::SetupError;
use super::handler::Handler;
use super::index::{Entry, Mark};
use super::session::Session;
use crate::transform::Ascii;

/// The storage of a [`Server`](super::Server) of `N` connections, each with a handler `H`.
///
/// The memory is `N * (RECEIVE + TRANSMIT)` bytes and a little for each connection; see
/// [`Buffers`] for the sizes. It is lent for as long as the server's stack lives. All of it is
/// zeros before that, so that a static takes no flash on a board.
pub struct Pool<'a, const N: usize, const RECEIVE: usize, const TRANSMIT: usize, H = Ascii> {
    parts: Parts<'a, N, RECEIVE, TRANSMIT, H>,
    marks: [Mark; N],
}

impl<const N: usize, const RECEIVE: usize, const TRANSMIT: usize, H> fmt::Debug
    for Pool<'_, N, RECEIVE, TRANSMIT, H>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("connections", &N)
            .field("receive", &RECEIVE)
            .field("transmit", &TRANSMIT)
            .finish_non_exhaustive()
    }
}

/// The storage of a [`Server`](super::Server) that finds its connections by a [`Hash`](super::Hash).
///
/// As [`Pool`], with 72 bytes for each connection instead of 40.
pub struct HashPool<'a, const N: usize, const RECEIVE: usize, const TRANSMIT: usize, H = Ascii> {
    parts: Parts<'a, N, RECEIVE, TRANSMIT, H>,
    entries: ManuallyDrop<Vec<Entry, N>>,
}

impl<const N: usize, const RECEIVE: usize, const TRANSMIT: usize, H> fmt::Debug
    for HashPool<'_, N, RECEIVE, TRANSMIT, H>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashPool")
            .field("connections", &N)
            .field("receive", &RECEIVE)
            .field("transmit", &TRANSMIT)
            .finish_non_exhaustive()
    }
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
            Session::<H>::check(&receive, &transmit)?;
            // Cannot fail: there is room for `N`.
            let _ = self.sessions.push(Session::of(storage, receive, transmit));
        }
        Ok(&mut self.sessions)
    }
}

impl<'a, const N: usize, const RECEIVE: usize, const TRANSMIT: usize, H>
    Pool<'a, N, RECEIVE, TRANSMIT, H>
{
    /// A pool without connections. Sizes that cannot work do not compile.
    #[must_use]
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
    #[must_use]
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
