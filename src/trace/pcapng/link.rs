//! What packets of a capture begin with, and the way from there to a frame of a device.

use std::borrow::Cow;
use std::vec::Vec;

use smoltcp::phy::Medium;

use crate::device::capture::Direction;
use crate::packet::{ETHERNET_HEADER, half};

/// What the packets of an interface begin with, as the
/// [registry of link types](https://www.tcpdump.org/linktypes.html) has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LinkType {
    /// `LINKTYPE_ETHERNET`: an Ethernet header.
    Ethernet,
    /// `LINKTYPE_RAW`, `LINKTYPE_IPV4`, `LINKTYPE_IPV6`: an IP header.
    Ip,
    /// `LINKTYPE_NULL`, `LINKTYPE_LOOP`: the loopback interface of BSD and macOS.
    Loopback,
    /// `LINKTYPE_LINUX_SLL`: of `tcpdump -i any`.
    LinuxCooked,
    /// `LINKTYPE_LINUX_SLL2`: of `tcpdump -i any`, with the interface.
    LinuxCooked2,
    /// Another one.
    Other(u16),
}

const ETHERTYPE_ARP: u16 = 0x0806;
const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86dd;
/// A tag of a VLAN (IEEE 802.1Q), and the one before another one (IEEE 802.1ad).
const TAGS: [u16; 2] = [0x8100, 0x88a8];
/// How many tags are removed at most.
const MOST_TAGS: usize = 2;
const TAG: usize = 4;

impl From<Medium> for LinkType {
    fn from(medium: Medium) -> Self {
        match medium {
            Medium::Ethernet => Self::Ethernet,
            Medium::Ip => Self::Ip,
            #[allow(unreachable_patterns)] // IEEE 802.15.4, wherever smoltcp was given it
            _ => Self::Other(230),
        }
    }
}

impl LinkType {
    /// The number in a file.
    pub(super) fn number(self) -> u16 {
        match self {
            Self::Loopback => 0,
            Self::Ethernet => 1,
            Self::Ip => 101,
            Self::LinuxCooked => 113,
            Self::LinuxCooked2 => 276,
            Self::Other(number) => number,
        }
    }

    /// The link type that has this number in a file.
    pub(super) fn of(number: u16) -> Self {
        match number {
            0 | 108 => Self::Loopback,
            1 => Self::Ethernet,
            // 12 and 14 are what some systems have for plain IP in files of their own.
            12 | 14 | 101 | 228 | 229 => Self::Ip,
            113 => Self::LinuxCooked,
            276 => Self::LinuxCooked2,
            number => Self::Other(number),
        }
    }

    /// A packet as a device has it: without the header of the link, or with one of Ethernet.
    pub(super) fn frame(self, packet: &[u8]) -> Option<(Medium, Cow<'_, [u8]>)> {
        match self {
            Self::Ethernet => Some((Medium::Ethernet, without_tags(packet))),
            Self::Ip => ip(packet),
            // The protocol is one of several numbers in either byte order; the IP header has it too.
            Self::Loopback => ip(packet.get(4..)?),
            Self::LinuxCooked => {
                let header = packet.get(..16)?;
                carried(half(header, 14), &header[6..12], &packet[16..])
            }
            Self::LinuxCooked2 => {
                let header = packet.get(..20)?;
                carried(half(header, 0), &header[12..18], &packet[20..])
            }
            Self::Other(_) => None,
        }
    }

    /// The direction of a packet, where its header has it.
    pub(super) fn direction(self, packet: &[u8]) -> Option<Direction> {
        let kind = match self {
            Self::LinuxCooked => half(packet.get(..2)?, 0),
            Self::LinuxCooked2 => u16::from(*packet.get(10)?),
            _ => return None,
        };
        match kind {
            // To this host, to all, to a group.
            0..=2 => Some(Direction::Inbound),
            // From one other host to another.
            3 => None,
            4 => Some(Direction::Outbound),
            _ => None,
        }
    }
}

fn ip(packet: &[u8]) -> Option<(Medium, Cow<'_, [u8]>)> {
    Some((Medium::Ip, Cow::Borrowed(packet)))
}

/// What a cooked packet carries, from this hardware address.
fn carried<'p>(
    ethertype: u16,
    source: &[u8],
    payload: &'p [u8],
) -> Option<(Medium, Cow<'p, [u8]>)> {
    match ethertype {
        ETHERTYPE_IPV4 | ETHERTYPE_IPV6 => ip(payload),
        ETHERTYPE_ARP => Some((Medium::Ethernet, with_header(ethertype, source, payload))),
        _ => None,
    }
}

/// A packet with an Ethernet header, from this hardware address to none.
fn with_header<'p>(ethertype: u16, source: &[u8], payload: &[u8]) -> Cow<'p, [u8]> {
    let mut frame = Vec::with_capacity(ETHERNET_HEADER + payload.len());
    frame.extend([0; 6]);
    frame.extend(source);
    frame.extend(ethertype.to_be_bytes());
    frame.extend(payload);
    Cow::Owned(frame)
}

/// A frame without its tags of VLANs.
fn without_tags(frame: &[u8]) -> Cow<'_, [u8]> {
    let mut frame = Cow::Borrowed(frame);
    for _ in 0..MOST_TAGS {
        if frame.len() < ETHERNET_HEADER + TAG || !TAGS.contains(&half(&frame, 12)) {
            break;
        }
        frame.to_mut().drain(12..12 + TAG);
    }
    frame
}
