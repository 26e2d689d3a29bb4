//! Frames: with an Ethernet header (IEEE 802.3) or without.

use core::fmt;

use smoltcp::phy::Medium;

use super::{Packet, half, put_half};

/// The header of an Ethernet frame, in bytes.
pub(crate) const ETHERNET_HEADER: usize = 14;

/// IPv4, as the header of a frame names it.
pub(crate) const ETHERTYPE_IPV4: u16 = 0x0800;
/// ARP, as the header of a frame names it.
pub(crate) const ETHERTYPE_ARP: u16 = 0x0806;
/// IPv6, as the header of a frame names it.
pub(crate) const ETHERTYPE_IPV6: u16 = 0x86dd;

const DESTINATION: usize = 0;
const SOURCE: usize = 6;
const ETHERTYPE: usize = 12;

/// The address of a network card, or of a group of them (IEEE 802).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EthernetAddress(pub [u8; 6]);

impl EthernetAddress {
    /// All stations of the link.
    pub const BROADCAST: Self = Self([0xff; 6]);

    /// Whether it is the address of one station, not of a group.
    #[must_use]
    pub const fn is_unicast(self) -> bool {
        self.0[0] & 1 == 0
    }

    /// The address in these bytes at this offset, which must be within them.
    pub(super) fn at(bytes: &[u8], at: usize) -> Self {
        Self(bytes[at..].first_chunk().copied().unwrap_or_default())
    }
}

impl fmt::Display for EthernetAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

#[cfg(feature = "medium-ip")]
impl From<smoltcp::wire::EthernetAddress> for EthernetAddress {
    fn from(address: smoltcp::wire::EthernetAddress) -> Self {
        Self(address.0)
    }
}

#[cfg(feature = "medium-ip")]
impl From<EthernetAddress> for smoltcp::wire::EthernetAddress {
    fn from(address: EthernetAddress) -> Self {
        Self(address.0)
    }
}

/// Whether a device with this medium carries Ethernet frames.
///
/// smoltcp has `Medium::Ethernet`, and takes it for the default, only where its feature
/// `medium-ethernet` is on, as the feature `medium-ip` of this package asks for. Without that, no
/// device can say what it carries, and each is taken for Ethernet.
pub(crate) fn is_ethernet(medium: Medium) -> bool {
    cfg!(not(feature = "medium-ip")) || medium == Medium::default()
}

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
        if is_ethernet(medium) {
            Self::parse_ethernet(frame)
        } else {
            Self {
                hardware: None,
                content: Content::ip(frame),
            }
        }
    }

    fn parse_ethernet(frame: &'f [u8]) -> Self {
        let Some((header, payload)) = frame.split_first_chunk::<ETHERNET_HEADER>() else {
            return Self {
                hardware: None,
                content: Content::Other,
            };
        };
        // The version in the packet has to agree with the header.
        let version = payload.first().map_or(0, |first| first >> 4);
        Self {
            hardware: Some(HardwareAddresses {
                destination: EthernetAddress::at(header, DESTINATION),
                source: EthernetAddress::at(header, SOURCE),
            }),
            content: match (half(header, ETHERTYPE), version) {
                (ETHERTYPE_ARP, _) => Content::Arp(payload),
                (ETHERTYPE_IPV4, 4) | (ETHERTYPE_IPV6, 6) => Content::ip(payload),
                _ => Content::Other,
            },
        }
    }

    /// The length of the Ethernet header, in bytes; 0 where there is none.
    #[cfg(any(
        test,
        feature = "fragmentation",
        all(feature = "tuntap", target_os = "linux")
    ))]
    #[cfg_attr(
        test,
        allow(dead_code, reason = "not all sets of features have its tests")
    )]
    pub(crate) fn header_len(&self) -> usize {
        self.hardware.map_or(0, |_| ETHERNET_HEADER)
    }

    /// Whether its sender has a group address. An Ethernet source is the address of one station (IEEE
    /// 802.3, 3.2.3). A group as the hardware address in a message of ARP or neighbor discovery must
    /// not be believed (RFC 1812, 3.3.2).
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

/// Writes the header of an Ethernet frame, if there is room for it.
pub(crate) fn put_ethernet(frame: &mut [u8], hardware: HardwareAddresses, ethertype: u16) {
    if let Some(header) = frame.first_chunk_mut::<ETHERNET_HEADER>() {
        header[DESTINATION..SOURCE].copy_from_slice(&hardware.destination.0);
        header[SOURCE..ETHERTYPE].copy_from_slice(&hardware.source.0);
        put_half(header, ETHERTYPE, ethertype);
    }
}
