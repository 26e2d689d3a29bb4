//! Frames made and read byte by byte, for what no well-behaved stack sends.

use smoltcp::phy::{ChecksumCapabilities, Medium};
use smoltcp::wire::{
    EthernetAddress, EthernetFrame, EthernetProtocol, EthernetRepr, Icmpv4DstUnreachable,
    Icmpv4Packet, Icmpv4Repr, Icmpv6DstUnreachable, Icmpv6Packet, Icmpv6Repr, IpAddress,
    IpEndpoint, IpProtocol, IpRepr, Ipv4Packet, Ipv4Repr, Ipv6FragmentHeader, Ipv6Packet, Ipv6Repr,
    TcpControl, TcpPacket, TcpRepr, TcpSeqNumber, UdpPacket, UdpRepr, checksum,
};

use super::network::{CLIENT, Link, SERVER, hardware_address};

const ETHERNET_HEADER: usize = 14;

/// A TCP segment without options; tests change what they care about.
pub fn segment(from: IpEndpoint, to: IpEndpoint) -> TcpRepr<'static> {
    TcpRepr {
        src_port: from.port,
        dst_port: to.port,
        control: TcpControl::None,
        seq_number: TcpSeqNumber(0),
        ack_number: None,
        window_len: 1024,
        window_scale: None,
        max_seg_size: None,
        sack_permitted: false,
        sack_ranges: [None; 3],
        timestamp: None,
        payload: &[],
    }
}

/// The frame that carries a TCP segment.
pub fn tcp(link: Link, from: IpAddress, to: IpAddress, segment: &TcpRepr<'_>) -> Vec<u8> {
    ip(
        link,
        from,
        to,
        IpProtocol::Tcp,
        segment.buffer_len(),
        |payload| {
            segment.emit(
                &mut TcpPacket::new_unchecked(payload),
                &from,
                &to,
                &ChecksumCapabilities::default(),
            );
        },
    )
}

/// The frame that carries a datagram.
pub fn udp(link: Link, from: IpEndpoint, to: IpEndpoint, text: &[u8]) -> Vec<u8> {
    let repr = UdpRepr {
        src_port: from.port,
        dst_port: to.port,
    };
    ip(
        link,
        from.addr,
        to.addr,
        IpProtocol::Udp,
        8 + text.len(),
        |payload| {
            repr.emit(
                &mut UdpPacket::new_unchecked(payload),
                &from.addr,
                &to.addr,
                text.len(),
                |to| to.copy_from_slice(text),
                &ChecksumCapabilities::default(),
            );
        },
    )
}

/// What an ICMP message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreachable {
    Port,
    Host,
    /// Code 0: of IPv4 the network, of IPv6 that there is no route.
    Network,
    /// Code 5: a source route has failed, of IPv6 the policy of the way in.
    Route,
}

