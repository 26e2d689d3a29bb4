//! The headers of a frame, as far as all parts of a drawing ask for them.

use smoltcp::phy::Medium;
use smoltcp::wire::{ArpOperation, ArpPacket, ArpRepr, IpAddress, IpEndpoint, IpProtocol};

use crate::packet::{
    self, Content, EthernetAddress, Flags, Fragment, Frame, Packet, Segment, UDP_HEADER, half,
};

/// The type of an ICMPv6 message that asks for a neighbor (RFC 4861, 4.3).
const NEIGHBOR_SOLICITATION: u8 = 135;

/// What is in a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight<'f> {
    frame: Frame<'f>,
    pub(super) is_ethernet: bool,
    pub(super) inside: Inside<'f>,
}

/// What is in a frame, behind the headers of its packet.
#[derive(Clone, Copy, Debug)]
pub(super) enum Inside<'f> {
    /// A message of ARP between hosts with Ethernet and IPv4 addresses.
    Arp(ArpRepr),
    Tcp(Segment, &'f [u8]),
    Udp(Datagram, &'f [u8]),
    /// A message of ICMP or ICMPv6.
    Icmp(&'f [u8]),
    Fragment(Fragment<'f>),
    /// Another protocol over IP, or a packet that is malformed.
    Ip(IpProtocol, &'f [u8]),
    /// No IP packet that is whole.
    Other,
}

/// The header of a UDP datagram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datagram {
    pub(super) source: IpEndpoint,
    pub(super) destination: IpEndpoint,
}

/// How good a reason is to put a host on the left, the best one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    /// It was said.
    Known,
    /// It opens a connection.
    Opens,
    /// It sends the first datagram, or its port is that of a client.
    Asks,
    /// It sends the first request for a hardware address.
    Seeks,
    /// It sends the first frame.
    First,
}

impl<'f> Sight<'f> {
    pub(super) fn new(medium: Medium, bytes: &'f [u8]) -> Self {
        let frame = Frame::parse(medium, bytes);
        let inside = match frame.content {
            Content::Arp(message) => ArpPacket::new_checked(message)
                .and_then(|message| ArpRepr::parse(&message))
                .map_or(Inside::Other, Inside::Arp),
            Content::Ip(packet) => inside(&packet),
            Content::Other => Inside::Other,
        };
        Self {
            frame,
            is_ethernet: medium == Medium::Ethernet,
            inside,
        }
    }

    pub(super) fn packet(&self) -> Option<&Packet<'f>> {
        self.frame.packet()
    }

    pub(super) fn source_hardware(&self) -> Option<EthernetAddress> {
        Some(self.frame.hardware?.source)
    }

    pub(super) fn destination_hardware(&self) -> Option<EthernetAddress> {
        Some(self.frame.hardware?.destination)
    }

    /// The IP address of the sender.
    pub(super) fn source(&self) -> Option<IpAddress> {
        match &self.inside {
            Inside::Arp(ArpRepr::EthernetIpv4 {
                source_protocol_addr,
                ..
            }) => Some((*source_protocol_addr).into()),
            _ => Some(self.packet()?.source),
        }
    }

    /// Whether the whole header of TCP or UDP is there, if the frame lacks its last `missing` bytes.
    pub(super) fn has_header(&self, missing: usize) -> bool {
        match &self.inside {
            Inside::Tcp(segment, bytes) => missing + segment.header_len <= bytes.len(),
            Inside::Udp(_, payload) => missing <= payload.len(),
            // Zeros stand for what is missing, and are malformed in some places.
            Inside::Ip(IpProtocol::Tcp | IpProtocol::Udp, _) => missing == 0,
            _ => true,
        }
    }

    /// The IP address of the receiver.
    pub(super) fn destination(&self) -> Option<IpAddress> {
        Some(self.packet()?.destination)
    }

    /// The IP address that all hosts on the link are asked for (RFC 826; RFC 4861, 4.3).
    #[cfg(feature = "simulation")]
    pub(super) fn sought(&self) -> Option<IpAddress> {
        match &self.inside {
            Inside::Arp(ArpRepr::EthernetIpv4 {
                operation: ArpOperation::Request,
                target_protocol_addr,
                ..
            }) => Some((*target_protocol_addr).into()),
            Inside::Icmp([NEIGHBOR_SOLICITATION, _, _, _, _, _, _, _, target @ ..])
                if matches!(self.source(), Some(IpAddress::Ipv6(_))) =>
            {
                let target: [u8; 16] = *target.first_chunk()?;
                Some(IpAddress::Ipv6(target.into()))
            }
            _ => None,
        }
    }

    /// The ports, where there are some.
    pub(super) fn endpoints(&self) -> Option<(IpEndpoint, IpEndpoint)> {
        match &self.inside {
            Inside::Tcp(segment, _) => Some((segment.source, segment.destination)),
            Inside::Udp(datagram, _) => Some((datagram.source, datagram.destination)),
            _ => None,
        }
    }

    /// Why the sender is on the left; or on the right, if that is false.
    pub(super) fn reason(&self) -> (Reason, bool) {
        const SYN_ACK: u8 = Flags::SYN | Flags::ACK;
        match &self.inside {
            Inside::Tcp(segment, _) => match segment.flags.kind() {
                Flags::SYN => (Reason::Opens, true),
                SYN_ACK => (Reason::Opens, false),
                _ => (
                    Reason::Asks,
                    !is_service(segment.source, segment.destination),
                ),
            },
            Inside::Udp(
                Datagram {
                    source,
                    destination,
                },
                _,
            ) => (Reason::Asks, !is_service(*source, *destination)),
            Inside::Arp(ArpRepr::EthernetIpv4 { operation, .. }) => match operation {
                ArpOperation::Request => (Reason::Seeks, true),
                _ => (Reason::Seeks, false),
            },
            Inside::Icmp(message) => match (self.source(), message.first()) {
                (Some(IpAddress::Ipv4(_)), Some(8)) => (Reason::Asks, true),
                (Some(IpAddress::Ipv4(_)), Some(0)) => (Reason::Asks, false),
                (Some(IpAddress::Ipv6(_)), Some(128)) => (Reason::Asks, true),
                (Some(IpAddress::Ipv6(_)), Some(129)) => (Reason::Asks, false),
                // A solicitation without a source is about the sender's own address (RFC 4862).
                (Some(IpAddress::Ipv6(source)), Some(&NEIGHBOR_SOLICITATION))
                    if !source.is_unspecified() =>
                {
                    (Reason::Seeks, true)
                }
                (Some(IpAddress::Ipv6(_)), Some(136)) => (Reason::Seeks, false),
                _ => (Reason::First, true),
            },
            _ => (Reason::First, true),
        }
    }
}

fn inside<'f>(packet: &Packet<'f>) -> Inside<'f> {
    if packet.is_fragment {
        return match packet.fragment() {
            Some(fragment) if fragment.is_whole() => {
                carried(packet, fragment.protocol, fragment.data)
            }
            Some(fragment) => Inside::Fragment(fragment),
            None => Inside::Ip(packet.protocol, packet.payload()),
        };
    }
    let (protocol, payload) = behind_options(packet.protocol, packet.payload());
    carried(packet, protocol, payload)
}

