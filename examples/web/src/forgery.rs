//! Frames in the name of hosts that there are not.

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    EthernetFrame, EthernetProtocol, EthernetRepr, IpAddress, IpProtocol, IpRepr, TcpControl,
    TcpPacket, TcpRepr, TcpSeqNumber, UdpPacket, UdpRepr,
};

use crate::host::{Number, Plan};

/// The first address that no host has.
pub const NO_HOST: u8 = 66;

/// A SYN from an address that no host has: one of a flood.
pub fn syn(number: usize, plan: Plan) -> Vec<u8> {
    let source = Number(NO_HOST + (number % 150) as u8);
    let (from, to) = (source.address(plan), Number::SERVER.address(plan));
    let syn = TcpRepr {
        src_port: 40_000 + number as u16,
        dst_port: uppercase::PORT,
        control: TcpControl::Syn,
        seq_number: TcpSeqNumber(0x1000 * (1 + number as i32)),
        ack_number: None,
        window_len: 64_240,
        window_scale: None,
        max_seg_size: Some(1460),
        sack_permitted: false,
        sack_ranges: [None; 3],
        timestamp: None,
        payload: &[],
    };
    let checksums = ChecksumCapabilities::default();
    frame(
        source,
        (from, to),
        IpProtocol::Tcp,
        syn.buffer_len(),
        |payload| {
            let mut packet = TcpPacket::new_unchecked(payload);
            syn.emit(&mut packet, &from, &to, &checksums);
        },
    )
}

/// A datagram from an address that no host has.
pub fn datagram(plan: Plan) -> Vec<u8> {
    let source = Number(NO_HOST);
    let (from, to) = (source.address(plan), Number::SERVER.address(plan));
    let line = b"who is there?";
    let header = UdpRepr {
        src_port: 40_000,
        dst_port: uppercase::PORT,
    };
    let checksums = ChecksumCapabilities::default();
    let length = header.header_len() + line.len();
    frame(source, (from, to), IpProtocol::Udp, length, |payload| {
        let mut packet = UdpPacket::new_unchecked(payload);
        let write = |payload: &mut [u8]| payload.copy_from_slice(line);
        header.emit(&mut packet, &from, &to, line.len(), write, &checksums);
    })
}

fn frame(
    source: Number,
    (from, to): (IpAddress, IpAddress),
    protocol: IpProtocol,
    length: usize,
    write: impl FnOnce(&mut [u8]),
) -> Vec<u8> {
    let ip = IpRepr::new(from, to, protocol, length, 64);
    let ethernet = EthernetRepr {
        src_addr: source.hardware(),
        dst_addr: Number::SERVER.hardware(),
        ethertype: match from {
            IpAddress::Ipv4(_) => EthernetProtocol::Ipv4,
            IpAddress::Ipv6(_) => EthernetProtocol::Ipv6,
        },
    };
    let header = EthernetFrame::<&[u8]>::header_len();
    let mut bytes = vec![0; header + ip.buffer_len()];
    ethernet.emit(&mut EthernetFrame::new_unchecked(&mut bytes[..]));
    ip.emit(&mut bytes[header..], &ChecksumCapabilities::default());
    write(&mut bytes[header + ip.header_len()..]);
    bytes
}
