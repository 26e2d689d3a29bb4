use smoltcp::time::Instant;

/// A number that is nobody's.
pub(super) const NOBODY: u32 = u32::MAX;

/// What the server has to find quickly of one connection, beside its [`Place`](super::Place): 64
/// bytes.
///
/// Whatever walks from one connection to another walks over these, as they are small.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The first connection whose hash leads here.
    pub(super) first: u32,
    /// The next connection whose hash leads to the same.
    pub(super) next: u32,
    pub(super) hash: u32,
    /// In a list of places of one kind.
    pub(super) kin: Links,
    /// In the list of those that may have something to transmit.
    pub(super) busy: Links,
    /// When it is to be looked at.
    pub(super) due: Option<Instant>,
    /// Where in the heap its alarm is, which does not go off later than that.
    pub(super) alarm: u32,
    /// One alarm of the heap, whosever.
    pub(super) heap: Alarm,
}

/// The neighbors in a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    pub(super) previous: u32,
    pub(super) next: u32,
}

/// When a place is to be looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alarm {
    pub(super) due: Instant,
    pub(super) place: u32,
}

impl Entry {
    /// Of no connection.
    pub const EMPTY: Self = {
        let links = Links {
            previous: NOBODY,
            next: NOBODY,
        };
        Self {
            first: NOBODY,
            next: NOBODY,
            hash: 0,
            kin: links,
            busy: links,
            due: None,
            alarm: NOBODY,
            heap: Alarm {
                due: Instant::ZERO,
                place: NOBODY,
            },
        }
    };
}
