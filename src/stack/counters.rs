/// What a stack has kept from its sockets, and why; the counts wrap around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets that were for other hosts, and TCP segments for a group of hosts.
    pub misdirected: u32,
    /// Packets of others that gave an address of ours as their sender.
    pub forged: u32,
    /// Frames with a group address as their Ethernet source, or as the hardware address in a message
    /// of ARP or neighbor discovery.
    pub group_source: u32,
    /// TCP segments from where there is no way back to.
    pub unroutable: u32,
    /// TCP segments in fragments, or behind a hop-by-hop header.
    pub hidden: u32,
    /// Connection requests that were copies of one that has been answered.
    pub copies: u32,
    /// Connection requests that had to wait for a place.
    pub queued: u32,
    /// Connection requests that found neither a place nor room to wait. Their clients ask again.
    pub dropped: u32,
    /// Connection requests that were answered without taking a place; none without the feature
    /// `syn-cookies`.
    pub cookies: u32,
    /// Connections that were opened by such an answer.
    pub proven: u32,
}

pub(super) fn count(counter: &mut u32) {
    *counter = counter.wrapping_add(1);
}
