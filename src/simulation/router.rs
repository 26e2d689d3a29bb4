//! A router between two links, as between two networks.

mod icmp;

use core::fmt;
use std::collections::VecDeque;
use std::vec::Vec;

use smoltcp::phy::{Device, PacketMeta, RxToken};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr};

use super::{Link, Port, Turn};
use crate::link::{self, EthernetAddress, Room, Transmit, is_link_local};
use crate::packet::ip::{ipv4, ipv6, set_packet_len};
use crate::packet::{Content, Packet, half, put_half};
use icmp::Refusal;

/// What every link of IPv4 carries (RFC 791, 3.2), in bytes.
const LEAST_MTU: usize = 68;
/// Where the offset is in a fragment header of IPv6 (RFC 8200, 4.5), in its upper 13 bits.
const FRAGMENT_OFFSET: usize = 2;
/// How many packets wait at a link at most.
const QUEUE: usize = 64;
/// How long a packet waits for the host that it is handed to: it is asked for three times.
const PATIENCE: Duration = Duration::from_secs(3);

/// A router between two links: it forwards the packets of IPv4 and IPv6 that are not longer than an
/// MTU, and says of the others which one they exceed (RFC 1812, RFC 8200).
///
/// The links belong to different [segments](super::Segment), and the hosts on each have the router's
/// address there as their gateway. What a packet meets in the router, it would meet on a path of two
/// routers and a narrower link between them:
///
/// - A packet that is too long is dropped, and its sender is told "fragmentation needed" (RFC 792) or
///   "packet too big" (RFC 4443) with the MTU. Over IPv4, a packet without DF is fragmented instead.
/// - The time to live or the hop limit goes down by one; at 0 the packet is dropped with an error.
/// - A packet of which the destination is on neither link, or does not answer for three seconds, is
///   dropped with an error.
/// - [`set_filters_errors`](Self::set_filters_errors) is the firewall that lets none of these errors pass.
///
/// It answers no packet for its own addresses but those of ARP and neighbor discovery.
///
/// ```
/// use smoltcp::phy::Medium;
/// use smoltcp::time::Duration;
/// use smoltcp::wire::{IpAddress, IpCidr};
/// use uppercase::simulation::{Network, Router};
///
/// let mut network = Network::new(Medium::Ethernet, 1);
/// let [near, far] = [network.hub(), network.hub()];
/// let networks = [
///     (&near.link("router"), IpCidr::new(IpAddress::v4(10, 0, 0, 254), 24)),
///     (&far.link("router"), IpCidr::new(IpAddress::v4(10, 0, 1, 254), 24)),
/// ];
/// let mut router = Router::new(networks, 1300);
/// // ... hosts on other links of `near` and `far` ...
/// let end = network.run_for(Duration::from_secs(10), |turn| router.poll(turn));
/// assert_eq!(end, Ok(()));
/// ```
pub struct Router {
    sides: [Side; 2],
    mtu: usize,
    filters_errors: bool,
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Router")
            .field("ports", &self.sides.each_ref().map(|side| &side.port))
            .field("mtu", &self.mtu)
            .field("filters_errors", &self.filters_errors)
            .finish_non_exhaustive()
    }
}

/// One of the links.
struct Side {
    port: Port,
    link: link::Link,
    /// Packets that wait for room or for a neighbor, and since when.
    queue: VecDeque<(Instant, Vec<u8>)>,
}

impl Router {
    /// A router with an address on each link; it forwards packets of up to `mtu` bytes, the IP header
    /// included.
    ///
    /// # Panics
    /// If `mtu` is less than the 68 bytes that IPv4 asks for.
    #[must_use]
    pub fn new(links: [(&Link, IpCidr); 2], mtu: usize) -> Self {
        assert!(
            mtu >= LEAST_MTU,
            "an MTU has at least {LEAST_MTU} bytes (RFC 791, 3.2), and {mtu} are fewer"
        );
        Self {
            sides: links.map(|(link, address)| Side::new(link, address)),
            mtu,
            filters_errors: false,
        }
    }

    /// Adds an address on one of the links, for instance of the other IP version: `side` is 0 or 1.
    ///
    /// # Panics
    /// If there is no such side, or no room: smoltcp's `IFACE_MAX_ADDR_COUNT` is that of each side.
    pub fn add_address(&mut self, side: usize, address: IpCidr) {
        let has_room = self.sides[side].link.add_address(address);
        assert!(has_room, "there is no room for {address}");
    }

    /// Knows where a host on one of the links is, and never asks for it.
    ///
    /// # Panics
    /// If there is no such side.
    pub fn add_neighbor(&mut self, side: usize, address: IpAddress, hardware: EthernetAddress) {
        let for_ever = Instant::from_micros(i64::MAX / 2);
        self.sides[side].link.learn(address, hardware, for_ever);
    }

