use smoltcp::iface::{SocketHandle, SocketSet, SocketStorage};
use smoltcp::socket::tcp::Socket;
use smoltcp::time::Instant;

use super::super::phase::Phase;
use crate::stack::Ends;
use crate::tcp::{self, place::forget};

/// What a [`Server`](super::Server) keeps for one connection, with a set of sockets of its own.
#[derive(Debug, Default)]
pub struct Place<'a> {
    /// `None` until it belongs to a server.
    set: Option<(SocketSet<'a>, SocketHandle)>,
    pub(super) connection: tcp::Place,
    /// When the connection is to be served even if nothing arrives.
    pub(super) deadline: Option<Instant>,
    /// The ends by which it is found.
    pub(super) ends: Option<Ends>,
    /// What it counts as.
    pub(super) counted: Phase,
    pub(super) kin: Option<Kin>,
    /// Whether it may have something to transmit.
    pub(super) is_busy: bool,
}

/// The lists of places of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kin {
    /// Without a connection. The latest one comes first, as it is still in the caches.
    Free,
    /// Not confirmed by the client. The oldest comes first.
    Opening,
    /// Closed by both sides, which know it. The oldest comes first.
    TimeWait,
}

impl<'a> Place<'a> {
    /// A place without a connection.
    pub const fn new() -> Self {
        Self {
            set: None,
            connection: tcp::Place::new(),
            deadline: None,
            ends: None,
            counted: Phase::Free,
            kin: None,
            is_busy: false,
        }
    }

    pub(super) fn furnish(&mut self, slot: &'a mut SocketStorage<'a>, socket: Socket<'a>) {
        *slot = SocketStorage::EMPTY;
        let mut set = SocketSet::new(core::slice::from_mut(slot));
        let handle = set.add(socket);
        *self = Self::new();
        self.set = Some((set, handle));
    }

    pub(super) fn set(&mut self) -> Option<&mut SocketSet<'a>> {
        self.set.as_mut().map(|(set, _)| set)
    }

    pub(super) fn socket(&mut self) -> Option<&mut Socket<'a>> {
        self.set.as_mut().map(|(set, handle)| set.get_mut(*handle))
    }

    /// The two halves of what serves a connection.
    pub(super) fn parts(&mut self) -> Option<(&mut tcp::Place, &mut Socket<'a>)> {
        let (set, handle) = self.set.as_mut()?;
        Some((&mut self.connection, set.get_mut(*handle)))
    }

    /// Where its connection is in its life at this moment.
    pub(super) fn phase(&self) -> Phase {
        let set = self.set.as_ref();
        set.map_or(Phase::Free, |(set, handle)| Phase::of(set.get(*handle)))
    }

    /// Forgets its connection without a word.
    pub(super) fn release(&mut self, port: u16) {
        if let Some(socket) = self.socket() {
            forget(socket, port);
        }
    }
}
