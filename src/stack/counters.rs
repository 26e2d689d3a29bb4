/// What a stack has kept from its sockets, and why; the counts wrap around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets that were for other hosts, and TCP segments for a group of hosts.
    pub misdirected: u32,
    /// Connection requests that had to wait for a place.
    pub queued: u32,
    /// Connection requests that found neither a place nor room to wait. Their clients ask again.
    pub dropped: u32,
}

pub(super) fn count(counter: &mut u32) {
    *counter = counter.wrapping_add(1);
}