/// What follows a header of hop-by-hop options, with which messages of multicast listener
/// discovery begin (RFC 3810, 5).
fn behind_options(protocol: IpProtocol, payload: &[u8]) -> (IpProtocol, &[u8]) {
    match (protocol, payload) {
        (IpProtocol::HopByHop, [next, units, ..]) => {
            let rest = payload.get(8 * (1 + usize::from(*units))..);
            rest.map_or((protocol, payload), |rest| ((*next).into(), rest))
        }
        _ => (protocol, payload),
    }
}

fn carried<'f>(packet: &Packet<'f>, protocol: IpProtocol, payload: &'f [u8]) -> Inside<'f> {
    let (source, destination) = (packet.source, packet.destination);
    match protocol {
        IpProtocol::Tcp => match Segment::parse(source, destination, payload) {
            Some(segment) => Inside::Tcp(segment, payload),
            None => Inside::Ip(protocol, payload),
        },
        IpProtocol::Udp => match packet::udp::payload_len(payload) {
            Some(length) => {
                let header = Datagram {
                    source: IpEndpoint::new(source, half(payload, 0)),
                    destination: IpEndpoint::new(destination, half(payload, 2)),
                };
                Inside::Udp(header, &payload[UDP_HEADER..UDP_HEADER + length])
            }
            None => Inside::Ip(protocol, payload),
        },
        IpProtocol::Icmp | IpProtocol::Icmpv6 => Inside::Icmp(payload),
        _ => Inside::Ip(protocol, payload),
    }
}

/// Whether the first of two ports is that of a service rather than the second: the port of the
/// exercise, of DNS, or else the lower one.
fn is_service(port: IpEndpoint, other: IpEndpoint) -> bool {
    let (port, other) = (port.port, other.port);
    let rank = |port: u16| match port {
        crate::PORT | 53 => 0,
        _ => 1 + u32::from(port),
    };
    rank(port) < rank(other)
}
