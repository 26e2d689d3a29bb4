//! Packets of which each field has a value of its own, and what the parser makes of them.

mod any;
mod arp;
#[cfg(feature = "dhcp")]
mod dhcp;
mod ethernet;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
mod extension;
mod fragment;
mod group;
mod icmp;
mod ip;
mod ndisc;
mod quote;
mod tcp;
mod udp;

use std::vec::Vec;

use smoltcp::wire::{IpAddress, IpProtocol, checksum};

const TCP: u8 = 6;
const UDP: u8 = 17;

const SOURCE_4: IpAddress = IpAddress::v4(10, 11, 12, 13);
const DESTINATION_4: IpAddress = IpAddress::v4(192, 168, 69, 1);
const SOURCE_6: IpAddress = IpAddress::v6(0xfd00, 1, 2, 3, 4, 5, 6, 7);
const DESTINATION_6: IpAddress = IpAddress::v6(0xfe80, 0, 0, 0, 0x1122, 0x3344, 0x5566, 0x7788);

fn octets(address: IpAddress) -> Vec<u8> {
    match address {
        IpAddress::Ipv4(address) => address.octets().into(),
        IpAddress::Ipv6(address) => address.octets().into(),
    }
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// An Ethernet frame.
fn ethernet(ethertype: u16, payload: &[u8]) -> Vec<u8> {
    join(&[
        &[0x02, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5],
        &[0x02, 0x51, 0x52, 0x53, 0x54, 0x55],
        &ethertype.to_be_bytes(),
        payload,
    ])
}

/// An IPv4 packet; `options` has a multiple of 4 bytes.
fn ipv4(protocol: u8, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let header_len = 20 + options.len();
    let total = (header_len + payload.len()) as u16;
    let mut packet = join(&[
        &[0x40 | (header_len / 4) as u8, 0x00],
        &total.to_be_bytes(),
        &[0x12, 0x34, 0x40, 0x00, 64, protocol, 0, 0],
        &octets(SOURCE_4),
        &octets(DESTINATION_4),
        options,
    ]);
    let sum = !checksum::data(&packet);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend_from_slice(payload);
    packet
}

/// An IPv6 packet.
fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    join(&[
        &[0x60, 0, 0, 0],
        &(payload.len() as u16).to_be_bytes(),
        &[next_header, 64],
        &octets(SOURCE_6),
        &octets(DESTINATION_6),
        payload,
    ])
}

/// A TCP segment; `options` has a multiple of 4 bytes. The checksum is that for these addresses.
fn tcp(source: IpAddress, destination: IpAddress, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut segment = join(&[
        &[0xab, 0xcd, 0x2e, 0xe0],                  // ports 43981 and 12000
        &[0x81, 0x82, 0x83, 0x84],                  // sequence number
        &[0x71, 0x72, 0x73, 0x74],                  // acknowledgement number
        &[((20 + options.len()) << 2) as u8, 0x18], // PSH and ACK
        &[0x61, 0x62, 0, 0, 0, 0],                  // window, checksum, urgent pointer
        options,
        payload,
    ]);
    put_sum(&mut segment, 16, source, destination, IpProtocol::Tcp);
    segment
}

/// A UDP datagram.
fn udp(payload: &[u8]) -> Vec<u8> {
    let length = (8 + payload.len()) as u16;
    join(&[
        &[0xab, 0xcd, 0x2e, 0xe0],
        &length.to_be_bytes(),
        &[0, 0],
        payload,
    ])
}

/// Puts the checksum over a pseudo header and `bytes` where it belongs.
fn put_sum(
    bytes: &mut [u8],
    at: usize,
    source: IpAddress,
    destination: IpAddress,
    protocol: IpProtocol,
) {
    bytes[at..at + 2].fill(0);
    let header = checksum::pseudo_header(&source, &destination, protocol, bytes.len() as u32);
    let sum = !checksum::combine(&[header, checksum::data(bytes)]);
    bytes[at..at + 2].copy_from_slice(&sum.to_be_bytes());
}

/// A TCP segment in a packet of each version, with and without options of both headers.
fn segments() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for tcp_options in [&[][..], &[2, 4, 5, 0xb4], &[1; 40]] {
        for ip_options in [&[][..], &[1, 1, 1, 0], &[1; 40]] {
            let segment = tcp(SOURCE_4, DESTINATION_4, tcp_options, b"text");
            all.push(ipv4(TCP, ip_options, &segment));
        }
        let segment = tcp(SOURCE_6, DESTINATION_6, tcp_options, b"text");
        all.push(ipv6(TCP, &segment));
    }
    all
}
