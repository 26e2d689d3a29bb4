//! Packets that the tests' own builders do not make.

use smoltcp::phy::Medium;
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol,
    EthernetRepr, Icmpv4Packet, Icmpv6Packet, IpAddress, IpProtocol, Ipv4Packet, TcpPacket,
};

use crate::common::frames::{frame, ip, packet_start};
use crate::common::network::{Link, SERVER, hardware_address};

/// An address that no host can send from, or that is for a group of them.
pub fn strange_address(link: Link, which: u8) -> IpAddress {
    if link.ipv6 {
        match which >> 4 & 7 {
            0 => IpAddress::v6(0xff02, 0, 0, 0, 0, 0, 0, 1),
            1 => IpAddress::v6(0xff02, 0, 0, 0, 0, 1, 0xff00, 1),
            2 => IpAddress::v6(0, 0, 0, 0, 0, 0, 0, 0),
            3 => IpAddress::v6(0, 0, 0, 0, 0, 0, 0, 1),
            4 => IpAddress::v6(0xfe80, 0, 0, 0, 0, 0xff, 0xfe00, 1),
            5 => IpAddress::v6(0, 0, 0, 0, 0, 0xffff, 0xc0a8, 0x4501),
            _ => IpAddress::v6(0xfdbb, 0, 0, 0, 0, 0, 0, 1),
        }
    } else {
        match which >> 4 & 7 {
            0 => IpAddress::v4(255, 255, 255, 255),
            1 => IpAddress::v4(192, 168, 69, 255),
            2 => IpAddress::v4(0, 0, 0, 0),
            3 => IpAddress::v4(127, 0, 0, 1),
            4 => IpAddress::v4(224, 0, 0, 1),
            5 => IpAddress::v4(192, 168, 69, 0),
            _ => IpAddress::v4(10, 0, 0, 1),
        }
    }
}

/// A message of ARP or of neighbor discovery.
pub fn neighbor(link: Link, kind: u8, about: IpAddress, hardware: u8, to: IpAddress) -> Vec<u8> {
    match (about, to) {
        (IpAddress::Ipv4(source), IpAddress::Ipv4(target)) => {
            if link.medium != Medium::Ethernet {
                return Vec::new();
            }
            let message = ArpRepr::EthernetIpv4 {
                operation: match kind % 3 {
                    0 => ArpOperation::Request,
                    1 => ArpOperation::Reply,
                    _ => ArpOperation::Unknown(kind.into()),
                },
                source_hardware_addr: mac(hardware),
                source_protocol_addr: source,
                target_hardware_addr: hardware_address(SERVER),
                target_protocol_addr: target,
            };
            let mut bytes = vec![0; 14 + message.buffer_len()];
            let mut frame = EthernetFrame::new_unchecked(&mut bytes);
            let header = EthernetRepr {
                src_addr: mac(hardware),
                dst_addr: hardware_address(SERVER),
                ethertype: EthernetProtocol::Arp,
            };
            header.emit(&mut frame);
            message.emit(&mut ArpPacket::new_unchecked(frame.payload_mut()));
            bytes
        }
        (IpAddress::Ipv6(source), IpAddress::Ipv6(destination)) => {
            let length = 24 + usize::from(hardware % 3) * 8;
            let mut bytes = ip(link, about, to, IpProtocol::Icmpv6, length, |bytes| {
                bytes[0] = 133 + kind % 5;
                bytes[4] = kind & 0xe0;
                let target = if kind & 8 == 0 { source } else { destination };
                bytes[8..24].copy_from_slice(&target.octets());
                for option in bytes[24..].chunks_mut(8) {
                    option[0] = 1 + (kind >> 4 & 1);
                    option[1] = u8::from(hardware != 254);
                    option[2..].copy_from_slice(&mac(hardware).0);
                }
                let mut packet = Icmpv6Packet::new_unchecked(bytes);
                packet.fill_checksum(&source, &destination);
            });
            bytes[packet_start(link) + 7] = if hardware > 250 { 64 } else { 255 };
            bytes
        }
        _ => Vec::new(),
    }
}

fn mac(which: u8) -> EthernetAddress {
    match which {
        250 => EthernetAddress::BROADCAST,
        251 => EthernetAddress([0; 6]),
        252 => EthernetAddress([1, 0, 0x5e, 0, 0, 1]),
        host => hardware_address(host % 16),
    }
}

