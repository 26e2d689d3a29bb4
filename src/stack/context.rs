use core::num::NonZeroU64;

use heapless::Vec;
use smoltcp::config::IFACE_MAX_ROUTE_COUNT;
use smoltcp::iface::{self, Interface};
use smoltcp::phy::{DeviceCapabilities, Medium};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, EthernetFrame, IpAddress, IpCidr, IpProtocol, IpVersion};

use super::admission::{Admission, Decision};
use super::bare::Bare;
use super::cookies::Cookies;
use super::counters::{Counters, count};
use super::door::Sent;
use super::frame::Frame;
use super::made_up::MadeUp;
use super::neighbors::Neighbors;
#[cfg(feature = "client")]
use super::observer::Observer;
use super::segments::{fits, is_stuck};
use super::steering::{Sets, Steering};
use super::{Config, Sockets};

/// What a service works with: the time, the sockets, and what the stack knows about its link.
pub struct Context<'c, 'a> {
    /// The time of this poll.
    pub now: Instant,
    /// All sockets of the stack.
    pub sockets: &'c mut Sockets<'a>,
    /// smoltcp's own context, which some calls of its sockets ask for.
    pub interface: &'c mut iface::Context,
    pub(super) link: &'c mut Link<'a>,
}

impl Context<'_, '_> {
    /// The largest IP packet that the link carries, in bytes.
    pub fn ip_mtu(&self) -> usize {
        self.link.ip_mtu
    }

    /// Whether `address` is one of the stack's own.
    pub fn is_own(&self, address: &IpAddress) -> bool {
        self.link.is_own(address)
    }

    /// A port out of those that are nobody's (49152 to 65535, RFC 6335), for a client: never one
    /// of the 2000 before it, and not to be told beforehand (RFC 6056, 3.3.5).
    pub fn ephemeral_port(&mut self) -> u16 {
        let step = 1 + (self.link.random() >> 61) as u16;
        self.link.port = self.link.port.wrapping_add(step);
        0xc000 | self.link.port
    }

    /// Has everything that can be transmitted transmitted, and the services called again, before
    /// the next frame is received.
    pub fn transmit_first(&mut self) {
        self.link.transmit_first = true;
    }

    /// Says that a service is about to answer `address`, whose frame has just arrived: the answer
    /// goes where the frame came from, and waits for nobody to say where that is.
    ///
    /// Does nothing if the latest frame came from another address.
    pub fn answer(&mut self, address: &IpAddress) {
        if let Some(next_hop) = self.link.next_hop(address) {
            self.link.neighbors.answer(*address, next_hop, self.now);
        }
    }

    /// Says that the server on `port` has no place for another connection at the moment: until the
    /// services are called again, requests are not refused, but wait or are dropped.
    ///
    /// Returns whether a client waits that is known to be there. Who has not confirmed its
    /// connection for a while may make room for it.
    ///
    /// A stack has four servers at most that say this or [`admit`](Self::admit) clients; requests
    /// for a fifth are refused.
    pub fn busy(&mut self, port: u16) -> bool {
        self.link.admission.busy(port, self.now)
    }

    /// Says that a socket listens on `port`: whoever has waited longest is handed over to it, and
    /// the services are called again.
    pub fn admit(&mut self, port: u16) {
        self.link.admission.admit(port, self.now);
    }

    /// Says that nobody serves `port` any more: whoever asks for it from now on is refused, and
    /// those who wait when they ask again.
    pub fn gone(&mut self, port: u16) {
        self.link.admission.gone(port);
    }

    /// Who a packet to `address` is handed to: the host itself if it is on the link, else a
    /// gateway; `None` if there is no way to it.
    pub fn next_hop(&self, address: &IpAddress) -> Option<IpAddress> {
        self.link.next_hop(address)
    }

    /// Whether `address` can be that of one host: it is neither unspecified nor that of a group.
    #[cfg(feature = "client")]
    pub(crate) fn is_one_host(&self, address: &IpAddress) -> bool {
        self.link.is_one_host(address)
    }

    /// The address of ours from which a packet to `address` is sent; `None` if we have none of
    /// its IP version.
    #[cfg(feature = "client")]
    pub(crate) fn source_for(&self, address: &IpAddress) -> Option<IpAddress> {
        self.link.source_for(address)
    }

