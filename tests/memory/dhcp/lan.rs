//! A link with a DHCP server of the tests' own, the stack with its servers, and a client.

use std::fmt::Debug;

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{
    EthernetAddress, EthernetFrame, EthernetProtocol, IpEndpoint, IpProtocol, Ipv4Address,
    Ipv4Packet, UdpPacket,
};
use uppercase::dhcp::Event;
use uppercase::tcp::Config;
use uppercase::{Context, Stack};

use crate::common::frames;
use crate::common::network::{Link, Network, SERVER, change, hardware_address};
use crate::common::scene::Scene;

pub const DISCOVER: u8 = 1;
pub const OFFER: u8 = 2;
pub const REQUEST: u8 = 3;
pub const DECLINE: u8 = 4;
pub const ACK: u8 = 5;
pub const NAK: u8 = 6;

/// The card of the DHCP server.
pub const CARD: EthernetAddress = EthernetAddress([2, 0, 0, 0, 6, 7]);
pub const DHCP: Ipv4Address = Ipv4Address::new(192, 168, 69, 67);
pub const ROUTER: Ipv4Address = Ipv4Address::new(192, 168, 69, 254);
pub const NAMES: Ipv4Address = Ipv4Address::new(192, 168, 69, 53);
/// The first address that it gives.
pub const GIVEN: Ipv4Address = Ipv4Address::new(192, 168, 69, 50);
/// How far the clock goes before the server sees what was sent.
const STEP: Duration = Duration::from_millis(20);

/// A message of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub at: Duration,
    pub kind: u8,
    pub transaction: u32,
    pub seconds: u16,
    pub client: Ipv4Address,
    pub hardware: EthernetAddress,
    pub requested: Option<Ipv4Address>,
    pub server: Option<Ipv4Address>,
    pub identifier: Option<Vec<u8>>,
    pub parameters: Option<Vec<u8>>,
    pub source: Ipv4Address,
    pub destination: Ipv4Address,
    pub card: EthernetAddress,
    pub length: usize,
}

impl Seen {
    /// The message in a frame, of which all checksums must be right.
    pub fn parse(frame: &[u8], at: Duration) -> Option<Self> {
        let frame = EthernetFrame::new_checked(frame).ok()?;
        let is_ipv4 = frame.ethertype() == EthernetProtocol::Ipv4;
        let packet = Ipv4Packet::new_checked(frame.payload())
            .ok()
            .filter(|_| is_ipv4)?;
        let is_datagram = packet.next_header() == IpProtocol::Udp;
        let datagram = UdpPacket::new_checked(packet.payload())
            .ok()
            .filter(|_| is_datagram)?;
        if (datagram.src_port(), datagram.dst_port()) != (68, 67) {
            return None;
        }
        assert!(packet.verify_checksum());
        let (source, destination) = (packet.src_addr(), packet.dst_addr());
        assert!(datagram.verify_checksum(&source.into(), &destination.into()));
        let message = datagram.payload();
        let word = |at: usize| u32::from_be_bytes(message[at..at + 4].try_into().expect("4"));
        assert_eq!(message[..4], [1, 1, 6, 0], "a request from Ethernet");
        assert_eq!(message[236..240], [99, 130, 83, 99], "the magic cookie");
        // 'flags', and what only servers fill in.
        assert_eq!((message[10], message[11]), (0, 0));
        assert!(message[16..28].iter().all(|byte| *byte == 0));
        let mut seen = Self {
            at,
            kind: 0,
            transaction: word(4),
            seconds: u16::from_be_bytes([message[8], message[9]]),
            client: Ipv4Address::from_bits(word(12)),
            hardware: EthernetAddress::from_bytes(&message[28..34]),
            requested: None,
            server: None,
            identifier: None,
            parameters: None,
            source,
            destination,
            card: frame.dst_addr(),
            length: message.len(),
        };
        let mut options = &message[240..];
        loop {
            let (code, length) = (options[0], usize::from(options[1]));
            if code == 255 {
                assert!(options[1..].iter().all(|byte| *byte == 0), "padding");
                break;
            }
            let value = &options[2..2 + length];
            let address = || Ipv4Address::from_octets(value.try_into().expect("an address"));
            match code {
                50 => seen.requested = Some(address()),
                53 => seen.kind = value[0],
                54 => seen.server = Some(address()),
                55 => seen.parameters = Some(value.to_vec()),
                61 => seen.identifier = Some(value.to_vec()),
                other => panic!("option {other}"),
            }
            options = &options[2 + length..];
        }
        Some(seen)
    }
}

