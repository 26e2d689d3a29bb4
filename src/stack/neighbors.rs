//! Where an answer goes: to where the question came from.
//!
//! smoltcp 0.14 asks for a neighbor (ARP, RFC 826; neighbor discovery, RFC 4861) when it has
//! something to send to it. It asks for one a second, and everything behind waits: one datagram
//! with a forged source silences a UDP server, and twenty clients that take turns get one
//! connection a second, as its cache may have eight places. But who is to be answered has just
//! sent a frame, and the frame says where it came from. So before a service answers, smoltcp is
//! told by a message like those that it waits for.
//!
//! # Limits
//!
//! - A frame with a forged source leads what is for that address astray until its owner sends the
//!   next frame, as a forged message of ARP does. If the address is beyond a gateway, that goes for
//!   everything that is for the gateway.
//! - What is sent unasked still waits for the neighbor to answer.

#[cfg(feature = "ipv6")]
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol,
    EthernetRepr, IpAddress, IpProtocol,
};
#[cfg(feature = "ipv6")]
use smoltcp::wire::{
    Icmpv6Packet, Icmpv6Repr, Ipv6Packet, Ipv6Repr, NdiscNeighborFlags, NdiscRepr,
};

use super::frame::Frame;

/// How long smoltcp is sure to know what it was told; it forgets after a minute.
const LIFETIME: Duration = Duration::from_secs(30);

/// The longest message, in bytes.
#[cfg(feature = "ipv6")]
const LONGEST: usize = 14 + 40 + 32;
#[cfg(not(feature = "ipv6"))]
const LONGEST: usize = 14 + 28;

/// A host on the link.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Neighbor {
    address: IpAddress,
    hardware: EthernetAddress,
}

/// Who sent the latest frame, and what smoltcp knows for sure.
pub(super) struct Neighbors {
    sender: Option<Neighbor>,
    /// What smoltcp knows, until then.
    known: Option<Neighbor>,
    until: Instant,
    /// Whether it still is to be told that.
    is_news: bool,
}

impl Neighbors {
    pub(super) const fn new() -> Self {
        Self {
            sender: None,
            known: None,
            until: Instant::ZERO,
            is_news: false,
        }
    }

    /// This frame is given to smoltcp.
    pub(super) fn received(&mut self, frame: Option<&Frame<'_>>) {
        self.sender = None;
        let packet = frame.and_then(Frame::packet);
        if let Some(packet) = packet {
            self.sender = packet.sender.map(|hardware| Neighbor {
                address: packet.source,
                hardware,
            });
        }
        if !packet
            .is_some_and(|packet| matches!(packet.protocol, IpProtocol::Tcp | IpProtocol::Udp))
        {
            // It may be about another neighbor, for whom smoltcp forgets this one.
            self.known = None;
        }
    }

    /// `address` is to be answered, by way of `next_hop`.
    pub(super) fn answer(&mut self, address: IpAddress, next_hop: IpAddress, now: Instant) {
        let Some(sender) = self.sender.filter(|sender| sender.address == address) else {
            return;
        };
        let neighbor = Neighbor {
            address: next_hop,
            hardware: sender.hardware,
        };
        if (self.known != Some(neighbor) || now >= self.until) && neighbor.hardware.is_unicast() {
            self.is_news = true;
            self.known = Some(neighbor);
            self.until = now + LIFETIME;
        }
    }

    /// What smoltcp is to be told, and then to use at once: told of one more, it may forget this.
    ///
    /// It forgets the neighbor that it has known for longest, and of those that it was told of at
    /// the same moment any.
    pub(super) fn take_news(&mut self) -> Option<Neighbor> {
        let is_news = core::mem::take(&mut self.is_news);
        self.known.filter(|_| is_news)
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
        give(&bytes[..EthernetFrame::<&[u8]>::header_len() + length]);
    }
}
