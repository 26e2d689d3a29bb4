//! Frames made by hand, on the board's cable: address resolution, and ping.

use std::time::Instant;

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol,
    EthernetRepr, Icmpv4Packet, Icmpv4Repr, Icmpv6Packet, Icmpv6Repr, IpProtocol, Ipv4Packet,
    Ipv4Repr, Ipv6Address, Ipv6Packet, Ipv6Repr, NdiscRepr, RawHardwareAddress,
};

use crate::cable::Cable;
use crate::stock::PATIENCE;

/// Our card, on the cable.
pub const OUR_CARD: EthernetAddress = EthernetAddress([2, 0, 0, 0, 0, 2]);

/// A question to all hosts for the hardware address of the board.
pub fn arp_request(cable: &Cable) -> Vec<u8> {
    let question = ArpRepr::EthernetIpv4 {
        operation: ArpOperation::Request,
        source_hardware_addr: OUR_CARD,
        source_protocol_addr: cable.addresses.host,
        target_hardware_addr: EthernetAddress([0; 6]),
        target_protocol_addr: cable.addresses.board,
    };
    ethernet(
        OUR_CARD,
        EthernetAddress::BROADCAST,
        EthernetProtocol::Arp,
        question.buffer_len(),
        |payload| question.emit(&mut ArpPacket::new_unchecked(payload)),
    )
}

/// The hardware address that the board answers with, if the frame is its answer.
pub fn arp_reply(cable: &Cable, frame: &[u8]) -> Option<EthernetAddress> {
    let frame = EthernetFrame::new_checked(frame).expect("a whole frame");
    if frame.ethertype() != EthernetProtocol::Arp {
        return None;
    }
    let message = ArpPacket::new_checked(frame.payload()).expect("a whole message");
    match ArpRepr::parse(&message).expect("a message about IPv4") {
        ArpRepr::EthernetIpv4 {
            operation: ArpOperation::Reply,
            source_hardware_addr: card,
            source_protocol_addr: address,
            ..
        } => (address == cable.addresses.board).then_some(card),
        _ => None,
    }
}

/// Asks for the board's hardware address until it answers.
pub fn find(cable: &Cable) -> EthernetAddress {
    let request = arp_request(cable);
    for _ in 0..500 {
        cable.send(&request);
        let answer = cable.receive();
        if let Some(card) = answer.and_then(|frame| arp_reply(cable, &frame)) {
            return card;
        }
    }
    panic!("the board does not answer");
}

/// Bytes of data to ping with. The longest is what a frame of 1514 bytes carries.
pub const PING_LENGTHS: [usize; 11] = [0, 1, 2, 3, 17, 18, 56, 255, 1024, 1471, 1472];
/// The same for IPv6 with its longer header.
pub const PING_LENGTHS_V6: [usize; 11] = [0, 1, 2, 3, 17, 18, 56, 255, 1024, 1451, 1452];

/// The data that comes back.
pub fn ping(cable: &Cable, board: EthernetAddress, data: &[u8]) -> Option<Vec<u8>> {
    let checksums = ChecksumCapabilities::default();
    let request = Icmpv4Repr::EchoRequest {
        ident: 1,
        seq_no: 1,
        data,
    };
    let header = Ipv4Repr {
        src_addr: cable.addresses.host,
        dst_addr: cable.addresses.board,
        next_header: IpProtocol::Icmp,
        payload_len: request.buffer_len(),
        hop_limit: 64,
    };
    let length = header.buffer_len() + request.buffer_len();
    let frame = ethernet(OUR_CARD, board, EthernetProtocol::Ipv4, length, |payload| {
        let mut packet = Ipv4Packet::new_unchecked(payload);
        header.emit(&mut packet, &checksums);
        request.emit(
            &mut Icmpv4Packet::new_unchecked(packet.payload_mut()),
            &checksums,
        );
    });
    exchange(cable, &frame, |answer| {
        let packet = Ipv4Packet::new_checked(answer.payload()).ok()?;
        let message = Icmpv4Packet::new_checked(packet.payload()).ok()?;
        match Icmpv4Repr::parse(&message, &checksums) {
            Ok(Icmpv4Repr::EchoReply { data: returned, .. }) => {
                (returned.len() == data.len()).then(|| returned.to_vec())
            }
            _ => None,
        }
    })
}

/// A question for the hardware address of the board's IPv6 address (RFC 4861), to the group of that
/// address or to a card; the board then knows ours.
pub fn neighbor_solicitation(cable: &Cable, card: Option<EthernetAddress>) -> Vec<u8> {
    let board = cable.addresses.board_v6;
    let [.., a, b, c] = board.octets();
    let low = u16::from_be_bytes([b, c]);
    let group = Ipv6Address::new(0xff02, 0, 0, 0, 0, 1, 0xff00 | u16::from(a), low);
    let question = Icmpv6Repr::Ndisc(NdiscRepr::NeighborSolicit {
        target_addr: board,
        lladdr: Some(RawHardwareAddress::from(OUR_CARD)),
    });
    let card = card.unwrap_or(EthernetAddress([0x33, 0x33, 0xff, a, b, c]));
    icmpv6(card, cable.addresses.host_v6, group, &question)
}

