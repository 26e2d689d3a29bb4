/// What a [`Server`](super::Server) has seen; the counts wrap around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Connections that were opened.
    pub opened: u32,
    /// Connections that were aborted because the time to open, to idle or to close had passed.
    /// Clients that were taken for dead, because they were silent, are not among them.
    pub expired: u32,
}