/// A message of ICMP, which quotes a packet or says something else.
pub fn message(
    link: Link,
    kind: u8,
    code: u8,
    from: IpAddress,
    to: IpAddress,
    quoted: &[u8],
    body: &[u8],
) -> Vec<u8> {
    let quoted = &quoted[..quoted.len().min(body.len() * 2)];
    let body = if kind & 0x80 == 0 { quoted } else { body };
    let kinds: [u8; 8] = match link.ipv6 {
        true => [1, 2, 3, 4, 128, 129, 130, 143],
        false => [0, 3, 5, 8, 11, 12, 13, 3],
    };
    let protocol = if link.ipv6 {
        IpProtocol::Icmpv6
    } else {
        IpProtocol::Icmp
    };
    ip(link, from, to, protocol, 8 + body.len(), |bytes| {
        bytes[0] = kinds[usize::from(kind % 8)];
        bytes[1] = code % 16;
        bytes[4] = code;
        bytes[8..].copy_from_slice(body);
        match (from, to) {
            (IpAddress::Ipv6(from), IpAddress::Ipv6(to)) => {
                Icmpv6Packet::new_unchecked(bytes).fill_checksum(&from, &to);
            }
            _ => Icmpv4Packet::new_unchecked(bytes).fill_checksum(),
        }
    })
}

/// Sets the control bits of the segment in a frame.
pub fn set_control(link: Link, bytes: &mut [u8], control: u8) {
    let start = packet_start(link) + if link.ipv6 { 40 } else { 20 };
    let (from, to) = addresses(link, bytes);
    let segment = &mut bytes[start..];
    segment[13] = control;
    TcpPacket::new_unchecked(segment).fill_checksum(&from, &to);
}

fn addresses(link: Link, bytes: &[u8]) -> (IpAddress, IpAddress) {
    let packet = &bytes[packet_start(link)..];
    if link.ipv6 {
        let packet = smoltcp::wire::Ipv6Packet::new_unchecked(packet);
        (packet.src_addr().into(), packet.dst_addr().into())
    } else {
        let packet = Ipv4Packet::new_unchecked(packet);
        (packet.src_addr().into(), packet.dst_addr().into())
    }
}

/// The fragment that is harmed is moved by 8 bytes.
pub const MOVED: u8 = 8;
/// The fragment that is harmed comes twice.
pub const TWICE: u8 = 32;

/// The packet in a frame in fragments of about `size` bytes; `order` says in which order they come,
/// `harm` what is done to one of them.
pub fn fragments(link: Link, whole: &[u8], id: u8, size: u8, order: u8, harm: u8) -> Vec<Vec<u8>> {
    let start = packet_start(link);
    let header_len = if link.ipv6 { 40 } else { 20 };
    let (header, data) = whole[start..].split_at(header_len);
    let size = (usize::from(size) * 8)
        .max(data.len().div_ceil(16 * 8) * 8)
        .max(8);
    let mut frames = Vec::new();
    for (index, piece) in data.chunks(size).enumerate() {
        let is_last = (index + 1) * size >= data.len();
        let is_harmed = index == usize::from(harm % 8);
        let mut piece = piece.to_vec();
        if harm > 200 && is_harmed {
            piece[0] ^= 0x20;
        }
        let offset = index * size + if harm & MOVED != 0 && is_harmed { 8 } else { 0 };
        let more = !is_last ^ (harm & 16 != 0 && is_harmed);
        let packet = piece_of(link, header, &piece, offset as u16, more, id);
        let ethernet = match link.medium {
            Medium::Ethernet => EthernetFrame::new_unchecked(&whole[..14]),
            _ => {
                frames.push(packet);
                continue;
            }
        };
        frames.push(frame(
            link,
            ethernet.src_addr(),
            ethernet.dst_addr(),
            &packet,
        ));
        if harm & TWICE != 0 && is_harmed {
            frames.push(frames[frames.len() - 1].clone());
        }
    }
    match order % 4 {
        0 => {}
        1 => frames.reverse(),
        2 => frames.rotate_left(1),
        _ => drop(frames.pop()),
    }
    frames
}

fn piece_of(link: Link, header: &[u8], piece: &[u8], offset: u16, more: bool, id: u8) -> Vec<u8> {
    let mut packet = header.to_vec();
    if link.ipv6 {
        packet[4..6].copy_from_slice(&(8 + piece.len() as u16).to_be_bytes());
        packet[6] = 44;
        packet.extend([header[6], 0]);
        packet.extend((offset | u16::from(more)).to_be_bytes());
        packet.extend([0, 0, 0, id]);
        packet.extend(piece);
    } else {
        packet.extend(piece);
        let length = packet.len() as u16;
        let mut ip = Ipv4Packet::new_unchecked(&mut packet);
        ip.set_total_len(length);
        ip.set_ident(id.into());
        ip.clear_flags();
        ip.set_more_frags(more);
        ip.set_frag_offset(offset);
        ip.fill_checksum();
    }
    packet
}