/// The card that answers such a question, if the frame is its answer.
pub fn neighbor_advertisement(
    cable: &Cable,
    frame: &EthernetFrame<&[u8]>,
) -> Option<EthernetAddress> {
    let packet = Ipv6Packet::new_checked(frame.payload()).ok()?;
    let message = Icmpv6Packet::new_checked(packet.payload()).ok()?;
    let (from, to) = (packet.src_addr(), packet.dst_addr());
    match Icmpv6Repr::parse(&from, &to, &message, &ChecksumCapabilities::default()) {
        Ok(Icmpv6Repr::Ndisc(NdiscRepr::NeighborAdvert { target_addr, .. })) => {
            (target_addr == cable.addresses.board_v6).then(|| frame.src_addr())
        }
        _ => None,
    }
}

/// Sends neighbor solicitations until the board answers (RFC 4861).
pub fn find_v6(cable: &Cable) -> EthernetAddress {
    let frame = neighbor_solicitation(cable, None);
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let answer = |frame: &EthernetFrame<&[u8]>| neighbor_advertisement(cable, frame);
        if let Some(address) = exchange(cable, &frame, answer) {
            return address;
        }
    }
    panic!("the board does not answer");
}

/// As [`ping`], over IPv6.
pub fn ping_v6(cable: &Cable, board: EthernetAddress, data: &[u8]) -> Option<Vec<u8>> {
    let request = Icmpv6Repr::EchoRequest {
        ident: 1,
        seq_no: 1,
        data,
    };
    let (host, address) = (cable.addresses.host_v6, cable.addresses.board_v6);
    let frame = icmpv6(board, host, address, &request);
    exchange(cable, &frame, |answer| {
        let packet = Ipv6Packet::new_checked(answer.payload()).ok()?;
        let message = Icmpv6Packet::new_checked(packet.payload()).ok()?;
        let (from, to) = (packet.src_addr(), packet.dst_addr());
        match Icmpv6Repr::parse(&from, &to, &message, &ChecksumCapabilities::default()) {
            Ok(Icmpv6Repr::EchoReply { data: returned, .. }) => {
                (returned.len() == data.len()).then(|| returned.to_vec())
            }
            _ => None,
        }
    })
}

/// Sends the frame until an answer is accepted, for a limited time. What the board still has to say
/// to other frames is passed over.
pub fn exchange<T>(
    cable: &Cable,
    frame: &[u8],
    accept: impl Fn(&EthernetFrame<&[u8]>) -> Option<T>,
) -> Option<T> {
    for _ in 0..20 {
        cable.send(frame);
        while let Some(answer) = cable.receive() {
            let answer = EthernetFrame::new_checked(&answer[..]).expect("a whole frame");
            if let Some(accepted) = accept(&answer) {
                return Some(accepted);
            }
        }
    }
    None
}

/// A message of ICMPv6 to a card, from ours.
pub fn icmpv6(
    card: EthernetAddress,
    from: Ipv6Address,
    to: Ipv6Address,
    message: &Icmpv6Repr<'_>,
) -> Vec<u8> {
    let header = Ipv6Repr {
        src_addr: from,
        dst_addr: to,
        next_header: IpProtocol::Icmpv6,
        payload_len: message.buffer_len(),
        hop_limit: 255, // what has passed a router is no neighbor's
    };
    let length = header.buffer_len() + message.buffer_len();
    ethernet(OUR_CARD, card, EthernetProtocol::Ipv6, length, |payload| {
        let mut packet = Ipv6Packet::new_unchecked(payload);
        header.emit(&mut packet);
        message.emit(
            &from,
            &to,
            &mut Icmpv6Packet::new_unchecked(packet.payload_mut()),
            &ChecksumCapabilities::default(),
        );
    })
}

pub fn ethernet(
    source: EthernetAddress,
    destination: EthernetAddress,
    ethertype: EthernetProtocol,
    length: usize,
    emit: impl FnOnce(&mut [u8]),
) -> Vec<u8> {
    let header = EthernetRepr {
        src_addr: source,
        dst_addr: destination,
        ethertype,
    };
    let mut bytes = vec![0; header.buffer_len() + length];
    let mut frame = EthernetFrame::new_unchecked(&mut bytes[..]);
    header.emit(&mut frame);
    emit(frame.payload_mut());
    bytes
}