    /// Whether the host that a packet to `address` is handed to does not answer when it is asked
    /// for its hardware address.
    #[cfg(feature = "client")]
    pub(crate) fn is_silent(&self, address: &IpAddress) -> bool {
        let next_hop = self.next_hop(address);
        next_hop.is_some_and(|next_hop| self.link.observer.is_silent(&next_hop))
    }

    #[cfg(feature = "client")]
    pub(crate) fn observer(&mut self) -> &mut Observer {
        &mut self.link.observer
    }
}

/// What is made up of a segment.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// A reminder of the window.
    Reminder,
    /// Its acknowledgement and window, without text and close.
    Headers,
    /// What smoltcp, which has been given it, did not use.
    Rest,
    /// Nothing but a window, after a [`Reminder`](Self::Reminder).
    Window(u16),
}

/// What does not change while a stack lives, and what has to be remembered between two polls.
pub(super) struct Link<'a> {
    ip_mtu: usize,
    pub(super) medium: Medium,
    /// The card's, on Ethernet.
    hardware: EthernetAddress,
    gateways: Vec<IpAddress, IFACE_MAX_ROUTE_COUNT>,
    random: NonZeroU64,
    /// The latest ephemeral port, of which only the low 14 bits count.
    port: u16,
    pub(super) transmit_first: bool,
    pub(super) neighbors: Neighbors,
    pub(super) admission: Admission<'a>,
    pub(super) counters: Counters,
    pub(super) sent: Sent,
    #[cfg(feature = "client")]
    pub(super) observer: Observer,
}

