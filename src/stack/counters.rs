/// What a stack has kept from its sockets, and why; the counts wrap around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames with a group address as their Ethernet source, or as the hardware address in a message
    /// of ARP or neighbor discovery.
    pub group_source: u32,
    /// Packets that were for other hosts, and TCP segments for a group of hosts.
    pub misdirected: u32,
    /// Packets of others that gave an address of this host as their source.
    pub forged: u32,
    /// TCP segments, and packets that would be answered at once, from a source to which there is no
    /// route.
    pub unroutable: u32,
    /// TCP segments in fragments, or behind a hop-by-hop header.
    pub hidden: u32,
    /// Messages of other hosts that use an address of this host; none unless that is
    /// [looked for](super::Stack::with_conflict_detection).
    #[cfg(feature = "conflict-detection")]
    pub conflicts: u32,
    /// SYNs that were copies of one that has been answered.
    pub copies: u32,
    /// SYNs that had to wait for room.
    pub queued: u32,
    /// SYNs that found neither room nor a place in the backlog. Their clients send them again.
    pub dropped: u32,
    /// SYNs that were answered by a cookie; none without the feature `syn-cookies`.
    pub cookies: u32,
    /// Connections that were opened by a cookie.
    pub proven: u32,
}

pub(super) fn count(counter: &mut u32) {
    *counter = counter.wrapping_add(1);
}
