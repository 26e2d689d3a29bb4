//! Chance that comes out the same each time, and frames that it has spoiled.

use smoltcp::phy::Medium;
use smoltcp::wire::{
    IPV6_HEADER_LEN, Icmpv4Packet, Icmpv6Packet, IpProtocol, Ipv4Packet, Ipv6Packet, TcpPacket,
    UdpPacket,
};
use uppercase::simulation::Random;

use super::frames::packet_start;
use super::network::Link;

/// The simulation's generator, with what a test asks it for.
pub struct Chance(Random);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(Random::new(seed))
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.below(end as u64) as usize
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn byte(&mut self) -> u8 {
        let interesting = [0, 1, 4, 5, 0x7f, 0x80, 0xfe, 0xff];
        if self.once_in(3) {
            interesting[self.below(8)]
        } else {
            self.below(256) as u8
        }
    }

    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.byte()).collect()
    }

    pub fn pick<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        &items[self.below(items.len())]
    }

    /// Bytes changed, mostly in the headers; sometimes cut, sometimes longer.
    pub fn spoil(&mut self, frame: &mut Vec<u8>) {
        for _ in 0..self.below(5) {
            let headers = if self.once_in(4) { 1514 } else { 74 };
            let end = frame.len().min(headers);
            if end > 0 {
                let at = self.below(end);
                frame[at] = if self.once_in(2) {
                    frame[at] ^ (1 << self.below(8))
                } else {
                    self.byte()
                };
            }
        }
        if self.once_in(6) {
            let length = self.below(frame.len() + 1);
            frame.truncate(length);
        }
        if self.once_in(6) {
            let more = self.below(200);
            let more = self.bytes(more);
            frame.extend(more);
            frame.truncate(1514);
        }
    }
}

/// Makes length fields and checksums right again where there is enough left of the headers, so
/// that a spoiled frame gets past the first check.
pub fn repair(link: Link, frame: &mut [u8]) {
    let start = packet_start(link);
    if frame.len() < start + 20
        || link.medium == Medium::Ethernet && frame[12] == 8 && frame[13] == 6
    {
        return;
    }
    let packet = &mut frame[start..];
    let whole = packet.len();
    if packet[0] >> 4 == 4 {
        let mut ip = Ipv4Packet::new_unchecked(&mut *packet);
        if usize::from(ip.total_len()) > whole {
            ip.set_total_len(whole as u16);
        }
        if ip.check_len().is_err() {
            return;
        }
        ip.fill_checksum();
        let (from, to) = (ip.src_addr().into(), ip.dst_addr().into());
        let protocol = ip.next_header();
        repair_payload(protocol, ip.payload_mut(), from, to);
    } else if packet[0] >> 4 == 6 && whole >= IPV6_HEADER_LEN {
        let mut ip = Ipv6Packet::new_unchecked(&mut *packet);
        if usize::from(ip.payload_len()) > whole - IPV6_HEADER_LEN {
            ip.set_payload_len((whole - IPV6_HEADER_LEN) as u16);
        }
        let (from, to) = (ip.src_addr().into(), ip.dst_addr().into());
        let protocol = ip.next_header();
        repair_payload(protocol, ip.payload_mut(), from, to);
    }
}

fn repair_payload(
    protocol: IpProtocol,
    payload: &mut [u8],
    from: smoltcp::wire::IpAddress,
    to: smoltcp::wire::IpAddress,
) {
    use smoltcp::wire::IpAddress::Ipv6;
    match protocol {
        IpProtocol::Tcp if payload.len() >= 20 => {
            TcpPacket::new_unchecked(payload).fill_checksum(&from, &to);
        }
        IpProtocol::Udp if payload.len() >= 8 => {
            let length = payload.len();
            let mut udp = UdpPacket::new_unchecked(payload);
            if usize::from(udp.len()) > length || udp.len() < 8 {
                udp.set_len(length as u16);
            }
            udp.fill_checksum(&from, &to);
        }
        IpProtocol::Icmp if payload.len() >= 8 => {
            Icmpv4Packet::new_unchecked(payload).fill_checksum();
        }
        IpProtocol::Icmpv6 if payload.len() >= 8 => {
            if let (Ipv6(from), Ipv6(to)) = (from, to) {
                Icmpv6Packet::new_unchecked(payload).fill_checksum(&from, &to);
            }
        }
        _ => {}
    }
}
