//! What the network tells and smoltcp 0.14 keeps to itself: that a neighbor does not answer, and that
//! a packet of this host could not be delivered (ICMP). Clients name their failures by it.

use core::cell::{Cell, RefCell};

use heapless::Vec;
#[cfg(feature = "ipv6")]
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, Icmpv4DstUnreachable, Icmpv4Message, Icmpv4Packet, IpAddress,
    IpEndpoint, IpProtocol,
};
#[cfg(feature = "ipv6")]
use smoltcp::wire::{Icmpv6DstUnreachable, Icmpv6Message, Icmpv6Packet, Icmpv6Repr, NdiscRepr};

use crate::packet::{Content, Frame, Packet, Quote};

/// The header of an ICMP error, in bytes.
const ICMP_HEADER: usize = 8;

/// Why a router or the host itself sent an error back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreachable {
    /// The host is there, but nothing listens on the port.
    Port,
    /// The host cannot be reached.
    Host,
}

#[derive(Clone, Copy)]
struct Returned {
    quote: Quote,
    reason: Unreachable,
}

/// Which neighbors do not answer, and which packet came back last.
pub(crate) struct Reachability {
    /// Neighbors that were asked for and have not answered, the latest last.
    silent: RefCell<Vec<IpAddress, 4>>,
    returned: Cell<Option<Returned>>,
}

impl Reachability {
    pub(super) const fn new() -> Self {
        Self {
            silent: RefCell::new(Vec::new()),
            returned: Cell::new(None),
        }
    }

    /// Whether `neighbor` was asked for its hardware address and has not answered yet.
    pub(super) fn is_silent(&self, neighbor: &IpAddress) -> bool {
        self.silent.borrow().contains(neighbor)
    }

    /// Whether and why the latest packet from `local_port` to `remote` came back; tells it once.
    pub(super) fn take_unreachable(
        &self,
        protocol: IpProtocol,
        local_port: u16,
        remote: IpEndpoint,
    ) -> Option<Unreachable> {
        let Returned { quote, reason } = self.returned.get()?;
        let found = (quote.protocol, quote.source.port, quote.destination);
        if found != (protocol, local_port, remote) {
            return None;
        }
        self.returned.set(None);
        Some(reason)
    }

    fn asked(&self, neighbor: IpAddress) {
        self.answered(neighbor);
        let mut silent = self.silent.borrow_mut();
        if silent.is_full() {
            silent.remove(0);
        }
        // Cannot fail: room was just made.
        let _ = silent.push(neighbor);
    }

    fn answered(&self, neighbor: IpAddress) {
        self.silent
            .borrow_mut()
            .retain(|silent| *silent != neighbor);
    }

    /// smoltcp transmits this frame.
    pub(super) fn transmitted(&self, frame: &Frame<'_>) {
        if let Some(Seen::Asked(neighbor)) = look(frame) {
            self.asked(neighbor);
        }
    }

    /// This frame has arrived.
    pub(super) fn received(&self, frame: &Frame<'_>) {
        match look(frame) {
            Some(Seen::Answered(neighbor)) => self.answered(neighbor),
            Some(Seen::Returned(returned)) => self.returned.set(Some(returned)),
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
    match &frame.content {
        Content::Arp(message) => look_at_arp(message),
        Content::Ip(packet) if packet.is_fragment => None,
        Content::Ip(packet) => match packet.protocol {
            IpProtocol::Icmp => look_at_icmpv4(packet),
            #[cfg(feature = "ipv6")]
            IpProtocol::Icmpv6 => look_at_icmpv6(packet),
            _ => None,
        },
        Content::Other => None,
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

fn look_at_icmpv4(packet: &Packet<'_>) -> Option<Seen> {
    let message = Icmpv4Packet::new_checked(packet.payload()).ok()?;
    if message.msg_type() != Icmpv4Message::DstUnreachable || !message.verify_checksum() {
        return None;
    }
    let reason = match Icmpv4DstUnreachable::from(message.msg_code()) {
        Icmpv4DstUnreachable::PortUnreachable => Unreachable::Port,
        Icmpv4DstUnreachable::FragRequired => return None,
        _ => Unreachable::Host,
    };
    returned(packet, reason)
}

#[cfg(feature = "ipv6")]
fn look_at_icmpv6(packet: &Packet<'_>) -> Option<Seen> {
    let (IpAddress::Ipv6(source), IpAddress::Ipv6(destination)) =
        (packet.source, packet.destination)
    else {
        return None;
    };
    let message = Icmpv6Packet::new_checked(packet.payload()).ok()?;
    let checksums = ChecksumCapabilities::default();
    match message.msg_type() {
        Icmpv6Message::DstUnreachable => {
            if !message.verify_checksum(&source, &destination) {
                return None;
            }
            let reason = match Icmpv6DstUnreachable::from(message.msg_code()) {
                Icmpv6DstUnreachable::PortUnreachable => Unreachable::Port,
                _ => Unreachable::Host,
            };
            returned(packet, reason)
        }
        Icmpv6Message::NeighborSolicit | Icmpv6Message::NeighborAdvert => {
            match Icmpv6Repr::parse(&source, &destination, &message, &checksums).ok()? {
                Icmpv6Repr::Ndisc(NdiscRepr::NeighborSolicit { target_addr, .. }) => {
                    Some(Seen::Asked(target_addr.into()))
                }
                Icmpv6Repr::Ndisc(NdiscRepr::NeighborAdvert { target_addr, .. }) => {
                    Some(Seen::Answered(target_addr.into()))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn returned(error: &Packet<'_>, reason: Unreachable) -> Option<Seen> {
    let quote = Quote::parse(error.payload().get(ICMP_HEADER..)?)?;
    Some(Seen::Returned(Returned { quote, reason }))
}