/// A reply of the server, which a test may change before it is sent.
#[derive(Clone, Debug)]
pub struct Reply {
    pub operation: u8,
    pub kind: u8,
    pub transaction: u32,
    pub hardware: EthernetAddress,
    pub address: Ipv4Address,
    pub server: Option<Ipv4Address>,
    pub lease: Option<u32>,
    pub renewal: Option<u32>,
    pub rebinding: Option<u32>,
    pub mask: Option<Ipv4Address>,
    pub router: Option<Ipv4Address>,
    pub names: Vec<Ipv4Address>,
    pub ports: (u16, u16),
    /// Where the packet and the frame go.
    pub destination: Ipv4Address,
    pub card: EthernetAddress,
    pub cookie: [u8; 4],
}

impl Reply {
    pub fn frame(&self) -> Vec<u8> {
        let mut message = vec![0; 240];
        message[..3].copy_from_slice(&[self.operation, 1, 6]);
        message[4..8].copy_from_slice(&self.transaction.to_be_bytes());
        message[16..20].copy_from_slice(&self.address.octets());
        message[28..34].copy_from_slice(&self.hardware.0);
        message[236..].copy_from_slice(&self.cookie);
        let mut put = |code: u8, value: &[u8]| {
            message.extend([code, value.len() as u8]);
            message.extend(value);
        };
        put(53, &[self.kind]);
        for (code, address) in [(54, self.server), (1, self.mask), (3, self.router)] {
            if let Some(address) = address {
                put(code, &address.octets());
            }
        }
        for (code, number) in [(51, self.lease), (58, self.renewal), (59, self.rebinding)] {
            if let Some(number) = number {
                put(code, &number.to_be_bytes());
            }
        }
        let names: Vec<_> = self.names.iter().flat_map(|name| name.octets()).collect();
        if !names.is_empty() {
            put(6, &names);
        }
        message.push(255);
        let from = IpEndpoint::new(DHCP.into(), self.ports.0);
        let to = IpEndpoint::new(self.destination.into(), self.ports.1);
        let mut frame = frames::udp(Link::ETHERNET_V4, from, to, &message);
        frame[..12].copy_from_slice(&[self.card.0, CARD.0].concat());
        frame
    }
}

/// What the server does.
#[derive(Clone, Debug)]
pub struct Dhcp {
    pub is_there: bool,
    /// What it gives next.
    pub address: Ipv4Address,
    /// In seconds.
    pub lease: u32,
    /// It refuses what it is asked for.
    pub refuses: bool,
    /// Messages of the client that it does not see, and its own that are lost.
    pub unseen: usize,
    pub lost: usize,
    /// It sends each message twice.
    pub twice: bool,
}

pub struct Lan {
    pub scene: Scene,
    pub dhcp: Dhcp,
    pub seen: Vec<Seen>,
    pub events: Vec<Event>,
    /// Changes each reply.
    pub change: fn(&mut Reply),
}

impl Lan {
    /// The stack has no address yet, and asks for one.
    pub fn new() -> Self {
        Self::with_seed(1)
    }

    pub fn with_seed(seed: u64) -> Self {
        let link = Link::ETHERNET_V4;
        let mut network = Network::with_seed(link, seed);
        let address = link.address(SERVER);
        let now = network.now();
        assert!(network.server.context(now).remove_address(&address));
        let config = Config::default().with_idle_timeout(None);
        let server = crate::common::scene::server(&mut network, 2, 1024, config);
        let mut scene = Scene {
            link,
            network,
            server,
        };
        change(&mut scene.network.server, Stack::with_dhcp);
        scene.network.to_client.capture();
        Self {
            scene,
            dhcp: Dhcp {
                is_there: true,
                address: GIVEN,
                lease: 3600,
                refuses: false,
                unseen: 0,
                lost: 0,
                twice: false,
            },
            seen: vec![],
            events: vec![],
            change: |_| {},
        }
    }

