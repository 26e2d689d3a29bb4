use smoltcp::time::Instant;

use super::{Kind, Work};

/// A number that no connection has.
pub(super) const NONE: u32 = u32::MAX;

/// What a [`Hash`](super::Hash) knows of one connection: 72 bytes.
///
/// What walks from one connection to another walks over these, as they are small.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The first connection with a hash that leads here.
    pub(super) first: u32,
    /// The next connection with a hash that leads to the same.
    pub(super) next: u32,
    pub(super) hash: u32,
    pub(super) kind: Option<Kind>,
    pub(super) work: Option<Work>,
    /// In the list of connections of its kind.
    pub(super) of_kind: Links,
    /// In the list of those that have something to do.
    pub(super) of_work: Links,
    /// When it has something to do.
    pub(super) due: Option<Instant>,
    /// Where in the heap its timer is, which is not later than that.
    pub(super) timer: u32,
    /// One timer of the heap, of any connection.
    pub(super) heap: Timer,
}

/// The neighbors in a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    pub(super) previous: u32,
    pub(super) next: u32,
}

/// When a connection has something to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timer {
    pub(super) due: Instant,
    pub(super) number: u32,
}

impl Entry {
    /// Of no connection.
    pub const EMPTY: Self = {
        let links = Links {
            previous: NONE,
            next: NONE,
        };
        Self {
            first: NONE,
            next: NONE,
            hash: 0,
            kind: None,
            work: None,
            of_kind: links,
            of_work: links,
            due: None,
            timer: NONE,
            heap: Timer {
                due: Instant::ZERO,
                number: NONE,
            },
        }
    };
}
