//! Frames: with an Ethernet header (IEEE 802.3) or without.

use smoltcp::phy::Medium;
use smoltcp::wire::EthernetAddress;

#[cfg(feature = "isn")]
use super::Segment;
use super::{Packet, half};

/// The header of an Ethernet frame, in bytes.
pub(crate) const ETHERNET_HEADER: usize = 14;

/// IPv4, as the header of a frame names it.
pub(crate) const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_ARP: u16 = 0x0806;
/// IPv6, as the header of a frame names it.
pub(crate) const ETHERTYPE_IPV6: u16 = 0x86dd;

const DESTINATION: usize = 0;
const SOURCE: usize = 6;
const ETHERTYPE: usize = 12;

/// A frame of the device: with an Ethernet header on Ethernet, else an IP packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'f> {
    /// Both hardware addresses, on Ethernet.
    pub(crate) hardware: Option<HardwareAddresses>,
    pub(crate) content: Content<'f>,
}

/// The addresses of an Ethernet frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HardwareAddresses {
    pub(crate) source: EthernetAddress,
    pub(crate) destination: EthernetAddress,
}

/// What a frame carries.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content<'f> {
    /// A message of ARP (RFC 826).
    Arp(&'f [u8]),
    Ip(Packet<'f>),
    /// Another protocol, or something that is too short for its headers.
    Other,
}

impl<'f> Frame<'f> {
    /// Parses a frame; nothing of it can fail: what is too short is [`Content::Other`].
    #[cfg_attr(feature = "tuntap", inline)] // A host gives flash for speed.
    pub(crate) fn parse(medium: Medium, frame: &'f [u8]) -> Self {
        match medium {
            Medium::Ethernet => Self::parse_ethernet(frame),
            #[cfg(feature = "medium-ip")]
            Medium::Ip => Self {
                hardware: None,
                content: Content::ip(frame),
            },
            #[allow(unreachable_patterns)] // IEEE 802.15.4, wherever smoltcp was given it
            _ => Self::OTHER,
        }
    }

    const OTHER: Self = Self {
        hardware: None,
        content: Content::Other,
    };

    fn parse_ethernet(frame: &'f [u8]) -> Self {
        let Some((header, payload)) = frame.split_first_chunk::<ETHERNET_HEADER>() else {
            return Self::OTHER;
        };
        let address = |at: usize| EthernetAddress::from_bytes(&header[at..at + 6]);
        // The version in the packet has to agree with the header.
        let version = payload.first().map_or(0, |first| first >> 4);
        Self {
            hardware: Some(HardwareAddresses {
                destination: address(DESTINATION),
                source: address(SOURCE),
            }),
            content: match (half(header, ETHERTYPE), version) {
                (ETHERTYPE_ARP, _) => Content::Arp(payload),
                (ETHERTYPE_IPV4, 4) | (ETHERTYPE_IPV6, 6) => Content::ip(payload),
                _ => Content::Other,
            },
        }
    }

    /// The length of the Ethernet header, in bytes; 0 where there is none.
    pub(crate) fn header_len(&self) -> usize {
        self.hardware.map_or(0, |_| ETHERNET_HEADER)
    }

    /// The TCP segment in it, and its packet.
    #[cfg(feature = "isn")]
    pub(crate) fn segment(&self) -> Option<(&Packet<'f>, Segment)> {
        let packet = self.packet()?;
        Some((packet, packet.segment()?))
    }

    /// Whether it has a group address as its Ethernet source, which is the address of one station
    /// (IEEE 802.3, 3.2.3), or as the hardware address in a message of ARP or neighbor discovery, which
    /// must not be believed (RFC 1812, 3.3.2).
    pub(crate) fn is_from_group(&self) -> bool {
        /// Where the sender's hardware address is in a message of ARP (RFC 826).
        const ARP_SENDER: usize = 8;
        let Some(hardware) = self.hardware else {
            return false;
        };
        let gives_group = match &self.content {
            Content::Arp(message) => message.get(ARP_SENDER).is_some_and(|first| first & 1 != 0),
            #[cfg(feature = "ipv6")]
            Content::Ip(packet) => packet.gives_group(),
            _ => false,
        };
        gives_group || !hardware.source.is_unicast()
    }

    /// The IP packet in it.
    pub(crate) fn packet(&self) -> Option<&Packet<'f>> {
        match &self.content {
            Content::Ip(packet) => Some(packet),
            _ => None,
        }
    }
}

impl<'f> Content<'f> {
    fn ip(bytes: &'f [u8]) -> Self {
        Packet::parse(bytes).map_or(Self::Other, Self::Ip)
    }
}
