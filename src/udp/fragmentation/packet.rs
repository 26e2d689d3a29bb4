//! The fragments of a datagram: how many there are, how long they are, and the UDP header in them.

use smoltcp::wire::{IpEndpoint, IpProtocol, UdpPacket, checksum};

use crate::packet::{IPV6_FRAGMENT_HEADER, ip::IPV6_HEADER, udp::UDP_HEADER};

pub(super) const HEADERS: usize = IPV6_HEADER + IPV6_FRAGMENT_HEADER;

/// The longest payload a UDP datagram can have, in bytes, with IPv6.
pub const LONGEST_PAYLOAD: usize = 65_535 - UDP_HEADER;

/// Whether a UDP datagram with `payload` bytes is too long for one IPv6 packet of `ip_mtu` bytes.
///
/// If not, a [`Fragmenter`](super::Fragmenter) does not take it, and an ordinary socket sends it.
pub const fn is_needed(payload: usize, ip_mtu: usize) -> bool {
    IPV6_HEADER + UDP_HEADER + payload > ip_mtu
}

/// Into how many fragments a datagram with `payload` bytes is cut on a link with this MTU.
///
/// `ip_mtu` is the length of the longest IP packet, in bytes, without an Ethernet header; 56 is
/// the least that can be worked with, and IPv6 itself requires 1280.
pub const fn packets(payload: usize, ip_mtu: usize) -> usize {
    (UDP_HEADER + payload).div_ceil(fragment(ip_mtu))
}

/// How many bytes the fragments of a datagram with `payload` bytes have, their headers included.
pub const fn bytes(payload: usize, ip_mtu: usize) -> usize {
    UDP_HEADER + payload + HEADERS * packets(payload, ip_mtu)
}

/// Bytes of the datagram in each fragment but the last.
pub(super) const fn fragment(ip_mtu: usize) -> usize {
    if ip_mtu < HEADERS + 8 {
        8
    } else {
        (ip_mtu - HEADERS) / 8 * 8
    }
}

pub(super) fn udp_header(
    source: IpEndpoint,
    destination: IpEndpoint,
    length: u16,
    payload: &[u8],
) -> [u8; UDP_HEADER] {
    let mut header = [0; UDP_HEADER];
    let mut packet = UdpPacket::new_unchecked(&mut header[..]);
    packet.set_src_port(source.port);
    packet.set_dst_port(destination.port);
    packet.set_len(length);
    let (from, to, protocol) = (&source.addr, &destination.addr, IpProtocol::Udp);
    let sum = !checksum::combine(&[
        checksum::pseudo_header(from, to, protocol, length.into()),
        checksum::data(packet.as_ref()),
        checksum::data(payload),
    ]);
    // 0 stands for "no checksum", which IPv6 does not allow. 0xffff is the same number.
    packet.set_checksum(if sum == 0 { 0xffff } else { sum });
    header
}
