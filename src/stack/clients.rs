//! The connections of TCP clients, each in its client's storage.

use smoltcp::iface::SocketStorage;
use smoltcp::socket::tcp::Socket;
use smoltcp::time::Instant;

use super::control::Connection;
use super::table::{Room, Slot, Table};
use crate::packet::FourTuple;

/// Room for the connection of one client. It is lent for as long as the stack lives.
#[derive(Debug, Default)]
pub struct ClientSlot<'a> {
    storage: SocketStorage<'a>,
    node: Option<Node<'a>>,
}

#[derive(Debug)]
struct Node<'a> {
    connection: Connection<'a>,
    number: usize,
    next: Option<&'a mut Node<'a>>,
}

impl ClientSlot<'_> {
    /// Room without a connection.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            storage: SocketStorage::EMPTY,
            node: None,
        }
    }
}

/// A list of connections, in no particular order.
#[derive(Debug, Default)]
pub(super) struct Clients<'a> {
    first: Option<&'a mut Node<'a>>,
    count: usize,
}

impl<'a> Clients<'a> {
    /// Adds a connection to the list; returns its number.
    pub(super) fn add(&mut self, slot: &'a mut ClientSlot<'a>, socket: Socket<'a>) -> Slot {
        let ClientSlot { storage, node } = slot;
        let number = self.count;
        self.count += 1;
        self.first = Some(node.insert(Node {
            connection: Connection::new(storage, socket),
            number,
            next: self.first.take(),
        }));
        Slot(number)
    }

    /// The connections of a local port.
    pub(super) fn table(&mut self, port: u16) -> Option<&mut dyn Table<'a>> {
        let is_of_port = |node: &Node<'a>| {
            let tuple = node.connection.control.four_tuple();
            tuple.is_some_and(|tuple| tuple.local.port == port)
        };
        let found = self.nodes().any(is_of_port);
        found.then_some(self as _)
    }

    /// Calls this with each connection.
    pub(super) fn for_each(&mut self, mut each: impl FnMut(&mut Connection<'a>)) {
        let mut next = self.first.as_deref_mut();
        while let Some(node) = next {
            each(&mut node.connection);
            next = node.next.as_deref_mut();
        }
    }

    /// The connection with this number, to work with it.
    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut Connection<'a>> {
        let mut next = self.first.as_deref_mut();
        while let Some(node) = next {
            if node.number == slot.0 {
                return Some(&mut node.connection);
            }
            next = node.next.as_deref_mut();
        }
        None
    }

    fn nodes(&self) -> impl Iterator<Item = &Node<'a>> {
        core::iter::successors(self.first.as_deref(), |node| node.next.as_deref())
    }
}

impl<'a> Table<'a> for Clients<'a> {
    fn find(&self, tuple: &FourTuple) -> Option<Slot> {
        let mut nodes = self.nodes();
        let node = nodes.find(|node| node.connection.control.four_tuple() == Some(*tuple))?;
        Some(Slot(node.number))
    }

    fn get(&self, slot: Slot) -> Option<&Connection<'a>> {
        let mut nodes = self.nodes();
        let node = nodes.find(|node| node.number == slot.0)?;
        Some(&node.connection)
    }

    fn room(&self) -> Room {
        Room::Closed
    }

    fn half_open(&self, _: Option<Slot>) -> Option<Slot> {
        None
    }

    fn give_up(&mut self, _: Slot, _: Instant) -> bool {
        false
    }

    fn gave_up(&self) -> Option<Instant> {
        None
    }

    fn open(&mut self, _: &FourTuple, _: Instant) -> Option<Slot> {
        None
    }

    fn touch(&mut self, slot: Slot) -> Option<&mut Connection<'a>> {
        self.get_mut(slot)
    }
}
