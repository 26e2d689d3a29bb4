/// What a stack has not given to its sockets, and why; the counts wrap around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Frames that were neither ARP nor IP, or too short for their headers.
    pub unknown: u32,
    /// Frames with a group address as their Ethernet source, or as the hardware address in a message
    /// of ARP or neighbor discovery.
    pub group_source: u32,
    /// Packets for one host in a frame for a group of cards (RFC 1122, 3.3.6).
    pub group_frame: u32,
    /// Packets for other hosts, and packets for a group of hosts. Of the latter, datagrams to a port
    /// that is served and messages of ICMPv6 do not count.
    pub misdirected: u32,
    /// Packets of which the source address cannot be that of another host: it is one of this host, of
    /// a group, of a loopback, or none (RFC 1122, 3.2.1.3).
    pub forged: u32,
    /// TCP segments, and packets that would be answered at once, from a source to which there is no
    /// route.
    pub unroutable: u32,
    /// Fragments, as nothing in front of the stack has put them together
    /// (`device::reassembly`), and TCP segments behind a hop-by-hop header.
    pub hidden: u32,
    /// Packets with a wrong checksum in the IPv4 header, datagrams over IPv6 without a checksum
    /// (RFC 8200, 8.1), and packets that are too short for a header of TCP or UDP.
    pub corrupt: u32,
    /// Packets with a source route (RFC 7126, 4.3 and 4.4).
    pub source_route: u32,
    /// Datagrams and segments for a port, and packets of a protocol, that is not served. They are
    /// answered by an ICMP error or a reset.
    pub unserved: u32,
    /// Those of them for which no ICMP error was sent, as there had been too many (RFC 4443, 2.4); none
    /// without the features `alloc` and `ipv6`.
    pub limited: u32,
    /// Datagrams that their socket did not take: the checksum is wrong, or the queue is full. They are
    /// counted with the feature `alloc` only.
    pub untaken: u32,
    /// Packets that did not leave, because they were longer than the link takes and than the buffer of
    /// `Stack::with_fragmentation`: datagrams of sockets, and answers to pings. They are counted with the
    /// feature `fragmentation` only.
    pub too_long: u32,
    /// Messages of other hosts that use an address of this host; none without
    /// [conflict detection](super::Stack::with_conflict_detection).
    #[cfg(feature = "conflict-detection")]
    pub conflicts: u32,
    /// SYNs that were copies of one that has been answered.
    pub copies: u32,
    /// SYNs that had to wait for room.
    pub queued: u32,
    /// SYNs that found neither a free slot nor room in the backlog. Their clients send them again.
    pub dropped: u32,
    /// SYNs that were answered by a cookie; none without the feature `syn-cookies`.
    pub cookies: u32,
    /// Connections that were opened by a cookie.
    pub proven: u32,
}

pub(super) fn count(counter: &mut u32) {
    *counter = counter.wrapping_add(1);
}