    /// Whether the errors about packets are lost.
    pub fn filters_errors(&self) -> bool {
        self.filters_errors
    }

    /// Lets the errors about packets be lost, as behind a firewall that filters ICMP (RFC 2923, 2.1), or
    /// not.
    pub fn set_filters_errors(&mut self, filters: bool) {
        self.filters_errors = filters;
    }

    /// Forwards what has arrived, and asks for the next turn.
    pub fn poll(&mut self, turn: &mut Turn) {
        let now = turn.now;
        for from in [0, 1] {
            while let Some(frame) = self.sides[from].take(now) {
                self.receive(from, &frame, now);
            }
        }
        for side in [0, 1] {
            for packet in self.sides[side].send(now) {
                if let Some(packet) = Packet::parse(&packet) {
                    self.refuse(&packet, Refusal::NoHost, now);
                }
            }
        }
        // An error may have come to a side that has sent already.
        for side in &mut self.sides {
            side.send(now);
            turn.wake_in(side.due().map(|due| due.max(now) - now));
        }
    }

    fn receive(&mut self, from: usize, frame: &[u8], now: Instant) {
        let Side { port, link, .. } = &mut self.sides[from];
        let frame = link.parse(frame);
        let hardware = frame.hardware;
        if frame.is_from_group() || hardware.is_some_and(|hardware| !link.is_for_us(&hardware)) {
            return;
        }
        let mut room = Room { device: port, now };
        let packet = match frame.content {
            Content::Arp(message) => return link.receive_arp(message, now, &mut room),
            Content::Ip(packet) => packet,
            Content::Other => return,
        };
        if let Some(hardware) = hardware {
            #[cfg(feature = "ipv6")]
            if link.receive_discovery(&packet, hardware.source, now, &mut room) {
                return;
            }
            // "A router MUST NOT forward any packet that the router received as a Link Layer
            // broadcast" (RFC 1812, 5.3.4).
            if !hardware.destination.is_unicast() {
                return;
            }
            if link.addresses.is_near(&packet.source) {
                link.learn(packet.source, hardware.source, now);
            }
        }
        self.forward(&packet, now);
    }

    fn forward(&mut self, packet: &Packet<'_>, now: Instant) {
        let hosts = [packet.source, packet.destination];
        let is_for_others = self.sides.iter().all(|side| {
            let addresses = &side.link.addresses;
            hosts.iter().all(|host| addresses.is_one_host(host))
                && !addresses.is_own(&packet.destination)
        });
        if !packet.has_intact_header() || !is_for_others || hosts.iter().any(is_link_local) {
            return;
        }
        let hops = hops_at(packet);
        // RFC 1812, 5.3.1: "If the TTL is reduced to zero (or less), the packet MUST be discarded".
        if packet.bytes[hops] <= 1 {
            return self.refuse(packet, Refusal::Expired, now);
        }
        let Some(to) = self.side_of(&packet.destination) else {
            return self.refuse(packet, Refusal::NoRoute, now);
        };
        let mtu = self.mtu.min(self.sides[to].ip_mtu());
        let is_long = packet.bytes.len() > mtu;
        if is_long && !may_be_fragmented(packet) {
            return self.refuse(packet, Refusal::TooLong(mtu), now);
        }
        let mut bytes = packet.bytes.to_vec();
        bytes[hops] -= 1;
        let packets = match is_long {
            true => fragments(&bytes, packet.header_len, mtu),
            false => std::vec![bytes],
        };
        for bytes in packets {
            self.sides[to].put(finished(bytes), now);
        }
    }

    /// Tells the sender of a packet why it was dropped.
    fn refuse(&mut self, packet: &Packet<'_>, refusal: Refusal, now: Instant) {
        let Some(to) = self.side_of(&packet.source) else {
            return;
        };
        let side = &mut self.sides[to];
        // RFC 1812, 4.3.2.7: no error about an error, or about a fragment that is not the first.
        if self.filters_errors || packet.is_icmp_error() || is_later_fragment(packet) {
            return;
        }
        if let Some(own) = side.link.addresses.source_for(&packet.source) {
            side.put(finished(refusal.message(packet, own)), now);
        }
    }

    /// The side on which a host is.
    fn side_of(&self, host: &IpAddress) -> Option<usize> {
        let mut sides = self.sides.iter();
        sides.position(|side| side.link.addresses.is_near(host))
    }
}

impl Side {
    fn new(cable: &Link, address: IpCidr) -> Self {
        let port = cable.port();
        let [a, b, c, d] = cable.number().to_be_bytes();
        let hardware = EthernetAddress([2, 1, a, b, c, d]);
        let medium = port.capabilities().medium;
        let addresses = link::Addresses::new(medium, hardware, &[address], &[]);
        Self {
            port,
            link: link::Link::new(medium, hardware, addresses),
            queue: VecDeque::new(),
        }
    }

