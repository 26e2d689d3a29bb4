//! What the network tells us and smoltcp 0.14 keeps to itself: that a neighbor does not answer,
//! and that a packet of ours could not be delivered (ICMP). Clients name their failures by it.

use heapless::Vec;
#[cfg(feature = "ipv6")]
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, IPV4_HEADER_LEN, Icmpv4DstUnreachable, Icmpv4Message,
    Icmpv4Packet, IpAddress, IpEndpoint, IpProtocol, Ipv4Packet,
};
#[cfg(feature = "ipv6")]
use smoltcp::wire::{Icmpv6DstUnreachable, Icmpv6Packet, Icmpv6Repr, NdiscRepr};

use super::frame::Frame;
#[cfg(feature = "ipv6")]
use super::frame::Packet;

/// Why a router or the host itself sent a packet back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreachable {
    /// The host is there, but nobody uses the port.
    Port,
    /// The host cannot be reached.
    Host,
}

struct Returned {
    protocol: IpProtocol,
    local_port: u16,
    remote: IpEndpoint,
    reason: Unreachable,
}

/// Sees the frames that pass the door, and remembers two things.
pub(crate) struct Observer {
    /// Neighbors that were asked for and have not answered, the latest last.
    silent: Vec<IpAddress, 4>,
    returned: Option<Returned>,
}

impl Observer {
    pub(super) const fn new() -> Self {
        Self {
            silent: Vec::new(),
            returned: None,
        }
    }

    /// Whether `neighbor` was asked for its hardware address and has not answered yet.
    pub(crate) fn is_silent(&self, neighbor: &IpAddress) -> bool {
        self.silent.contains(neighbor)
    }

    /// Whether and why the latest packet from our `local_port` to `remote` came back; tells it
    /// once.
    pub(crate) fn take_unreachable(
        &mut self,
        protocol: IpProtocol,
        local_port: u16,
        remote: IpEndpoint,
    ) -> Option<Unreachable> {
        self.returned
            .take_if(|returned| {
                returned.protocol == protocol
                    && returned.local_port == local_port
                    && returned.remote == remote
            })
            .map(|returned| returned.reason)
    }

    fn asked(&mut self, neighbor: IpAddress) {
        self.answered(neighbor);
        if self.silent.is_full() {
            self.silent.remove(0);
        }
        // Cannot fail: room was just made.
        let _ = self.silent.push(neighbor);
    }

    fn answered(&mut self, neighbor: IpAddress) {
        self.silent.retain(|silent| *silent != neighbor);
    }

    /// smoltcp transmits this frame.
    pub(super) fn transmitted(&mut self, frame: &Frame<'_>) {
        if let Some(Seen::Asked(neighbor)) = look(frame) {
            self.asked(neighbor);
        }
    }

    /// This frame has arrived.
    pub(super) fn received(&mut self, frame: &Frame<'_>) {
        match look(frame) {
            Some(Seen::Answered(neighbor)) => self.answered(neighbor),
            Some(Seen::Returned(returned)) => self.returned = Some(returned),
            _ => {}
        }
    }
}

enum Seen {
    Asked(IpAddress),
    Answered(IpAddress),
    Returned(Returned),
}

fn look(frame: &Frame<'_>) -> Option<Seen> {
    match frame {
        Frame::Arp(message) => look_at_arp(message),
        Frame::Ip(packet) => match packet.protocol {
            IpProtocol::Icmp => look_at_icmpv4(packet.payload),
            #[cfg(feature = "ipv6")]
            IpProtocol::Icmpv6 => look_at_icmpv6(packet),
            _ => None,
        },
        Frame::Fragment(_) => None,
    }
}

fn look_at_arp(message: &[u8]) -> Option<Seen> {
    let ArpRepr::EthernetIpv4 {
        operation,
        source_protocol_addr,
        target_protocol_addr,
        ..
    } = ArpRepr::parse(&ArpPacket::new_checked(message).ok()?).ok()?
    else {
        return None;
    };
    Some(match operation {
        ArpOperation::Request => Seen::Asked(target_protocol_addr.into()),
        _ => Seen::Answered(source_protocol_addr.into()),
    })
}

fn look_at_icmpv4(message: &[u8]) -> Option<Seen> {
    let message = Icmpv4Packet::new_checked(message).ok()?;
    if message.msg_type() != Icmpv4Message::DstUnreachable || !message.verify_checksum() {
        return None;
    }
    let reason = match Icmpv4DstUnreachable::from(message.msg_code()) {
        Icmpv4DstUnreachable::PortUnreachable => Unreachable::Port,
        Icmpv4DstUnreachable::FragRequired => return None,
        _ => Unreachable::Host,
    };
    // Of the packet there may be no more than its header and 8 bytes (RFC 792), which smoltcp 0.14
    // takes for a packet that is cut.
    let packet = message.data();
    let header = Ipv4Packet::new_unchecked(packet.get(..IPV4_HEADER_LEN)?);
    if header.version() != 4 || header.frag_offset() != 0 {
        return None;
    }
    let data = packet.get(header.header_len().into()..)?;
    returned(header.next_header(), header.dst_addr().into(), data, reason)
}

#[cfg(feature = "ipv6")]
fn look_at_icmpv6(packet: &Packet<'_>) -> Option<Seen> {
    let (IpAddress::Ipv6(source), IpAddress::Ipv6(destination)) =
        (packet.source, packet.destination)
    else {
        return None;
    };
    let message = Icmpv6Packet::new_checked(packet.payload).ok()?;
    let message = Icmpv6Repr::parse(
        &source,
        &destination,
        &message,
        &ChecksumCapabilities::default(),
    )
    .ok()?;
    match message {
        Icmpv6Repr::Ndisc(NdiscRepr::NeighborSolicit { target_addr, .. }) => {
            Some(Seen::Asked(target_addr.into()))
        }
        Icmpv6Repr::Ndisc(NdiscRepr::NeighborAdvert { target_addr, .. }) => {
            Some(Seen::Answered(target_addr.into()))
        }
        Icmpv6Repr::DstUnreachable {
            reason,
            header,
            data,
        } => {
            let reason = match reason {
                Icmpv6DstUnreachable::PortUnreachable => Unreachable::Port,
                _ => Unreachable::Host,
            };
            returned(header.next_header, header.dst_addr.into(), data, reason)
        }
        _ => None,
    }
}

/// `data` begins with the ports, in UDP as in TCP.
fn returned(
    protocol: IpProtocol,
    remote: IpAddress,
    data: &[u8],
    reason: Unreachable,
) -> Option<Seen> {
    let ports = data.first_chunk::<4>()?;
    Some(Seen::Returned(Returned {
        protocol,
        local_port: u16::from_be_bytes([ports[0], ports[1]]),
        remote: IpEndpoint::new(remote, u16::from_be_bytes([ports[2], ports[3]])),
        reason,
    }))
}
