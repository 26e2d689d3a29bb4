//! Datagrams, whole and in fragments, as frames.

use smoltcp::phy::Medium;
use smoltcp::wire::{
    EthernetFrame, EthernetProtocol, IpAddress, IpProtocol, Ipv4Address, Ipv4Packet, UdpPacket,
    UdpRepr,
};
#[cfg(feature = "ipv6")]
use smoltcp::wire::{Ipv6Address, Ipv6FragmentHeader, Ipv6FragmentRepr, Ipv6Packet};

#[cfg(feature = "ipv6")]
use super::plain_host::ipv6;
use super::plain_host::{PORT, ipv4, text};
use super::{MEDIA, OURS, PEER, VERSIONS};

pub fn address(version: u8, host: u8) -> IpAddress {
    match version {
        4 => ipv4(host),
        #[cfg(feature = "ipv6")]
        6 => ipv6(host),
        _ => panic!("IP version {version}"),
    }
}

/// One datagram on its way from one host to another, as a rule from host 2 to host 1.
#[derive(Clone, Copy)]
pub struct Datagram {
    pub version: u8,
    pub medium: Medium,
    pub hosts: (u8, u8),
    pub hop_limit: u8,
    pub identification: u16,
    pub protocol: IpProtocol,
}

impl Datagram {
    pub fn new(version: u8, medium: Medium) -> Self {
        let (identification, protocol) = (7, IpProtocol::Udp);
        Self {
            version,
            medium,
            hosts: (2, 1),
            hop_limit: 61,
            identification,
            protocol,
        }
    }

    pub fn numbered(self, identification: u16) -> Self {
        Self {
            identification,
            ..self
        }
    }

    fn frame(self, packet: &[u8]) -> Vec<u8> {
        if self.medium == Medium::Ip {
            return packet.to_vec();
        }
        let mut frame = vec![0; 14 + packet.len()];
        let mut ethernet = EthernetFrame::new_unchecked(&mut frame[..]);
        ethernet.set_src_addr(PEER);
        ethernet.set_dst_addr(OURS);
        let four = self.version == 4;
        ethernet.set_ethertype(if four {
            EthernetProtocol::Ipv4
        } else {
            EthernetProtocol::Ipv6
        });
        ethernet.payload_mut().copy_from_slice(packet);
        frame
    }

    pub fn ipv4(self, options: &[u8], offset: usize, more: bool, data: &[u8]) -> Vec<u8> {
        let header = 20 + options.len();
        let mut bytes = [&vec![0; 20][..], options, data].concat();
        let mut packet = Ipv4Packet::new_unchecked(&mut bytes[..]);
        packet.set_version(4);
        packet.set_header_len(header as u8);
        packet.set_total_len((header + data.len()) as u16);
        packet.set_ident(self.identification);
        packet.set_more_frags(more);
        packet.set_frag_offset(offset as u16);
        packet.set_hop_limit(self.hop_limit);
        packet.set_next_header(self.protocol);
        packet.set_src_addr(Ipv4Address::new(192, 0, 2, self.hosts.0));
        packet.set_dst_addr(Ipv4Address::new(192, 0, 2, self.hosts.1));
        packet.fill_checksum();
        self.frame(&bytes)
    }

    #[cfg(feature = "ipv6")]
    pub fn ipv6(self, next_header: IpProtocol, data: &[u8]) -> Vec<u8> {
        let mut bytes = [&[0; 40][..], data].concat();
        let mut packet = Ipv6Packet::new_unchecked(&mut bytes[..]);
        packet.set_version(6);
        packet.set_payload_len(data.len() as u16);
        packet.set_next_header(next_header);
        packet.set_hop_limit(self.hop_limit);
        let address = |host: u8| Ipv6Address::new(0xfd00, 0, 0, 0, 0, 0, 0, host.into());
        packet.set_src_addr(address(self.hosts.0));
        packet.set_dst_addr(address(self.hosts.1));
        self.frame(&bytes)
    }

    pub fn whole(self, data: &[u8]) -> Vec<u8> {
        match self.version {
            4 => self.ipv4(&[], 0, false, data),
            #[cfg(feature = "ipv6")]
            _ => self.ipv6(self.protocol, data),
            #[cfg(not(feature = "ipv6"))]
            _ => panic!(),
        }
    }

    pub fn fragment(self, offset: usize, more: bool, data: &[u8]) -> Vec<u8> {
        match self.version {
            4 => self.ipv4(&[], offset, more, data),
            #[cfg(feature = "ipv6")]
            _ => {
                let mut header = [u8::from(self.protocol), 0, 0, 0, 0, 0, 0, 0];
                let frag_offset = (offset / 8) as u16;
                let ident = self.identification.into();
                Ipv6FragmentRepr {
                    frag_offset,
                    more_frags: more,
                    ident,
                }
                .emit(&mut Ipv6FragmentHeader::new_unchecked(&mut header[2..]));
                self.ipv6(IpProtocol::Ipv6Frag, &[&header[..], data].concat())
            }
            #[cfg(not(feature = "ipv6"))]
            _ => panic!(),
        }
    }

    pub fn fragments(self, data: &[u8], size: usize) -> Vec<Vec<u8>> {
        let last = data.len().div_ceil(size) - 1;
        let parts = data.chunks(size).enumerate();
        parts
            .map(|(index, part)| self.fragment(index * size, index < last, part))
            .collect()
    }
}

/// A UDP datagram with a payload of `length` bytes and the right checksum.
pub fn udp(version: u8, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; 8 + length];
    UdpRepr {
        src_port: 50_000,
        dst_port: PORT,
    }
    .emit(
        &mut UdpPacket::new_unchecked(&mut bytes[..]),
        &address(version, 2),
        &address(version, 1),
        length,
        |payload| payload.copy_from_slice(&text(length)),
        &Default::default(),
    );
    bytes
}

pub fn permutations(of: usize) -> Vec<Vec<usize>> {
    if of == 0 {
        return vec![vec![]];
    }
    let smaller = permutations(of - 1).into_iter();
    let longer = |order: Vec<usize>| {
        (0..of).map(move |place| {
            let mut order = order.clone();
            order.insert(place, of - 1);
            order
        })
    };
    smaller.flat_map(longer).collect()
}

pub fn everywhere(test: impl Fn(Datagram)) {
    for medium in MEDIA {
        for version in VERSIONS {
            test(Datagram::new(*version, medium));
        }
    }
}
