use smoltcp::iface::SocketStorage;

use super::{Entry, Place};
use crate::tcp::Buffers;

/// What a [`Server`](super::Server) of `N` connections lives in.
///
/// The memory is `N * (RECEIVE + TRANSMIT)` bytes and, on a host, 900 bytes for each connection;
/// see [`Buffers`] for the sizes. It is lent for as long as the server's stack lives.
pub struct Pool<'a, const N: usize, const RECEIVE: usize, const TRANSMIT: usize> {
    pub(super) slots: [SocketStorage<'a>; N],
    pub(super) places: [Place<'a>; N],
    pub(super) entries: [Entry; N],
    pub(super) buffers: [Buffers<RECEIVE, TRANSMIT>; N],
}

impl<const N: usize, const RECEIVE: usize, const TRANSMIT: usize> Pool<'_, N, RECEIVE, TRANSMIT> {
    /// A pool without connections. Sizes that cannot work do not compile.
    pub const fn new() -> Self {
        Self {
            slots: [const { SocketStorage::EMPTY }; N],
            places: [const { Place::new() }; N],
            entries: [const { Entry::EMPTY }; N],
            buffers: [const { Buffers::new() }; N],
        }
    }
}

impl<const N: usize, const RECEIVE: usize, const TRANSMIT: usize> Default
    for Pool<'_, N, RECEIVE, TRANSMIT>
{
    fn default() -> Self {
        Self::new()
    }
}
