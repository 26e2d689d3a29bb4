//! Which connection a segment belongs to, and which ones have something to do.

mod entry;
mod hash;
mod list;
mod scan;
mod timers;

use smoltcp::time::Instant;

pub use entry::Entry;
pub use hash::Hash;
pub use scan::{Mark, Scan};

use crate::packet::FourTuple;

/// How a [`Server`](super::Server) finds its connections, which it knows by their numbers:
/// [`Scan`] or [`Hash`](struct@Hash).
///
/// Only the server calls its methods.
pub trait Index: sealed::Index {}

impl<I: sealed::Index> Index for I {}

// The numbers begin with 1, so that `None` is 0: what is all zeros takes no flash on a board.

/// The kinds of connections. Those of each kind are in the order in which they came to be of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Without a peer.
    Free = 1,
    /// Not acknowledged by the client.
    Opening,
    /// Closed by both sides, and both FINs are acknowledged.
    TimeWait,
}

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A segment has come for it, or its timer has expired.
    Serve = 1,
    /// It may have something to transmit.
    Transmit,
}

pub(super) mod sealed {
    use super::{FourTuple, Instant, Kind, Work};

    pub trait Index {
        /// How many connections there is room for.
        fn capacity(&self) -> usize;

        /// The connection with this four-tuple, for which `matches` is true.
        fn find(&self, tuple: &FourTuple, matches: impl Fn(usize) -> bool) -> Option<usize>;

        /// A connection without a peer has one now.
        fn bind(&mut self, tuple: &FourTuple, number: usize);

        /// A connection has no peer any more.
        fn unbind(&mut self, number: usize);

        /// A connection has become of another kind; `None`: of none of them.
        fn sort(&mut self, number: usize, kind: Option<Kind>);

        /// The kind of a connection.
        fn kind(&self, number: usize) -> Option<Kind>;

        /// The connection that has been of this kind for longest, or for longest after this one; of
        /// those that are free, any.
        fn next_of(&self, kind: Kind, after: Option<usize>) -> Option<usize>;

        /// A connection has something to do; what it had to do before is replaced.
        fn queue(&mut self, number: usize, work: Work);

        /// Takes the next connection with such work.
        fn next(&mut self, work: Work) -> Option<usize>;

        /// Sets the moment at which a connection has something to do; `None`: never.
        fn schedule(&mut self, number: usize, due: Option<Instant>);

        /// The next of these moments, or one before it.
        fn due(&self) -> Option<Instant>;

        /// A connection with a timer that has expired; the timer is removed.
        fn expire(&mut self, now: Instant) -> Option<usize>;
    }
}