/// The frame by which `from` returns `packet`, of which it quotes the first `quoted` bytes.
pub fn unreachable(
    link: Link,
    from: IpAddress,
    reason: Unreachable,
    packet: &[u8],
    quoted: usize,
) -> Vec<u8> {
    let checksums = ChecksumCapabilities::default();
    if link.ipv6 {
        let header = Ipv6Repr::parse(&Ipv6Packet::new_unchecked(packet)).expect("a packet");
        let message = Icmpv6Repr::DstUnreachable {
            reason: match reason {
                Unreachable::Port => Icmpv6DstUnreachable::PortUnreachable,
                Unreachable::Host => Icmpv6DstUnreachable::AddrUnreachable,
                Unreachable::Network => Icmpv6DstUnreachable::NoRoute,
                Unreachable::Route => Icmpv6DstUnreachable::FailedPolicy,
            },
            header,
            data: &packet[40..packet.len().min(quoted)],
        };
        let (IpAddress::Ipv6(source), to) = (from, header.src_addr) else {
            panic!("{from} is no IPv6 address");
        };
        let length = message.buffer_len();
        ip(
            link,
            from,
            to.into(),
            IpProtocol::Icmpv6,
            length,
            |payload| {
                let mut packet = Icmpv6Packet::new_unchecked(payload);
                message.emit(&source, &to, &mut packet, &checksums);
            },
        )
    } else {
        let header =
            Ipv4Repr::parse(&Ipv4Packet::new_unchecked(packet), &checksums).expect("a packet");
        let message = Icmpv4Repr::DstUnreachable {
            reason: match reason {
                Unreachable::Port => Icmpv4DstUnreachable::PortUnreachable,
                Unreachable::Host => Icmpv4DstUnreachable::HostUnreachable,
                Unreachable::Network => Icmpv4DstUnreachable::NetUnreachable,
                Unreachable::Route => Icmpv4DstUnreachable::SrcRouteFailed,
            },
            header,
            data: &packet[20..packet.len().min(quoted)],
        };
        let (to, length) = (header.src_addr.into(), message.buffer_len());
        ip(link, from, to, IpProtocol::Icmp, length, |payload| {
            message.emit(&mut Icmpv4Packet::new_unchecked(payload), &checksums);
        })
    }
}

/// The frame of a ping with so much data.
pub fn echo_request(link: Link, from: IpAddress, to: IpAddress, length: usize) -> Vec<u8> {
    let data: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
    let checksums = ChecksumCapabilities::default();
    let length = 8 + length;
    match (from, to) {
        (IpAddress::Ipv6(source), IpAddress::Ipv6(destination)) => {
            let message = Icmpv6Repr::EchoRequest {
                ident: 7,
                seq_no: 1,
                data: &data,
            };
            ip(link, from, to, IpProtocol::Icmpv6, length, |payload| {
                let mut packet = Icmpv6Packet::new_unchecked(payload);
                message.emit(&source, &destination, &mut packet, &checksums);
            })
        }
        _ => {
            let message = Icmpv4Repr::EchoRequest {
                ident: 7,
                seq_no: 1,
                data: &data,
            };
            ip(link, from, to, IpProtocol::Icmp, length, |payload| {
                message.emit(&mut Icmpv4Packet::new_unchecked(payload), &checksums);
            })
        }
    }
}

/// Where a packet goes.
pub fn destination(packet: &[u8]) -> IpAddress {
    match packet[0] >> 4 {
        4 => Ipv4Packet::new_unchecked(packet).dst_addr().into(),
        _ => Ipv6Packet::new_unchecked(packet).dst_addr().into(),
    }
}

/// What the sum over a message of ICMP and its checksum comes to: all ones, if that is right.
pub fn icmp_sum(link: Link, from: &IpAddress, to: &IpAddress, message: &[u8]) -> u16 {
    let header = match link.ipv6 {
        true => checksum::pseudo_header(from, to, IpProtocol::Icmpv6, message.len() as u32),
        false => 0,
    };
    checksum::combine(&[header, checksum::data(message)])
}

/// The frame that carries an IP packet of any protocol, to the server's host or the client's.
pub fn ip(
    link: Link,
    from: IpAddress,
    to: IpAddress,
    protocol: IpProtocol,
    length: usize,
    fill: impl FnOnce(&mut [u8]),
) -> Vec<u8> {
    let repr = IpRepr::new(from, to, protocol, length, 64);
    let mut packet = vec![0; repr.buffer_len()];
    repr.emit(&mut packet[..], &ChecksumCapabilities::default());
    fill(&mut packet[repr.header_len()..]);
    let (source, destination) = if from == link.address(CLIENT) {
        (CLIENT, SERVER)
    } else if to == link.address(CLIENT) {
        (SERVER, CLIENT)
    } else {
        (99, SERVER)
    };
    let destination = match to {
        // RFC 1112, 6.4, and RFC 2464, 7.
        IpAddress::Ipv4(to) if to.is_broadcast() || to.octets()[3] == 255 => {
            EthernetAddress::BROADCAST
        }
        IpAddress::Ipv4(to) if to.is_multicast() => {
            let [_, b, c, d] = to.octets();
            EthernetAddress([1, 0, 0x5e, b & 0x7f, c, d])
        }
        IpAddress::Ipv6(to) if to.is_multicast() => {
            let [.., a, b, c, d] = to.octets();
            EthernetAddress([0x33, 0x33, a, b, c, d])
        }
        _ => hardware_address(destination),
    };
    frame(link, hardware_address(source), destination, &packet)
}

