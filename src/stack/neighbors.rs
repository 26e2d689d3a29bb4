//! Where an answer goes: to where the question came from.
//!
//! smoltcp 0.14 asks for a neighbor (ARP, RFC 826; neighbor discovery, RFC 4861) when it has
//! something to send to it. It asks for one a second, and everything behind waits: one datagram
//! with a forged source silences a UDP server, and twenty clients that take turns get one
//! connection a second, as its cache may have eight entries. But a host that is about to be answered
//! has just sent a frame, and the frame says where it came from. So before smoltcp is given a
//! datagram or a segment, it is told where the sender is, by a message like those that it waits for.
//!
//! # Limits
//!
//! - A forged source address redirects that host's traffic until its next frame, as a forged ARP
//!   message does. If the address is beyond a gateway, that is true for everything that is sent to
//!   the gateway.
//! - What is sent without a question still waits for the neighbor to answer.

use smoltcp::config::IFACE_NEIGHBOR_CACHE_COUNT;
#[cfg(feature = "ipv6")]
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol,
    EthernetRepr, IpAddress,
};
#[cfg(feature = "ipv6")]
use smoltcp::wire::{
    Icmpv6Packet, Icmpv6Repr, IpProtocol, Ipv6Packet, Ipv6Repr, NdiscNeighborFlags, NdiscRepr,
};

use super::addresses::Addresses;
#[cfg(feature = "ipv6")]
use crate::packet::ip::IPV6_HEADER;
use crate::packet::{ETHERNET_HEADER, Frame};

/// How long smoltcp is sure to know what it was told; it forgets after a minute.
const LIFETIME: Duration = Duration::from_secs(30);

/// The longest message, in bytes.
#[cfg(feature = "ipv6")]
const LONGEST: usize = ETHERNET_HEADER + IPV6_HEADER + 32;
#[cfg(not(feature = "ipv6"))]
const LONGEST: usize = ETHERNET_HEADER + 28;

/// A host on the link.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Neighbor {
    address: IpAddress,
    hardware: EthernetAddress,
}

/// What smoltcp knows for sure.
pub(super) struct Neighbors {
    /// The neighbor that it was told of last.
    known: Option<Neighbor>,
    until: Instant,
    /// How many neighbors it was told of since packets were transmitted last.
    told: usize,
}

impl Neighbors {
    pub(super) const fn new() -> Self {
        Self {
            known: None,
            until: Instant::ZERO,
            told: 0,
        }
    }

    /// Whether smoltcp would forget the first of those that it was told of if it were told of one
    /// more.
    pub(super) fn is_full(&self) -> bool {
        self.told >= IFACE_NEIGHBOR_CACHE_COUNT
    }

    /// Everything that waited has been transmitted.
    pub(super) fn transmitted(&mut self) {
        self.told = 0;
    }

    /// The frame may be about another neighbor, for which smoltcp forgets this one.
    pub(super) fn forget(&mut self) {
        self.known = None;
    }

    /// The neighbor of which smoltcp has to be told before it is given this frame; `None` if it
    /// knows of it.
    pub(super) fn learn(
        &mut self,
        frame: &Frame<'_>,
        addresses: &Addresses,
        now: Instant,
    ) -> Option<Neighbor> {
        let hardware = frame.hardware?.source;
        let address = addresses.next_hop(&frame.packet()?.source)?;
        let neighbor = Neighbor { address, hardware };
        if self.known == Some(neighbor) && now < self.until || !hardware.is_unicast() {
            return None;
        }
        self.known = Some(neighbor);
        self.until = now + LIFETIME;
        self.told += 1;
        Some(neighbor)
    }
}

impl Neighbor {
    pub(super) fn address(&self) -> &IpAddress {
        &self.address
    }

    /// Gives the message by which this neighbor would answer us.
    #[inline(never)] // The room for it is needed for as long as this takes only.
    pub(super) fn introduce(
        &self,
        own: IpAddress,
        own_hardware: EthernetAddress,
        give: impl FnOnce(&[u8]),
    ) {
        let mut bytes = [0; LONGEST];
        let mut frame = EthernetFrame::new_unchecked(&mut bytes[..]);
        let header = |ethertype| EthernetRepr {
            src_addr: self.hardware,
            dst_addr: own_hardware,
            ethertype,
        };
        let length = match (self.address, own) {
            (IpAddress::Ipv4(address), IpAddress::Ipv4(own)) => {
                header(EthernetProtocol::Arp).emit(&mut frame);
                let message = ArpRepr::EthernetIpv4 {
                    operation: ArpOperation::Reply,
                    source_hardware_addr: self.hardware,
                    source_protocol_addr: address,
                    target_hardware_addr: own_hardware,
                    target_protocol_addr: own,
                };
                message.emit(&mut ArpPacket::new_unchecked(frame.payload_mut()));
                message.buffer_len()
            }
            #[cfg(feature = "ipv6")]
            (IpAddress::Ipv6(address), IpAddress::Ipv6(own)) => {
                header(EthernetProtocol::Ipv6).emit(&mut frame);
                let message = Icmpv6Repr::Ndisc(NdiscRepr::NeighborAdvert {
                    flags: NdiscNeighborFlags::SOLICITED | NdiscNeighborFlags::OVERRIDE,
                    target_addr: address,
                    lladdr: Some(self.hardware.into()),
                });
                let packet = Ipv6Repr {
                    src_addr: address,
                    dst_addr: own,
                    next_header: IpProtocol::Icmpv6,
                    payload_len: message.buffer_len(),
                    hop_limit: 255,
                };
                packet.emit(&mut Ipv6Packet::new_unchecked(frame.payload_mut()));
                let payload = &mut frame.payload_mut()[packet.buffer_len()..];
                message.emit(
                    &address,
                    &own,
                    &mut Icmpv6Packet::new_unchecked(payload),
                    &ChecksumCapabilities::default(),
                );
                packet.buffer_len() + message.buffer_len()
            }
            #[allow(unreachable_patterns)] // without IPv6 there is no other version
            _ => return,
        };
        give(&bytes[..ETHERNET_HEADER + length]);
    }
}
