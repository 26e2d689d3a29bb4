//! The connections of one port, as a stack asks for them.

use smoltcp::time::Instant;

use super::control::Connection;
use crate::packet::FourTuple;

/// The connections of one local TCP port.
pub trait Table<'a> {
    /// The connection with this four-tuple, in any state. Changes nothing: a segment that is
    /// dropped afterwards has no effect on the connections.
    fn find(&self, tuple: &FourTuple) -> Option<Slot>;

    /// The connection in this slot, to look at it; `None` beyond the last. The first is 0.
    fn get(&self, slot: Slot) -> Option<&Connection<'a>>;

    /// Whether a further connection can be opened.
    fn room(&self) -> Room;

    /// The half-open connection that has waited for its client for longest, or for longest after this
    /// one.
    fn half_open(&self, after: Option<Slot>) -> Option<Slot>;

    /// Gives up a half-open connection; returns whether that makes room.
    fn give_up(&mut self, slot: Slot, now: Instant) -> bool;

    /// When a half-open connection was last given up; its client may acknowledge it all the same.
    fn gave_up(&self) -> Option<Instant>;

    /// Lets a socket listen for the connection with this four-tuple: the one that `find` returns,
    /// if it is closed or in TIME-WAIT, else one without a connection. `None` if there is no room.
    fn open(&mut self, tuple: &FourTuple, now: Instant) -> Option<Slot>;

    /// A connection that is about to be given a segment: its service works on it in the same poll.
    fn touch(&mut self, slot: Slot) -> Option<&mut Connection<'a>>;
}

/// The number of a connection in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot(pub usize);

/// Whether a table can take a further connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Room {
    /// It can.
    Free,
    /// Not now: a SYN waits in the backlog, or is dropped.
    Full,
    /// It accepts none: a SYN is refused by a reset.
    Closed,
}
