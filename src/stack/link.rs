//! What a stack knows about its link, and what becomes of the frames that arrive by it.

use core::num::NonZeroU64;

use heapless::Vec;
use smoltcp::config::IFACE_MAX_ROUTE_COUNT;
use smoltcp::iface::Interface;
use smoltcp::phy::{DeviceCapabilities, Medium};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, EthernetFrame, IpAddress, IpCidr, IpProtocol, IpVersion};

use super::Config;
use super::admission::{Admission, Decision};
use super::cookies::Cookies;
use super::counters::{Counters, count};
use super::door::Sent;
use super::frame::Frame;
use super::neighbors::Neighbors;
#[cfg(feature = "client")]
use super::observer::Observer;
use super::segments::fits;
use super::steering::{Sets, Steering};

/// What does not change while a stack lives, and what has to be remembered between two polls.
pub(super) struct Link<'a> {
    pub(super) ip_mtu: usize,
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
    pub(super) fn random(&mut self) -> u64 {
        let mut x = self.random.get();
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        // The three steps are invertible, so what was not zero does not become zero.
        self.random = NonZeroU64::new(x).unwrap_or(NonZeroU64::MAX);
        x.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// See [`Context::ephemeral_port`](super::Context::ephemeral_port).
    pub(super) fn ephemeral_port(&mut self) -> u16 {
        let step = 1 + (self.random() >> 61) as u16;
        self.port = self.port.wrapping_add(step);
        0xc000 | self.port
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

    /// Whether `address` can be that of one host.
    pub(super) fn is_one_host(&self, address: &IpAddress) -> bool {
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

    pub(super) fn is_own(&self, address: &IpAddress) -> bool {
        self.sent
            .addresses
            .iter()
            .any(|own| own.address() == *address)
    }

    pub(super) fn next_hop(&self, address: &IpAddress) -> Option<IpAddress> {
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
