//! Packets and frames that are made by hand, and what is read from others.

use smoltcp::phy::ChecksumCapabilities;
#[cfg(feature = "ipv6")]
use smoltcp::wire::Ipv6Packet;
use smoltcp::wire::{
    EthernetAddress, EthernetFrame, EthernetProtocol, EthernetRepr, IpAddress, IpProtocol, IpRepr,
    IpVersion, Ipv4Packet, TcpControl, TcpPacket, TcpRepr, TcpSeqNumber, UdpPacket, UdpRepr,
};
use uppercase::device::tuntap::{Mode, TunTap};

use super::frames::find;
use super::wire::{Version, mac};

pub const PORT: u16 = 12_000;
const UDP_HEADER: usize = 8;

/// A text in which each byte tells where it is.
pub fn bytes(length: usize) -> Vec<u8> {
    (0..length)
        .map(|i| (i * 7 / 5 + i / 65_521) as u8)
        .collect()
}

/// The lengths of the IP packet and of the payload of a TCP segment, and whether it has PSH or FIN.
pub fn segment(mode: Mode, frame: &[u8]) -> Option<(usize, usize, bool)> {
    let packet = match mode {
        Mode::Tap => frame.get(14..)?,
        Mode::Tun => frame,
    };
    let (protocol, length, payload) = match IpVersion::of_packet(packet).ok()? {
        IpVersion::Ipv4 => {
            let packet = Ipv4Packet::new_checked(packet).ok()?;
            let length = usize::from(packet.total_len());
            (packet.next_header(), length, packet.payload())
        }
        #[cfg(feature = "ipv6")]
        IpVersion::Ipv6 => {
            let packet = Ipv6Packet::new_checked(packet).ok()?;
            (packet.next_header(), packet.total_len(), packet.payload())
        }
        #[allow(unreachable_patterns)]
        _ => return None,
    };
    if protocol != IpProtocol::Tcp {
        return None;
    }
    let tcp = TcpPacket::new_checked(payload).ok()?;
    Some((length, tcp.payload().len(), tcp.psh() || tcp.fin()))
}

/// A TCP segment from host 2 on this interface of the wire to that on the other, complete.
pub fn tcp(
    version: Version,
    from: usize,
    sequence: i32,
    length: usize,
    change: fn(&mut TcpRepr),
) -> Vec<u8> {
    let (source, destination) = (version.address(from, 2), version.address(1 - from, 2));
    let text = bytes(sequence as usize + length).split_off(sequence as usize);
    let mut tcp = TcpRepr {
        src_port: 49_152,
        dst_port: PORT,
        control: TcpControl::None,
        seq_number: TcpSeqNumber(sequence),
        ack_number: Some(TcpSeqNumber(7)),
        window_len: 1000,
        window_scale: None,
        max_seg_size: None,
        sack_permitted: false,
        sack_ranges: [None; 3],
        timestamp: None,
        payload: &text,
    };
    change(&mut tcp);
    let header = IpRepr::new(source, destination, IpProtocol::Tcp, tcp.buffer_len(), 64);
    let start = header.header_len();
    let mut packet = vec![0; start + tcp.buffer_len()];
    let checksums = ChecksumCapabilities::default();
    header.emit(&mut packet[..start], &checksums);
    let mut segment = TcpPacket::new_unchecked(&mut packet[start..]);
    tcp.emit(&mut segment, &source, &destination, &checksums);
    packet
}

/// A UDP datagram, complete. `change` gets its header and its hop limit.
pub fn udp(
    from: IpAddress,
    to: IpAddress,
    text: &[u8],
    change: fn(&mut UdpRepr, &mut u8),
) -> Vec<u8> {
    let mut udp = UdpRepr {
        src_port: PORT,
        dst_port: 40_000,
    };
    let mut hop_limit = 64;
    change(&mut udp, &mut hop_limit);
    let header = IpRepr::new(
        from,
        to,
        IpProtocol::Udp,
        UDP_HEADER + text.len(),
        hop_limit,
    );
    let start = header.header_len();
    let mut packet = vec![0; start + UDP_HEADER + text.len()];
    let checksums = ChecksumCapabilities::default();
    header.emit(&mut packet[..start], &checksums);
    udp.emit(
        &mut UdpPacket::new_unchecked(&mut packet[start..]),
        &from,
        &to,
        text.len(),
        |payload| payload.copy_from_slice(text),
        &checksums,
    );
    packet
}

/// A packet in a frame from one end of a TAP's wire to the other.
pub fn frame(version: Version, from: usize, packet: &[u8]) -> Vec<u8> {
    let header = EthernetRepr {
        src_addr: mac(from),
        dst_addr: mac(1 - from),
        ethertype: match version {
            Version::V4 => EthernetProtocol::Ipv4,
            Version::V6 => EthernetProtocol::Ipv6,
        },
    };
    let mut frame = vec![0; header.buffer_len() + packet.len()];
    header.emit(&mut EthernetFrame::new_unchecked(&mut frame[..]));
    frame[header.buffer_len()..].copy_from_slice(packet);
    frame
}

/// What comes from a neighbor, and not from the kernel.
pub fn is_from(neighbor: EthernetAddress) -> impl Fn(&[u8]) -> Option<Vec<u8>> {
    move |frame| {
        let source = EthernetFrame::new_checked(frame).ok()?.src_addr();
        (source == neighbor).then(|| frame.to_vec())
    }
}

/// The next frame from the other end of the wire, without the identification of an IPv4 packet:
/// the host that cuts a packet sets it.
pub fn unnumbered(device: &mut TunTap, version: Version) -> Vec<u8> {
    let mut frame = find(device, is_from(mac(0)));
    if version == Version::V4 {
        let mut packet = Ipv4Packet::new_unchecked(&mut frame[14..]);
        packet.set_ident(0);
        packet.fill_checksum();
    }
    frame
}
