//! Why a frame, or the packet in it, is kept from the sockets.

use super::counters::Counters;

/// Why something is dropped, or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The frame is for another card, or for a group of cards that this one is not in.
    OtherCard,
    /// The frame is neither ARP nor IP, or too short.
    Unknown,
    /// The frame's Ethernet source is a group, to which an answer would have to go.
    GroupSource,
    /// The frame is for a group of cards, the packet in it for one host.
    GroupFrame,
    /// A fragment, which nothing in front has put together with the others; or a segment behind a
    /// hop-by-hop header, where its connection is not looked for.
    Hidden,
    /// A wrong checksum of the IPv4 header, no checksum of UDP over IPv6, or no room for a header.
    Corrupt,
    /// The packet asks for a route of its sender's choice.
    SourceRoute,
    /// The source address cannot be that of another host.
    Forged,
    /// The packet would be answered, but there is no route to its source.
    Unroutable,
    /// The packet is for another host, or for a group where only one host can be meant.
    Misdirected,
    /// No socket has the port, or nothing here knows the protocol.
    Unserved,
    /// The socket did not take the datagram.
    Untaken,
}

impl Refusal {
    /// Where it is counted, if it is.
    pub(super) fn counter(self, counters: &mut Counters) -> Option<&mut u32> {
        Some(match self {
            Self::OtherCard => return None,
            Self::Unknown => &mut counters.unknown,
            Self::GroupSource => &mut counters.group_source,
            Self::GroupFrame => &mut counters.group_frame,
            Self::Hidden => &mut counters.hidden,
            Self::Corrupt => &mut counters.corrupt,
            Self::SourceRoute => &mut counters.source_route,
            Self::Forged => &mut counters.forged,
            Self::Unroutable => &mut counters.unroutable,
            Self::Misdirected => &mut counters.misdirected,
            Self::Unserved => &mut counters.unserved,
            Self::Untaken => &mut counters.untaken,
        })
    }

    /// The end of a line of the log.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::OtherCard => "it is for another card",
            Self::Unknown => "it is neither ARP nor IP, or too short",
            Self::GroupSource => "its Ethernet source is a group address",
            Self::GroupFrame => "its frame is for a group, and the packet for one host",
            Self::Hidden => "it is a fragment, or has TCP behind a hop-by-hop header",
            Self::Corrupt => "a checksum is wrong or missing, or a header is cut",
            Self::SourceRoute => "it has a source route",
            Self::Forged => "its source address cannot be that of another host",
            Self::Unroutable => "there is no route to its source",
            Self::Misdirected => "it is not for this host, or is for a group",
            Self::Unserved => "nothing here serves the port or knows the protocol",
            Self::Untaken => "its checksum is wrong, or the socket's queue is full",
        }
    }
}