/// The frame that carries a packet.
pub fn frame(link: Link, from: EthernetAddress, to: EthernetAddress, packet: &[u8]) -> Vec<u8> {
    if link.medium == Medium::Ip {
        return packet.to_vec();
    }
    let mut frame = vec![0; ETHERNET_HEADER + packet.len()];
    let repr = EthernetRepr {
        src_addr: from,
        dst_addr: to,
        ethertype: if link.ipv6 {
            EthernetProtocol::Ipv6
        } else {
            EthernetProtocol::Ipv4
        },
    };
    repr.emit(&mut EthernetFrame::new_unchecked(&mut frame));
    frame[ETHERNET_HEADER..].copy_from_slice(packet);
    frame
}

/// Where the IP packet begins in a frame.
pub fn packet_start(link: Link) -> usize {
    match link.medium {
        Medium::Ethernet => ETHERNET_HEADER,
        _ => 0,
    }
}

/// The IP packet of a frame, if it is one of the link's version.
pub fn packet(link: Link, frame: &[u8]) -> Option<&[u8]> {
    let packet = frame.get(packet_start(link)..)?;
    if link.medium == Medium::Ethernet {
        let ethertype = EthernetFrame::new_checked(frame).ok()?.ethertype();
        let expected = if link.ipv6 {
            EthernetProtocol::Ipv6
        } else {
            EthernetProtocol::Ipv4
        };
        (ethertype == expected).then_some(packet)
    } else {
        Some(packet)
    }
}

/// The addresses, the protocol and the payload of the IP packet in a frame.
fn read(link: Link, frame: &[u8]) -> Option<(IpAddress, IpAddress, IpProtocol, &[u8])> {
    let packet = packet(link, frame)?;
    if link.ipv6 {
        let packet = Ipv6Packet::new_checked(packet).ok()?;
        let (from, to) = (packet.src_addr().into(), packet.dst_addr().into());
        Some((from, to, packet.next_header(), packet.payload()))
    } else {
        let packet = Ipv4Packet::new_checked(packet).ok()?;
        let (from, to) = (packet.src_addr().into(), packet.dst_addr().into());
        Some((from, to, packet.next_header(), packet.payload()))
    }
}

/// The sender, the receiver and the segment, if there is one in the frame.
pub fn read_tcp(link: Link, frame: &[u8]) -> Option<(IpEndpoint, IpEndpoint, TcpRepr<'_>)> {
    let (from, to, IpProtocol::Tcp, payload) = read(link, frame)? else {
        return None;
    };
    let packet = TcpPacket::new_checked(payload).ok()?;
    let repr = TcpRepr::parse(&packet, &from, &to, &ChecksumCapabilities::default()).ok()?;
    // The representation borrows the packet, which is ours; the text is in the frame.
    let text = &payload[packet.header_len().into()..];
    let repr = TcpRepr {
        payload: text,
        ..unborrowed(&repr)
    };
    Some((
        IpEndpoint::new(from, repr.src_port),
        IpEndpoint::new(to, repr.dst_port),
        repr,
    ))
}

