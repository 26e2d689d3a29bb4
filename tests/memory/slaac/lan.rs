//! A link with routers that a test plays by hand, the stack with its servers, and a client.

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{EthernetAddress, Icmpv6Packet, IpAddress, Ipv6Address};
use uppercase::{Context, Stack, tcp::Config};

use crate::common::network::{Link, Network, SERVER, change, hardware_address};
use crate::common::scene::{self, Scene};

/// The card of the routers.
pub const CARD: EthernetAddress = EthernetAddress([2, 0, 0, 0, 9, 9]);
pub const ROUTER: Ipv6Address = Ipv6Address::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x99);
pub const OTHER: Ipv6Address = Ipv6Address::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x98);
pub const NAMES: Ipv6Address = Ipv6Address::new(0xfdaa, 0, 0, 0, 0, 0, 0, 0x53);
const ALL_NODES: Ipv6Address = Ipv6Address::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
pub const HOUR: u32 = 3600;

/// The prefix of the link, which is that of the client's address, too.
pub const PREFIX: Ipv6Address = Ipv6Address::new(0xfdaa, 0, 0, 0, 0, 0, 0, 0);
pub const OTHER_PREFIX: Ipv6Address = Ipv6Address::new(0xfdbb, 0, 0, 0, 0, 0, 0, 0);

/// The address that the stack forms with a prefix (RFC 4291, appendix A).
pub fn formed(prefix: Ipv6Address) -> Ipv6Address {
    let [a, b, c, d, e, f] = hardware_address(SERVER).0;
    let mut octets = prefix.octets();
    octets[8..].copy_from_slice(&[a ^ 2, b, c, 0xff, 0xfe, d, e, f]);
    octets.into()
}

pub fn link_local() -> Ipv6Address {
    formed(Ipv6Address::new(0xfe80, 0, 0, 0, 0, 0, 0, 0))
}

/// A prefix information option.
pub fn prefix(prefix: Ipv6Address, length: u8, flags: u8, valid: u32, preferred: u32) -> Vec<u8> {
    let mut option = vec![3, 4, length, flags];
    option.extend(valid.to_be_bytes());
    option.extend(preferred.to_be_bytes());
    option.extend([0; 4]);
    option.extend(prefix.octets());
    option
}

/// On the link, and for addresses.
pub const BOTH: u8 = 0xc0;

pub fn usual(valid: u32, preferred: u32) -> Vec<u8> {
    prefix(PREFIX, 64, BOTH, valid, preferred)
}

/// A recursive DNS server option (RFC 8106, 5.1).
pub fn names(lifetime: u32, servers: &[Ipv6Address]) -> Vec<u8> {
    let mut option = vec![25, 1 + 2 * servers.len() as u8, 0, 0];
    option.extend(lifetime.to_be_bytes());
    servers
        .iter()
        .for_each(|server| option.extend(server.octets()));
    option
}

/// A router advertisement, and what may be wrong with it.
#[derive(Clone)]
pub struct Advertisement {
    pub source: Ipv6Address,
    pub destination: Ipv6Address,
    pub card: EthernetAddress,
    pub hop_limit: u8,
    pub kind: u8,
    pub code: u8,
    pub lifetime: u16,
    pub options: Vec<u8>,
    /// Added to the checksum.
    pub checksum: u16,
}

impl Advertisement {
    pub fn new(lifetime: u16, options: &[u8]) -> Self {
        Self {
            source: ROUTER,
            destination: ALL_NODES,
            card: EthernetAddress([0x33, 0x33, 0, 0, 0, 1]),
            hop_limit: 255,
            kind: 134,
            code: 0,
            lifetime,
            options: options.to_vec(),
            checksum: 0,
        }
    }

    pub fn from(self, source: Ipv6Address) -> Self {
        Self { source, ..self }
    }

    pub fn frame(&self) -> Vec<u8> {
        let mut message = vec![self.kind, self.code, 0, 0, 64, 0];
        message.extend(self.lifetime.to_be_bytes());
        message.extend([0; 8]);
        message.extend(&self.options);
        let length = message.len();
        let mut packet = Icmpv6Packet::new_unchecked(&mut message[..]);
        packet.fill_checksum(&self.source, &self.destination);
        let sum = packet.checksum().wrapping_add(self.checksum);
        message[2..4].copy_from_slice(&sum.to_be_bytes());
        let mut frame = [self.card.0, CARD.0].concat();
        frame.extend([0x86, 0xdd, 0x60, 0, 0, 0]);
        frame.extend((length as u16).to_be_bytes());
        frame.extend([58, self.hop_limit]);
        frame.extend(self.source.octets());
        frame.extend(self.destination.octets());
        frame.extend(message);
        frame
    }
}