    fn ip_mtu(&self) -> usize {
        link::ip_mtu(&self.port.capabilities())
    }

    fn take(&mut self, now: Instant) -> Option<Vec<u8>> {
        let (frame, _) = self.port.receive(now)?;
        Some(frame.consume(<[u8]>::to_vec))
    }

    /// Puts a packet into the queue; it is lost where that is full.
    fn put(&mut self, packet: Vec<u8>, now: Instant) {
        if self.queue.len() < QUEUE {
            self.queue.push_back((now, packet));
        }
    }

    /// Sends what can be sent; returns the packets that have waited in vain for a neighbor.
    fn send(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut given_up = Vec::new();
        for (since, bytes) in core::mem::take(&mut self.queue) {
            let Some(packet) = Packet::parse(&bytes) else {
                continue;
            };
            let is_silent = self.link.is_silent(&packet.destination);
            if is_silent && now >= since + PATIENCE {
                given_up.push(bytes);
                continue;
            }
            let is_known = self.link.resolve(&packet.destination, now);
            let mut room = Room {
                device: &mut self.port,
                now,
            };
            if is_known && room.has_room() {
                let (link, header) = (&self.link, self.link.header_len());
                room.transmit(
                    header + packet.bytes.len(),
                    PacketMeta::default(),
                    &mut |frame| {
                        frame[header..].copy_from_slice(packet.bytes);
                        link.put_header(&mut frame[..header], &packet, None, now);
                    },
                );
            } else {
                self.queue.push_back((since, bytes));
            }
        }
        // Only what waits is a reason to ask.
        if !self.queue.is_empty() {
            let mut room = Room {
                device: &mut self.port,
                now,
            };
            self.link.ask(now, &mut room);
        }
        given_up
    }

    /// When there is something to do, unless a frame arrives or leaves first.
    fn due(&self) -> Option<Instant> {
        let waiting = self.queue.iter().filter(|(_, bytes)| {
            let packet = Packet::parse(bytes);
            packet.is_some_and(|packet| self.link.is_silent(&packet.destination))
        });
        let given_up = waiting.map(|(since, _)| *since + PATIENCE).min();
        let asked = self.link.due().filter(|_| !self.queue.is_empty());
        given_up.into_iter().chain(asked).min()
    }
}

/// Where the time to live or the hop limit of a packet is.
fn hops_at(packet: &Packet<'_>) -> usize {
    match packet.source {
        IpAddress::Ipv4(_) => ipv4::TIME_TO_LIVE,
        #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
        _ => ipv6::HOP_LIMIT,
    }
}

/// Whether a packet is a fragment, and not the first one.
fn is_later_fragment(packet: &Packet<'_>) -> bool {
    match packet.source {
        IpAddress::Ipv4(_) => half(packet.bytes, ipv4::FRAGMENT) & ipv4::OFFSET != 0,
        #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
        _ => {
            let field = packet.payload().get(FRAGMENT_OFFSET..);
            packet.is_fragment && field.is_some_and(|field| field.len() > 1 && half(field, 0) > 7)
        }
    }
}

/// Whether a router may fragment a packet: over IPv4 one without DF (RFC 791, 2.3), over IPv6 none
/// (RFC 8200, 4.5).
fn may_be_fragmented(packet: &Packet<'_>) -> bool {
    matches!(packet.source, IpAddress::Ipv4(_))
        && half(packet.bytes, ipv4::FRAGMENT) & ipv4::DONT_FRAGMENT == 0
}

/// The fragments of a packet of IPv4, each within the MTU (RFC 791, 3.2). Options are in all of them.
fn fragments(packet: &[u8], header_len: usize, mtu: usize) -> Vec<Vec<u8>> {
    let (header, payload) = packet.split_at(header_len);
    let field = half(header, ipv4::FRAGMENT);
    // Offsets are in units of 8 bytes; the longest header leaves room for one.
    let most = (mtu - header_len) / 8 * 8;
    let pieces = payload.chunks(most).enumerate();
    let fragments = pieces.map(|(number, piece)| {
        let at = number * most;
        let is_last = at + piece.len() == payload.len();
        let more = if is_last { 0 } else { ipv4::MORE_FRAGMENTS };
        let mut fragment = [header, piece].concat();
        put_half(
            &mut fragment,
            ipv4::FRAGMENT,
            (field + at as u16 / 8) | more,
        );
        fragment
    });
    fragments.collect()
}

/// A packet with the length and the checksum of its header made right.
fn finished(mut packet: Vec<u8>) -> Vec<u8> {
    let length = packet.len();
    // Cannot fail: it has such a header, and is no longer than what was received.
    let _ = set_packet_len(&mut packet, length);
    packet
}
