//! Frames that an attacker sends.

use smoltcp::phy::{ChecksumCapabilities, Medium};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol,
    EthernetRepr, Icmpv6Packet, Icmpv6Repr, IpAddress, IpEndpoint, IpProtocol, IpRepr, NdiscRepr,
    TcpControl, TcpRepr, TcpSeqNumber,
};
use uppercase::simulation::{Lane, Random, Turn};

use super::common::frames::{segment, tcp};
use super::common::network::{Link, SERVER};
use super::world::{CLIENTS, address, hardware};

/// `burst` frames a millisecond.
pub struct Flood {
    lane: Lane,
    burst: usize,
    next: Instant,
    until: Instant,
    random: Random,
    make: fn(Link, &mut Random) -> Vec<u8>,
    link: Link,
    pub sent: usize,
}

const STEP: Duration = Duration::from_millis(1);

impl Flood {
    pub fn new(
        link: Link,
        lane: &Lane,
        per_second: usize,
        until: Instant,
        make: fn(Link, &mut Random) -> Vec<u8>,
    ) -> Self {
        Self {
            lane: lane.clone(),
            burst: per_second / 1000,
            next: Instant::ZERO,
            until,
            random: Random::new(7),
            make,
            link,
            sent: 0,
        }
    }

    pub fn poll(&mut self, turn: &mut Turn) {
        while self.next < self.until && self.next <= turn.now {
            for _ in 0..self.burst {
                self.lane.inject(&(self.make)(self.link, &mut self.random));
            }
            self.sent += self.burst;
            self.next += STEP;
        }
        turn.wake_in((self.next < self.until).then(|| self.next - turn.now));
    }
}

/// The number of a host that does not exist on the link: none of the first 1000.
fn nobody(random: &mut Random) -> u16 {
    1000 + random.below(20_000) as u16
}

/// Has a frame come from this card.
fn from_card(link: Link, mut frame: Vec<u8>, card: EthernetAddress) -> Vec<u8> {
    if link.medium == Medium::Ethernet {
        EthernetFrame::new_unchecked(&mut frame[..]).set_src_addr(card);
    }
    frame
}

/// A connection request from somewhere in the world, by way of the gateway.
pub fn far_syn(link: Link, random: &mut Random) -> Vec<u8> {
    let number = random.next_u64().to_be_bytes();
    let far = if link.ipv6 {
        let pair = |at| u16::from_be_bytes([number[at], number[at + 1]]);
        IpAddress::v6(0x2001, 0xdb8, 0, 0, pair(0), pair(2), pair(4), pair(6))
    } else {
        // 96.0.0.0 to 111.255.255.255.
        IpAddress::v4(96 | number[0] & 15, number[1], number[2], number[3])
    };
    let frame = syn(
        link,
        IpEndpoint::new(far, 1024 + random.below(60_000) as u16),
        random,
    );
    from_card(link, frame, hardware(CLIENTS.into()))
}

/// A connection request from an address on the link that no host has.
pub fn near_syn(link: Link, random: &mut Random) -> Vec<u8> {
    let host = nobody(random);
    let from = IpEndpoint::new(address(link, host), 1024 + random.below(60_000) as u16);
    from_card(link, syn(link, from, random), hardware(host))
}

/// A connection request to the server.
pub fn syn(link: Link, from: IpEndpoint, random: &mut Random) -> Vec<u8> {
    syn_to(link, from, link.server(), random)
}

pub fn syn_to(link: Link, from: IpEndpoint, to: IpEndpoint, random: &mut Random) -> Vec<u8> {
    let request = TcpRepr {
        control: TcpControl::Syn,
        seq_number: TcpSeqNumber(random.next_u64() as i32),
        max_seg_size: Some(1460),
        ..segment(from, to)
    };
    tcp(link, from.addr, to.addr, &request)
}

/// A datagram from an address on the link that no host has.
pub fn near_datagram(link: Link, random: &mut Random) -> Vec<u8> {
    let host = nobody(random);
    let from = IpEndpoint::new(address(link, host), 40_000);
    let frame = super::common::frames::udp(link, from, link.server(), b"catch me");
    from_card(link, frame, hardware(host))
}

/// A question for the server's hardware address (ARP, neighbor discovery), from no host.
pub fn question(link: Link, random: &mut Random) -> Vec<u8> {
    question_from(link, nobody(random))
}

/// `host` asks for the server's hardware address.
pub fn question_from(link: Link, host: u16) -> Vec<u8> {
    let (source, own) = (address(link, host), address(link, SERVER.into()));
    let mut frame = vec![0; 14 + 40 + 32];
    let header = |ethertype, dst_addr| EthernetRepr {
        src_addr: hardware(host),
        dst_addr,
        ethertype,
    };
    match (source, own) {
        (IpAddress::Ipv4(source), IpAddress::Ipv4(own)) => {
            let mut ethernet = EthernetFrame::new_unchecked(&mut frame[..]);
            header(EthernetProtocol::Arp, EthernetAddress::BROADCAST).emit(&mut ethernet);
            let message = ArpRepr::EthernetIpv4 {
                operation: ArpOperation::Request,
                source_hardware_addr: hardware(host),
                source_protocol_addr: source,
                target_hardware_addr: EthernetAddress([0; 6]),
                target_protocol_addr: own,
            };
            message.emit(&mut ArpPacket::new_unchecked(ethernet.payload_mut()));
            frame.truncate(14 + message.buffer_len());
        }
        (IpAddress::Ipv6(source6), IpAddress::Ipv6(own6)) => {
            let mut ethernet = EthernetFrame::new_unchecked(&mut frame[..]);
            header(EthernetProtocol::Ipv6, hardware(SERVER.into())).emit(&mut ethernet);
            let message = Icmpv6Repr::Ndisc(NdiscRepr::NeighborSolicit {
                target_addr: own6,
                lladdr: Some(hardware(host).into()),
            });
            let packet = IpRepr::new(source, own, IpProtocol::Icmpv6, message.buffer_len(), 255);
            let checksums = ChecksumCapabilities::default();
            packet.emit(ethernet.payload_mut(), &checksums);
            let payload = &mut ethernet.payload_mut()[packet.header_len()..];
            let mut payload = Icmpv6Packet::new_unchecked(&mut payload[..message.buffer_len()]);
            message.emit(&source6, &own6, &mut payload, &checksums);
            frame.truncate(14 + packet.buffer_len());
        }
        _ => unreachable!("both are of the link's IP version"),
    }
    frame
}
