//! Messages by which hosts ask for each other's hardware address.

use smoltcp::phy::{ChecksumCapabilities, Medium};
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol,
    EthernetRepr, HardwareAddress, Icmpv6Packet, Icmpv6Repr, IpAddress, IpProtocol, Ipv4Address,
    Ipv6Address, Ipv6Packet, Ipv6Repr, NdiscNeighborFlags, NdiscRepr,
};

use super::network::{CLIENT, Link, hardware_address};

/// The group that a neighbor solicitation for this address is sent to (RFC 4291, 2.7.1).
pub fn solicited_node(address: Ipv6Address) -> Ipv6Address {
    let [.., a, b, c] = address.octets();
    let [high, low] = [u16::from_be_bytes([0xff, a]), u16::from_be_bytes([b, c])];
    Ipv6Address::new(0xff02, 0, 0, 0, 0, 1, high, low)
}

/// A message of ARP or neighbor discovery, to the client's host.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    /// Asks for this host of the link; the sender says its hardware address.
    Question(u8),
    /// Asks whether a host has this address, without an address of its own (RFC 5227, RFC 4862).
    Probe(u8),
    /// Says where the sender is, as if it had been asked for.
    Answer,
}

/// The frame with a message from a host, which has `card`. On Ethernet it comes from `sender`.
pub fn discovery(
    link: Link,
    sender: EthernetAddress,
    (from, card): (IpAddress, EthernetAddress),
    message: Message,
) -> Vec<u8> {
    let mut bytes = [0; 14 + 40 + 32];
    let mut frame = EthernetFrame::new_unchecked(&mut bytes[..]);
    let target = match message {
        Message::Question(host) | Message::Probe(host) => link.address(host),
        Message::Answer => link.address(CLIENT),
    };
    let is_probe = matches!(message, Message::Probe(_));
    let mut header = EthernetRepr {
        src_addr: sender,
        dst_addr: hardware_address(CLIENT),
        ethertype: EthernetProtocol::Arp,
    };
    let length = match (from, target) {
        (IpAddress::Ipv4(from), IpAddress::Ipv4(target)) => {
            let message = ArpRepr::EthernetIpv4 {
                operation: match message {
                    Message::Answer => ArpOperation::Reply,
                    _ => ArpOperation::Request,
                },
                source_hardware_addr: card,
                source_protocol_addr: match is_probe {
                    true => Ipv4Address::UNSPECIFIED,
                    false => from,
                },
                target_hardware_addr: hardware_address(CLIENT),
                target_protocol_addr: target,
            };
            message.emit(&mut ArpPacket::new_unchecked(frame.payload_mut()));
            message.buffer_len()
        }
        (IpAddress::Ipv6(from), IpAddress::Ipv6(target)) => {
            header.ethertype = EthernetProtocol::Ipv6;
            let is_answer = matches!(message, Message::Answer);
            let message = Icmpv6Repr::Ndisc(match is_answer {
                false => NdiscRepr::NeighborSolicit {
                    target_addr: target,
                    lladdr: (!is_probe).then(|| card.into()),
                },
                true => NdiscRepr::NeighborAdvert {
                    flags: NdiscNeighborFlags::OVERRIDE,
                    target_addr: from,
                    lladdr: Some(card.into()),
                },
            });
            let packet = Ipv6Repr {
                src_addr: match is_probe {
                    true => Ipv6Address::UNSPECIFIED,
                    false => from,
                },
                dst_addr: match is_answer {
                    true => target,
                    false => solicited_node(target),
                },
                next_header: IpProtocol::Icmpv6,
                payload_len: message.buffer_len(),
                hop_limit: 255,
            };
            packet.emit(&mut Ipv6Packet::new_unchecked(frame.payload_mut()));
            let payload = &mut frame.payload_mut()[packet.buffer_len()..][..packet.payload_len];
            message.emit(
                &packet.src_addr,
                &packet.dst_addr,
                &mut Icmpv6Packet::new_unchecked(payload),
                &ChecksumCapabilities::default(),
            );
            packet.buffer_len() + message.buffer_len()
        }
        _ => unreachable!("both are of one version"),
    };
    header.emit(&mut frame);
    bytes[..14 + length].to_vec()
}

/// What a frame says of neighbors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It asks for this address.
    Asks(IpAddress),
    /// The address is at this card, says a frame to that card.
    Tells(IpAddress, EthernetAddress, EthernetAddress),
}

/// What a frame says of neighbors, if it does.
pub fn said(frame: &[u8]) -> Option<Said> {
    let frame = EthernetFrame::new_checked(frame).ok()?;
    match frame.ethertype() {
        EthernetProtocol::Arp => {
            let message = ArpPacket::new_checked(frame.payload()).ok()?;
            let ArpRepr::EthernetIpv4 {
                operation,
                source_hardware_addr,
                source_protocol_addr,
                target_protocol_addr,
                ..
            } = ArpRepr::parse(&message).ok()?
            else {
                return None;
            };
            Some(match operation {
                ArpOperation::Request => Said::Asks(target_protocol_addr.into()),
                _ => Said::Tells(
                    source_protocol_addr.into(),
                    source_hardware_addr,
                    frame.dst_addr(),
                ),
            })
        }
        EthernetProtocol::Ipv6 => {
            let packet = Ipv6Packet::new_checked(frame.payload()).ok()?;
            let (source, destination) = (packet.src_addr(), packet.dst_addr());
            let message = Icmpv6Packet::new_checked(packet.payload()).ok()?;
            let checksums = ChecksumCapabilities::default();
            match Icmpv6Repr::parse(&source, &destination, &message, &checksums).ok()? {
                Icmpv6Repr::Ndisc(NdiscRepr::NeighborSolicit { target_addr, .. }) => {
                    Some(Said::Asks(target_addr.into()))
                }
                Icmpv6Repr::Ndisc(NdiscRepr::NeighborAdvert {
                    target_addr,
                    lladdr,
                    ..
                }) => {
                    let HardwareAddress::Ethernet(card) = lladdr?.parse(Medium::Ethernet).ok()?
                    else {
                        return None;
                    };
                    Some(Said::Tells(target_addr.into(), card, frame.dst_addr()))
                }
                _ => None,
            }
        }
        _ => None,
    }
}
