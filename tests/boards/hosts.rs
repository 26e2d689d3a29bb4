//! Other hosts on the board's cable: frames of UDP and TCP made by hand.

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol, IpAddress,
    IpProtocol, Ipv4Address, Ipv4Packet, Ipv4Repr, TcpControl, TcpPacket, TcpRepr, TcpSeqNumber,
    UdpPacket, UdpRepr,
};
use uppercase::PORT;

use crate::frames::ethernet;

/// The sender that a frame names.
#[derive(Clone, Copy)]
pub struct Host {
    pub card: EthernetAddress,
    pub address: Ipv4Address,
    /// The board that it speaks to.
    pub board: Ipv4Address,
}

impl Host {
    /// A datagram to the board's server.
    pub fn datagram(&self, board: EthernetAddress, port: u16, text: &[u8]) -> Vec<u8> {
        let datagram = UdpRepr {
            src_port: port,
            dst_port: PORT,
        };
        let length = datagram.header_len() + text.len();
        self.packet(board, IpProtocol::Udp, length, |payload, from, to| {
            datagram.emit(
                &mut UdpPacket::new_unchecked(payload),
                from,
                to,
                text.len(),
                |place| place.copy_from_slice(text),
                &ChecksumCapabilities::default(),
            );
        })
    }

    /// A request for a connection to the board's server.
    pub fn request(&self, board: EthernetAddress, port: u16) -> Vec<u8> {
        let request = TcpRepr {
            src_port: port,
            dst_port: PORT,
            control: TcpControl::Syn,
            seq_number: TcpSeqNumber(1),
            ack_number: None,
            window_len: 1024,
            window_scale: None,
            max_seg_size: Some(536),
            sack_permitted: false,
            sack_ranges: [None; 3],
            timestamp: None,
            payload: &[],
        };
        self.packet(
            board,
            IpProtocol::Tcp,
            request.buffer_len(),
            |payload, from, to| {
                let mut packet = TcpPacket::new_unchecked(payload);
                request.emit(&mut packet, from, to, &ChecksumCapabilities::default());
            },
        )
    }

    fn packet(
        &self,
        board: EthernetAddress,
        protocol: IpProtocol,
        length: usize,
        emit: impl FnOnce(&mut [u8], &IpAddress, &IpAddress),
    ) -> Vec<u8> {
        let header = Ipv4Repr {
            src_addr: self.address,
            dst_addr: self.board,
            next_header: protocol,
            payload_len: length,
            hop_limit: 64,
        };
        let length = header.buffer_len() + length;
        ethernet(self.card, board, EthernetProtocol::Ipv4, length, |bytes| {
            let mut packet = Ipv4Packet::new_unchecked(bytes);
            header.emit(&mut packet, &ChecksumCapabilities::default());
            let (from, to) = (self.address.into(), self.board.into());
            emit(packet.payload_mut(), &from, &to);
        })
    }

    /// The payload of a datagram that the board's server sends to this host.
    pub fn answer(&self, frame: &EthernetFrame<&[u8]>) -> Option<Vec<u8>> {
        let packet = self.payload(frame, IpProtocol::Udp)?;
        let datagram = UdpPacket::new_checked(packet).expect("a whole datagram");
        (datagram.src_port() == PORT).then(|| datagram.payload().to_vec())
    }

    /// Whether the board's server answers a request from this port.
    pub fn is_let_in(&self, frame: &EthernetFrame<&[u8]>, port: u16) -> bool {
        let Some(packet) = self.payload(frame, IpProtocol::Tcp) else {
            return false;
        };
        let segment = TcpPacket::new_checked(packet).expect("a whole segment");
        segment.dst_port() == port && segment.syn() && segment.ack()
    }

    /// The maximum segment size in an answer to a request from this port.
    pub fn announced(&self, frame: &EthernetFrame<&[u8]>, port: u16) -> Option<u16> {
        if !self.is_let_in(frame, port) {
            return None;
        }
        let segment = TcpPacket::new_checked(self.payload(frame, IpProtocol::Tcp)?).ok()?;
        let (from, to) = (self.board.into(), self.address.into());
        let checksums = ChecksumCapabilities::ignored();
        let segment = TcpRepr::parse(&segment, &from, &to, &checksums).ok()?;
        segment.max_seg_size
    }

    /// What is in a packet to this host, over its own card.
    fn payload<'f>(
        &self,
        frame: &EthernetFrame<&'f [u8]>,
        protocol: IpProtocol,
    ) -> Option<&'f [u8]> {
        if frame.dst_addr() != self.card || frame.ethertype() != EthernetProtocol::Ipv4 {
            return None;
        }
        let packet = Ipv4Packet::new_checked(frame.payload()).expect("a whole packet");
        let is_for_it = packet.dst_addr() == self.address && packet.next_header() == protocol;
        is_for_it.then(|| packet.payload())
    }
}

/// The address that the board asks for by ARP, if it does.
pub fn asked_for(frame: &EthernetFrame<&[u8]>) -> Option<Ipv4Address> {
    if frame.ethertype() != EthernetProtocol::Arp {
        return None;
    }
    let message = ArpPacket::new_checked(frame.payload()).expect("a whole message");
    match ArpRepr::parse(&message).expect("a message about IPv4") {
        ArpRepr::EthernetIpv4 {
            operation: ArpOperation::Request,
            target_protocol_addr,
            ..
        } => Some(target_protocol_addr),
        _ => None,
    }
}