impl Link<'_> {
    pub(super) fn new(
        capabilities: &DeviceCapabilities,
        interface: &Interface,
        config: &Config<'_>,
    ) -> Self {
        let mut link = Self {
            ip_mtu: capabilities.ip_mtu(),
            medium: capabilities.medium,
            hardware: config.hardware_address,
            gateways: config.gateways.iter().copied().collect(),
            random: NonZeroU64::new(config.random_seed).unwrap_or(NonZeroU64::MAX),
            port: 0,
            transmit_first: false,
            neighbors: Neighbors::new(),
            admission: Admission::new(&capabilities.checksum, Cookies::new(config, capabilities)),
            counters: Counters::default(),
            sent: Sent::new(capabilities, interface.ip_addrs()),
            #[cfg(feature = "client")]
            observer: Observer::new(),
        };
        link.port = (link.random() >> 48) as u16;
        link
    }

    /// The next 64 bits of the generator xorshift64*, of which the high ones are the better.
    fn random(&mut self) -> u64 {
        let mut x = self.random.get();
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        // The three steps are invertible, so what was not zero does not become zero.
        self.random = NonZeroU64::new(x).unwrap_or(NonZeroU64::MAX);
        x.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Looks at a frame that has arrived, and decides what becomes of it.
    #[inline(never)] // Not to be part of the frame of what processes it.
    pub(super) fn decide<'a>(
        &mut self,
        frame: &[u8],
        sets: &mut Sets<'_, 'a, impl Steering<'a>>,
        now: Instant,
    ) -> Decision {
        const PASS: Decision = Decision::Pass { again: false };
        if self.medium == Medium::Ethernet
            && EthernetFrame::new_checked(frame).is_ok_and(|frame| {
                frame.dst_addr().is_unicast() && frame.dst_addr() != self.hardware
            })
        {
            // It is for another card, and smoltcp leaves it alone.
            return PASS;
        }
        let frame = Frame::read(self.medium, frame);
        self.neighbors.received(frame.as_ref());
        let Some(frame) = frame else {
            return PASS;
        };
        #[cfg(feature = "client")]
        self.observer.received(&frame);
        let packet = match &frame {
            Frame::Ip(packet) if !packet.hides_segment() => packet,
            // Nobody could say what becomes of these.
            Frame::Ip(_) | Frame::Fragment(IpProtocol::Tcp) => {
                count(&mut self.counters.hidden);
                return Decision::Drop;
            }
            _ => return PASS,
        };
        // Nobody but a loopback brings us our own packets, and whoever forges them has the answers
        // sent to ourselves.
        if self.is_own(&packet.source) && !self.sent.to_itself.get() {
            count(&mut self.counters.forged);
            return Decision::Drop;
        }
        if packet.protocol == IpProtocol::Tcp
            && (!self.is_one_host(&packet.source) || self.next_hop(&packet.source).is_none())
        {
            count(&mut self.counters.unroutable);
            return Decision::Drop;
        }
        if !self.is_own(&packet.destination) {
            // smoltcp 0.14 takes what is for another host whose IPv6 address ends as ours does,
            // and connections to a group of hosts (which RFC 9293, 3.9.2.3 forbids).
            let ipv4 = packet.destination.version() == IpVersion::Ipv4;
            let for_another = packet.destination.is_unicast() && !ipv4;
            if for_another || packet.protocol == IpProtocol::Tcp {
                count(&mut self.counters.misdirected);
                return Decision::Drop;
            }
        }
        let Some(segment) = packet.segment() else {
            return PASS;
        };
        if let Some(fits) = fits(packet, &segment, sets) {
            return Decision::Close { fits };
        }
        let again = self.sent.closed_window.is_closed() || segment.window_len() == 0;
        let admission = &mut self.admission;
        match admission.decide(packet, &segment, sets, now, &mut self.counters) {
            Decision::Pass { .. } => Decision::Pass { again },
            decision => decision,
        }
    }

    /// Gives what smoltcp did not use of a segment that it has been given.
    #[inline(never)] // Few segments need it.
    pub(super) fn give_rest<'s, 'a, S: Steering<'a>>(
        &self,
        frame: &[u8],
        sets: &mut Sets<'s, 'a, S>,
        give: &mut dyn FnMut(&[u8], &mut Sets<'s, 'a, S>),
    ) {
        self.give_again(frame, Part::Rest, sets, give);
        self.sent.expected.set(None);
        let read = Frame::read(self.medium, frame);
        if let Some(packet) = read.as_ref().and_then(Frame::packet)
            && let Some(segment) = packet.segment()
            && is_stuck(packet, &segment, sets)
        {
            self.give_again(frame, Part::Reminder, sets, give);
            self.give_again(frame, Part::Window(1), sets, give);
            self.give_again(frame, Part::Window(0), sets, give);
        }
    }

    /// Gives what is made up of a segment.
    #[inline(never)] // The room for it is needed for as long as this takes only.
    pub(super) fn give_again<'s, 'a, S: Steering<'a>>(
        &self,
        frame: &[u8],
        part: Part,
        sets: &mut Sets<'s, 'a, S>,
        give: &mut dyn FnMut(&[u8], &mut Sets<'s, 'a, S>),
    ) {
        let mut made_up = MadeUp::new();
        if self.make_up(frame, part, &mut made_up).is_some() {
            give(made_up.as_bytes(), sets);
        }
    }

    #[inline(never)] // What it takes is not needed any more when the frame is given.
    fn make_up(&self, frame: &[u8], part: Part, made_up: &mut MadeUp) -> Option<()> {
        let frame = Frame::read(self.medium, frame)?;
        let packet = frame.packet()?;
        let segment = packet.segment()?;
        let bare = match part {
            Part::Reminder => Bare::reminder(&segment),
            Part::Headers => Bare::new(segment.seq_number(), segment.window_len()),
            Part::Rest => self.sent.closed_window.received(packet, &segment)?,
            Part::Window(window) => Bare::new(self.sent.expected.get()?, window),
        };
        if !self.admission.is_intact(packet, &segment) {
            return None;
        }
        bare.emit(packet, made_up)
    }

    /// Whether `address` can be that of one host.
    fn is_one_host(&self, address: &IpAddress) -> bool {
        let own = &mut self.sent.addresses.iter();
        let of_network = own.any(|own| match own {
            IpCidr::Ipv4(own) => own.broadcast().is_some_and(|all| *address == all.into()),
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => false,
        });
        address.is_unicast() && !of_network
    }

    /// The address of ours from which a packet to `address` is sent.
    pub(super) fn source_for(&self, address: &IpAddress) -> Option<IpAddress> {
        let own = &self.sent.addresses;
        let near = own.iter().find(|own| own.contains_addr(address));
        let far = || {
            own.iter()
                .find(|own| own.address().version() == address.version())
        };
        near.or_else(far).map(|own| own.address())
    }

    fn is_own(&self, address: &IpAddress) -> bool {
        self.sent
            .addresses
            .iter()
            .any(|own| own.address() == *address)
    }

    fn next_hop(&self, address: &IpAddress) -> Option<IpAddress> {
        let mut own = self.sent.addresses.iter();
        let direct = match self.medium {
            Medium::Ip => own.any(|own| own.address().version() == address.version()),
            _ => own.any(|own| own.contains_addr(address)),
        };
        if direct {
            return Some(*address);
        }
        let same_version = |gateway: &&IpAddress| gateway.version() == address.version();
        self.gateways.iter().find(same_version).copied()
    }
}
