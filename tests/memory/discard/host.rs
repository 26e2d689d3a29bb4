//! A host that serves TCP and UDP, and all that it sends when a packet arrives.

use smoltcp::phy::Medium;
use smoltcp::wire::{
    EthernetAddress, EthernetFrame, IpAddress, IpEndpoint, IpProtocol, TcpControl,
};
use uppercase::stack::Counters;
use uppercase::{PORT, tcp, udp};

use super::common::Text;
use super::common::ask;
use super::common::chance::repair;
use super::common::frames::{self, packet, segment};
use super::common::network::{CLIENT, Link, SECOND, SERVER};
use super::common::scene::Scene;

/// A port that is not served.
pub const CLOSED: u16 = 9;

/// A protocol that smoltcp does not know.
pub const UNKNOWN: IpProtocol = IpProtocol::Unknown(253);

pub struct Host {
    pub link: Link,
    pub scene: Scene,
    datagrams: udp::Server<'static, Text>,
}

impl Host {
    pub fn new(link: Link) -> Self {
        let mut scene = Scene::new(link, 2, tcp::Config::default());
        scene.expect_service();
        let datagrams = ask::server(&mut scene.network, 128, 4);
        scene.network.to_client.capture();
        // The client's host would answer what it is sent.
        scene.network.to_client.cut();
        Self {
            link,
            scene,
            datagrams,
        }
    }

    pub fn counters(&self) -> Counters {
        self.scene.network.server.counters()
    }

    /// The IP packets that leave after this frame has arrived, at once.
    pub fn answers(&mut self, frame: &[u8]) -> Vec<Vec<u8>> {
        let Self {
            link,
            scene,
            datagrams,
        } = self;
        scene.network.to_server.inject(frame);
        let servers: &mut [&mut dyn super::common::network::Actor] =
            &mut [&mut scene.server, datagrams];
        scene.network.settle(servers, &mut []);
        let sent = scene.network.to_client.captured();
        let packets = sent.iter().filter_map(|frame| packet(*link, frame));
        packets.map(<[u8]>::to_vec).collect()
    }

    /// Fails if anything is answered, or another counter changes than the one that is named.
    #[track_caller]
    pub fn expect_discarded(&mut self, what: &str, frame: &[u8], counter: fn(&Counters) -> u32) {
        let (before, link) = (self.counters(), self.link);
        let answers = self.answers(frame);
        assert!(answers.is_empty(), "{link:?}, {what}: {answers:?}");
        let after = self.counters();
        let counted = counter(&after) - counter(&before);
        assert_eq!(counted, 1, "{link:?}, {what}: {before:?} {after:?}");
    }

    /// Lets so much time pass that errors may be sent again.
    pub fn rest(&mut self) {
        self.scene.pass(SECOND);
        self.scene.network.to_client.captured();
    }

    pub fn own(&self) -> IpAddress {
        self.link.address(SERVER)
    }

    pub fn peer(&self) -> IpEndpoint {
        IpEndpoint::new(self.link.address(CLIENT), 40_000)
    }

    /// One packet of each kind that a host answers: what it is, and its frame.
    pub fn questions(&self, from: IpAddress, to: IpAddress) -> Vec<(&'static str, Vec<u8>)> {
        let (link, source) = (self.link, IpEndpoint::new(from, 40_000));
        let syn = |port| {
            let mut syn = segment(source, IpEndpoint::new(to, port));
            syn.control = TcpControl::Syn;
            frames::tcp(link, from, to, &syn)
        };
        let datagram = |port| frames::udp(link, source, IpEndpoint::new(to, port), b"text");
        vec![
            ("SYN", syn(PORT)),
            ("SYN to a closed port", syn(CLOSED)),
            ("datagram", datagram(PORT)),
            ("datagram to a closed port", datagram(CLOSED)),
            ("echo request", echo(link, from, to)),
            ("unknown protocol", unknown(link, from, to)),
        ]
    }
}

/// An echo request.
pub fn echo(link: Link, from: IpAddress, to: IpAddress) -> Vec<u8> {
    let (protocol, kind) = match link.ipv6 {
        true => (IpProtocol::Icmpv6, 128),
        false => (IpProtocol::Icmp, 8),
    };
    icmp(
        link,
        from,
        to,
        protocol,
        &[kind, 0, 0, 0, 0, 1, 0, 1, 1, 2, 3, 4],
    )
}

/// A message of ICMP, of which the checksum is made right.
pub fn icmp(
    link: Link,
    from: IpAddress,
    to: IpAddress,
    protocol: IpProtocol,
    message: &[u8],
) -> Vec<u8> {
    let mut frame = frames::ip(link, from, to, protocol, message.len(), |payload| {
        payload.copy_from_slice(message);
    });
    repair(link, &mut frame);
    frame
}

/// A packet of a protocol that the host does not know.
pub fn unknown(link: Link, from: IpAddress, to: IpAddress) -> Vec<u8> {
    frames::ip(link, from, to, UNKNOWN, 32, |payload| payload.fill(7))
}

/// The same packet in a frame to another card.
pub fn to_card(link: Link, frame: &[u8], card: [u8; 6]) -> Vec<u8> {
    assert_eq!(link.medium, Medium::Ethernet);
    let mut frame = frame.to_vec();
    EthernetFrame::new_unchecked(&mut frame[..]).set_dst_addr(EthernetAddress(card));
    frame
}

/// The protocol of an IP packet, and its first byte behind the header.
pub fn kind(link: Link, packet: &[u8]) -> (u8, u8) {
    match link.ipv6 {
        true => (packet[6], packet[40]),
        false => (packet[9], packet[20]),
    }
}

/// Whether a packet is an ICMP error.
pub fn is_error(link: Link, packet: &[u8]) -> bool {
    match kind(link, packet) {
        (58, kind) => link.ipv6 && kind < 128,
        (1, kind) => !link.ipv6 && [3, 4, 5, 11, 12].contains(&kind),
        _ => false,
    }
}

/// Addresses of groups that the host is in.
pub fn groups(link: Link) -> Vec<IpAddress> {
    match link.ipv6 {
        true => vec![
            IpAddress::v6(0xff02, 0, 0, 0, 0, 0, 0, 1),
            IpAddress::v6(0xff02, 0, 0, 0, 0, 1, 0xff00, SERVER.into()),
            IpAddress::v6(0xff0e, 0, 0, 0, 0, 0, 0, 0x1234),
        ],
        false => vec![
            IpAddress::v4(255, 255, 255, 255),
            IpAddress::v4(192, 168, 69, 255),
            IpAddress::v4(224, 0, 0, 1),
            IpAddress::v4(239, 1, 2, 3),
        ],
    }
}