/// A segment without its text.
pub fn unborrowed(repr: &TcpRepr<'_>) -> TcpRepr<'static> {
    TcpRepr {
        src_port: repr.src_port,
        dst_port: repr.dst_port,
        control: repr.control,
        seq_number: repr.seq_number,
        ack_number: repr.ack_number,
        window_len: repr.window_len,
        window_scale: repr.window_scale,
        max_seg_size: repr.max_seg_size,
        sack_permitted: repr.sack_permitted,
        sack_ranges: repr.sack_ranges,
        timestamp: None,
        payload: &[],
    }
}

/// The sender, the receiver and the text, if there is a whole datagram in the frame.
pub fn read_udp(link: Link, frame: &[u8]) -> Option<(IpEndpoint, IpEndpoint, &[u8])> {
    let (from, to, IpProtocol::Udp, payload) = read(link, frame)? else {
        return None;
    };
    let packet = UdpPacket::new_checked(payload).ok()?;
    Some((
        IpEndpoint::new(from, packet.src_port()),
        IpEndpoint::new(to, packet.dst_port()),
        &payload[8..packet.len().into()],
    ))
}

/// The frames that carry the packet of a frame in fragments, for a link that takes so many bytes.
pub fn cut(link: Link, frame: &[u8], ip_mtu: usize) -> Vec<Vec<u8>> {
    let (ethernet, packet) = frame.split_at(packet_start(link));
    let (header, payload) = packet.split_at(if link.ipv6 { 40 } else { 20 });
    let room = (ip_mtu - header.len() - if link.ipv6 { 8 } else { 0 }) / 8 * 8;
    let parts = payload.chunks(room).enumerate();
    let parts = parts.map(|(index, part)| {
        let (offset, more) = (index * room, (index + 1) * room < payload.len());
        let mut bytes = header.to_vec();
        if link.ipv6 {
            bytes[6] = IpProtocol::Ipv6Frag.into();
            let field = offset as u16 | u16::from(more);
            bytes.extend([&[header[6], 0][..], &field.to_be_bytes(), &[1, 2, 3, 4]].concat());
            bytes.extend(part);
            let length = (bytes.len() - 40) as u16;
            Ipv6Packet::new_unchecked(&mut bytes[..]).set_payload_len(length);
        } else {
            bytes.extend(part);
            let length = bytes.len() as u16;
            let mut packet = Ipv4Packet::new_unchecked(&mut bytes[..]);
            packet.set_total_len(length);
            packet.clear_flags();
            packet.set_more_frags(more);
            packet.set_frag_offset(offset as u16);
            packet.fill_checksum();
        }
        [ethernet, &bytes].concat()
    });
    parts.collect()
}

/// A part of a packet.
pub struct Part<'f> {
    /// The length of its own packet, in bytes.
    pub length: usize,
    pub identification: u32,
    /// Where `data` belongs, in bytes.
    pub offset: usize,
    pub more: bool,
    pub protocol: IpProtocol,
    pub data: &'f [u8],
}

/// What a packet is a part of; `None` if it is a whole packet.
pub fn fragment(packet: &[u8]) -> Option<Part<'_>> {
    let length = packet.len();
    if packet[0] >> 4 == 4 {
        let packet = Ipv4Packet::new_checked(packet).expect("a packet");
        assert!(packet.verify_checksum(), "the header is right");
        let is_part = packet.more_frags() || packet.frag_offset() > 0;
        is_part.then(|| {
            assert!(!packet.dont_frag());
            Part {
                length,
                identification: packet.ident().into(),
                offset: packet.frag_offset().into(),
                more: packet.more_frags(),
                protocol: packet.next_header(),
                data: packet.payload(),
            }
        })
    } else {
        let packet = Ipv6Packet::new_checked(packet).expect("a packet");
        (packet.next_header() == IpProtocol::Ipv6Frag).then(|| {
            let (protocol, payload) = (packet.payload()[0], packet.payload());
            let header = Ipv6FragmentHeader::new_checked(&payload[2..8]).expect("a header");
            Part {
                length,
                identification: header.ident(),
                offset: usize::from(header.frag_offset()) * 8,
                more: header.more_frags(),
                protocol: protocol.into(),
                data: &payload[8..],
            }
        })
    }
}