/// A router solicitation: when it came, its source, and whether it gives the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Solicitation {
    pub at: Duration,
    pub source: Ipv6Address,
    pub card: Option<EthernetAddress>,
}

fn solicitation(frame: &[u8], at: Duration) -> Option<Solicitation> {
    let is_solicitation = frame[12..14] == [0x86, 0xdd] && frame[20] == 58 && frame[54] == 133;
    if !is_solicitation {
        return None;
    }
    let address = |at: usize| Ipv6Address::from_octets(frame[at..at + 16].try_into().expect("16"));
    let (source, destination) = (address(22), address(38));
    // RFC 4861, 4.1.
    assert_eq!(destination, Ipv6Address::new(0xff02, 0, 0, 0, 0, 0, 0, 2));
    assert_eq!(frame[..6], [0x33, 0x33, 0, 0, 0, 2], "RFC 2464, 7");
    assert_eq!(frame[21], 255);
    let message = &frame[54..];
    assert_eq!(message[1], 0);
    assert!(Icmpv6Packet::new_unchecked(message).verify_checksum(&source, &destination));
    let card = match message.len() {
        8 => None,
        16 => Some(EthernetAddress::from_bytes(&message[10..16])),
        length => panic!("{length} bytes"),
    };
    Some(Solicitation { at, source, card })
}

pub struct Lan {
    pub scene: Scene,
    pub asked: Vec<Solicitation>,
}

impl Lan {
    /// The stack has no address yet, and asks for routers.
    pub fn new() -> Self {
        let link = Link::ETHERNET_V6;
        let mut network = Network::new(link);
        let now = network.now();
        let mut context = network.server.context(now);
        for address in context.addresses().to_vec() {
            assert!(context.remove_address(&address.address()));
        }
        let config = Config::default().with_idle_timeout(None);
        let server = scene::server(&mut network, 2, 1024, config);
        let mut scene = Scene {
            link,
            network,
            server,
        };
        change(&mut scene.network.server, Stack::with_slaac);
        scene.network.to_client.capture();
        Self {
            scene,
            asked: vec![],
        }
    }

    /// With an address that has these lifetimes, and a router for an hour.
    pub fn configured(valid: u32, preferred: u32) -> Self {
        let mut lan = Self::new();
        lan.advertise(&Advertisement::new(HOUR as u16, &usual(valid, preferred)));
        lan.pass(Duration::from_secs(3));
        assert!(lan.has(formed(PREFIX)));
        lan.asked.clear();
        lan
    }

    pub fn advertise(&mut self, advertisement: &Advertisement) {
        self.scene.network.to_server.inject(&advertisement.frame());
        self.pass(Duration::from_millis(1));
    }

    pub fn context(&mut self) -> Context<'_, 'static> {
        let now = self.scene.network.now();
        self.scene.network.server.context(now)
    }

    pub fn has(&mut self, address: Ipv6Address) -> bool {
        self.context().is_own(&address.into())
    }

    pub fn router(&mut self) -> Option<Ipv6Address> {
        match self.context().gateways() {
            [] => None,
            [IpAddress::Ipv6(router)] => Some(*router),
            others => panic!("{others:?}"),
        }
    }

    pub fn now(&self) -> Duration {
        self.scene.network.now() - Instant::ZERO
    }

    #[track_caller]
    pub fn pass(&mut self, time: Duration) {
        let end = self.now() + time;
        while self.now() < end {
            let step = Duration::from_millis(100).min(end - self.now());
            self.scene.pass(step);
            let at = self.now();
            let frames = self.scene.network.to_client.captured();
            self.asked
                .extend(frames.iter().filter_map(|frame| solicitation(frame, at)));
        }
    }

    /// Lets much time pass.
    pub fn skip(&mut self, seconds: u32) {
        self.scene.pass(Duration::from_secs(seconds.into()));
    }
}