    /// With an address, obtained a moment ago.
    pub fn bound(lease: u32) -> Self {
        let mut lan = Self::new();
        lan.dhcp.lease = lease;
        lan.pass(Duration::from_secs(1));
        assert!(lan.has(GIVEN));
        assert_eq!(lan.take_events(), [Event::Obtained(GIVEN)]);
        lan.seen.clear();
        lan
    }

    pub fn context(&mut self) -> Context<'_, 'static> {
        let now = self.scene.network.now();
        self.scene.network.server.context(now)
    }

    pub fn has(&mut self, address: Ipv4Address) -> bool {
        self.context().is_own(&address.into())
    }

    pub fn now(&self) -> Duration {
        self.scene.network.now() - Instant::ZERO
    }

    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The kinds of the messages that the client has sent since this was asked last.
    pub fn take_kinds(&mut self) -> Vec<u8> {
        let seen = std::mem::take(&mut self.seen);
        seen.iter().map(|seen| seen.kind).collect()
    }

    /// Lets time pass, while the server answers.
    #[track_caller]
    pub fn pass(&mut self, time: Duration) {
        let end = self.now() + time;
        while self.now() < end {
            self.scene.pass(STEP.min(end - self.now()));
            self.work();
        }
    }

    fn work(&mut self) {
        let event = self.context().take_dhcp_event();
        self.events.extend(event);
        let at = self.now();
        for frame in self.scene.network.to_client.captured() {
            let Some(seen) = Seen::parse(&frame, at) else {
                continue;
            };
            self.seen.push(seen.clone());
            if !self.dhcp.is_there {
                continue;
            }
            if self.dhcp.unseen > 0 {
                self.dhcp.unseen -= 1;
                continue;
            }
            let Some(reply) = self.answer(&seen) else {
                continue;
            };
            if self.dhcp.lost > 0 {
                self.dhcp.lost -= 1;
                continue;
            }
            let frame = reply.frame();
            for _ in 0..1 + usize::from(self.dhcp.twice) {
                self.scene.network.to_server.inject(&frame);
            }
        }
    }

    /// What the server answers.
    pub fn answer(&self, seen: &Seen) -> Option<Reply> {
        let mut reply = self.reply(seen);
        reply.kind = match seen.kind {
            DISCOVER => OFFER,
            REQUEST if seen.server.is_some_and(|server| server != DHCP) => return None,
            REQUEST if self.dhcp.refuses || reply.address != self.dhcp.address => NAK,
            REQUEST => ACK,
            _ => return None,
        };
        if reply.kind == NAK {
            (reply.address, reply.lease) = (Ipv4Address::UNSPECIFIED, None);
            reply.destination = Ipv4Address::BROADCAST;
            reply.card = EthernetAddress::BROADCAST;
        }
        (self.change)(&mut reply);
        Some(reply)
    }

    pub fn reply(&self, seen: &Seen) -> Reply {
        let has_address = !seen.client.is_unspecified();
        let asked = if has_address {
            Some(seen.client)
        } else {
            seen.requested
        };
        let address = asked.unwrap_or(self.dhcp.address);
        Reply {
            operation: 2,
            kind: OFFER,
            transaction: seen.transaction,
            hardware: seen.hardware,
            address,
            server: Some(DHCP),
            lease: Some(self.dhcp.lease),
            renewal: None,
            rebinding: None,
            mask: Some(Ipv4Address::new(255, 255, 255, 0)),
            router: Some(ROUTER),
            names: vec![NAMES],
            ports: (67, 68),
            destination: address,
            card: seen.hardware,
            cookie: [99, 130, 83, 99],
        }
    }

    pub fn send(&mut self, reply: &Reply) {
        self.scene.network.to_server.inject(&reply.frame());
    }
}

/// Fails unless two durations differ by less than this.
#[track_caller]
pub fn assert_near(one: Duration, other: Duration, slack: Duration) {
    let apart = if one > other {
        one - other
    } else {
        other - one
    };
    assert!(apart <= slack, "{one} and {other}");
}

/// Fails unless something is between two bounds.
#[track_caller]
pub fn assert_within<T: PartialOrd + Debug>(least: T, value: T, most: T) {
    assert!(
        least <= value && value <= most,
        "{least:?} <= {value:?} <= {most:?}"
    );
}

/// The card of the client.
pub fn own_card() -> EthernetAddress {
    hardware_address(SERVER)
}
