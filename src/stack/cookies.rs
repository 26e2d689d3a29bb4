//! Connections for those who answer, and for nobody else: SYN cookies (RFC 4987, 3.6).
//!
//! A flood of connection requests from made-up senders takes all places and all room to wait, and
//! smoltcp 0.14 has no other answer to a request than to take a place. While requests find
//! neither, they are answered without taking one: the sequence number of the answer is a keyed
//! hash of who asked. A client that is there sends it back, and only then takes a place, in front
//! of whoever has not answered yet.
//!
//! smoltcp then is to begin a connection with that very number. It draws its numbers from a
//! generator that belongs to the interface, not to the socket; so the request is made up once
//! more, and given to an interface that is made for it, with the seed that leads to the number.
//!
//! # Limits
//!
//! - Connections that begin like this have no scaled windows, no selective acknowledgements and
//!   segments of at most 1460 bytes.
//! - A client sends its text one round trip later, as the first answer announces no window. If no
//!   place is free then, it asks again after its retransmission timeout.
//! - It depends on the generator of smoltcp 0.14. With another one clients would be refused
//!   during a flood; a test would tell.

use core::hash::Hasher;

use siphasher::sip::SipHasher24;
use smoltcp::iface::{self, Interface, SocketSet};
use smoltcp::phy::{ChecksumCapabilities, Device, DeviceCapabilities, RxToken, TxToken};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{
    EthernetFrame, EthernetProtocol, EthernetRepr, HardwareAddress, IpAddress, IpCidr, IpProtocol,
    IpRepr, IpVersion, TcpControl, TcpOption, TcpPacket, TcpRepr, TcpSeqNumber,
};

use super::Config;
use super::frame::Packet;

/// How long after a request that found no room all requests are answered by cookies.
const PRESSURE: Duration = Duration::from_secs(4);
/// So many cookies that do not come back are a flood.
const MANY: usize = 64;
/// A cookie is good until the end of the next one of these.
const PERIOD: Duration = Duration::from_secs(64);
/// The sizes of segments that a cookie can tell, in bytes: those of IPv4 and IPv6 without options
/// on Ethernet, and what every host takes.
const SEGMENT_SIZES: [u16; 4] = [536, 1220, 1440, 1460];

/// Headers of Ethernet, IPv6 and TCP with one option, in bytes.
const LONGEST: usize = 14 + 40 + 20 + 4;

/// Makes cookies, and knows its own.
pub(super) struct Cookies {
    key: [u64; 2],
    capabilities: DeviceCapabilities,
    hardware: HardwareAddress,
    /// When a request last found no room.
    pressed: Option<Instant>,
    /// Cookies that were given since then, less two for each that came back.
    unproven: usize,
}

/// A segment of a client that has seen its cookie.
pub(super) struct Proof {
    /// The number that the client began with.
    client: TcpSeqNumber,
    /// The number that we began with.
    cookie: TcpSeqNumber,
    segment_size: u16,
}

/// A frame that was made up.
pub(super) struct MadeUp {
    bytes: [u8; LONGEST],
    length: usize,
}

impl MadeUp {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Cookies {
    pub(super) fn new(config: &Config<'_>, capabilities: &DeviceCapabilities) -> Self {
        let random_seed = config.random_seed;
        // smoltcp's own numbers follow from the seed, too, and nearly give it away; a hash of it
        // under another key does not follow from them.
        let half = |number| {
            let mut hasher = SipHasher24::new_with_keys(random_seed, number);
            hasher.write_u64(random_seed);
            hasher.finish()
        };
        Self {
            key: [half(1), half(2)],
            capabilities: capabilities.clone(),
            hardware: config.hardware_address(capabilities.medium),
            pressed: None,
            unproven: 0,
        }
    }

    /// Whether all requests are to be answered by cookies.
    pub(super) fn are_given(&self, now: Instant) -> bool {
        self.pressed.is_some_and(|since| now < since + PRESSURE)
    }

    /// The answer to a request, which has found no room or comes while others do not.
    pub(super) fn answer(
        &mut self,
        packet: &Packet<'_>,
        request: &TcpPacket<&[u8]>,
        no_room: bool,
        now: Instant,
    ) -> Option<MadeUp> {
        if !self.are_given(now) {
            self.unproven = 0;
        }
        self.unproven = self.unproven.saturating_add(1);
        // As long as most of them do not come back, it is a flood.
        if no_room || self.unproven > MANY {
            self.pressed = Some(now);
        }
        let asked = segment_size(request);
        let size = SEGMENT_SIZES.iter().rposition(|size| *size <= asked)?;
        let hash = self.hash(packet, request, request.seq_number(), period(now));
        let own_size = match packet.source.version() {
            IpVersion::Ipv4 => self.capabilities.ip_mtu().saturating_sub(40),
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => self.capabilities.ip_mtu().saturating_sub(60),
        };
        let segment = TcpRepr {
            src_port: request.dst_port(),
            dst_port: request.src_port(),
            control: TcpControl::Syn,
            seq_number: cookie(hash, size),
            ack_number: Some(request.seq_number() + 1),
            max_seg_size: Some(own_size.min(u16::MAX.into()) as u16),
            ..BARE
        };
        Some(self.emit(packet, Direction::Back, &segment))
    }

    /// Whether this segment brings back a cookie of ours.
    pub(super) fn check(
        &self,
        packet: &Packet<'_>,
        segment: &TcpPacket<&[u8]>,
        now: Instant,
    ) -> Option<Proof> {
        if now >= self.pressed? + PRESSURE + PERIOD * 2 {
            return None;
        }
        let newest = period(now);
        let cookie = segment.ack_number() - 1;
        // The acknowledgement of our answer follows the request; a probe of the window, which is
        // closed, may repeat its number (Linux does).
        for client in [segment.seq_number() - 1, segment.seq_number()] {
            for period in [newest, newest - 1] {
                let hash = self.hash(packet, segment, client, period);
                if (cookie.0 as u32 ^ hash) & !0b11 == 0 {
                    let size = (cookie.0 as u32 ^ hash) as usize;
                    return Some(Proof {
                        client,
                        cookie,
                        segment_size: SEGMENT_SIZES[size],
                    });
                }
            }
        }
        None
    }

    /// Takes a place for a client that is there: the socket that listens begins the connection
    /// with the numbers of the cookie. Returns a probe that the socket answers with its window, of
    /// which the client does not know.
    #[inline(never)] // An interface is large, and not needed for long.
    pub(super) fn connect(
        &mut self,
        packet: &Packet<'_>,
        segment: &TcpPacket<&[u8]>,
        proof: &Proof,
        now: Instant,
        sockets: &mut SocketSet<'_>,
    ) -> MadeUp {
        self.unproven = self.unproven.saturating_sub(2);
        let request = TcpRepr {
            src_port: segment.src_port(),
            dst_port: segment.dst_port(),
            control: TcpControl::Syn,
            seq_number: proof.client,
            window_len: segment.window_len(),
            max_seg_size: Some(proof.segment_size),
            ..BARE
        };
        let mut device = Made {
            capabilities: self.capabilities.clone(),
            frame: Some(self.emit(packet, Direction::Forth, &request)),
        };
        let mut config = iface::Config::new(self.hardware);
        config.random_seed = seed_for(proof.cookie);
        let mut interface = Interface::new(config, &mut device, now);
        let own = packet.destination;
        interface.update_ip_addrs(|addresses| {
            let prefix = match own.version() {
                IpVersion::Ipv4 => 32,
                #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
                _ => 128,
            };
            let _ = addresses.push(IpCidr::new(own, prefix));
        });
        interface.poll_ingress_single(now, &mut device, sockets);
        let confirmation = TcpRepr {
            control: TcpControl::None,
            seq_number: proof.client + 1,
            ack_number: Some(proof.cookie + 1),
            max_seg_size: None,
            ..request
        };
        device.frame = Some(self.emit(packet, Direction::Forth, &confirmation));
        interface.poll_ingress_single(now, &mut device, sockets);
        // Of text that it has had already, it always says so; of nothing, once a second at most.
        let probe = TcpRepr {
            seq_number: proof.client,
            payload: b"?",
            ..confirmation
        };
        self.emit(packet, Direction::Forth, &probe)
    }

    /// The confirmation of a client by itself, to be kept.
    pub(super) fn confirmation(
        &self,
        packet: &Packet<'_>,
        segment: &TcpPacket<&[u8]>,
        proof: &Proof,
    ) -> MadeUp {
        let confirmation = TcpRepr {
            src_port: segment.src_port(),
            dst_port: segment.dst_port(),
            seq_number: proof.client + 1,
            ack_number: Some(proof.cookie + 1),
            window_len: segment.window_len(),
            ..BARE
        };
        self.emit(packet, Direction::Forth, &confirmation)
    }

    fn hash(
        &self,
        packet: &Packet<'_>,
        segment: &TcpPacket<&[u8]>,
        client: TcpSeqNumber,
        period: u64,
    ) -> u32 {
        let mut hasher = SipHasher24::new_with_keys(self.key[0], self.key[1]);
        for address in [&packet.source, &packet.destination] {
            match address {
                IpAddress::Ipv4(address) => hasher.write(&address.octets()),
                #[cfg(feature = "ipv6")]
                IpAddress::Ipv6(address) => hasher.write(&address.octets()),
                #[allow(unreachable_patterns)] // without IPv6 there is no other version
                _ => {}
            }
        }
        hasher.write_u16(segment.src_port());
        hasher.write_u16(segment.dst_port());
        hasher.write_u32(client.0 as u32);
        hasher.write_u64(period);
        hasher.finish() as u32
    }

    /// A frame with this segment, from or to where the packet comes from.
    fn emit(&self, packet: &Packet<'_>, direction: Direction, segment: &TcpRepr<'_>) -> MadeUp {
        let (mut source, mut destination) = (packet.source, packet.destination);
        if direction == Direction::Back {
            (source, destination) = (destination, source);
        }
        let mut made_up = MadeUp {
            bytes: [0; LONGEST],
            length: 0,
        };
        let mut start = 0;
        if let (HardwareAddress::Ethernet(own), Some(client)) = (self.hardware, packet.sender) {
            let (src_addr, dst_addr) = match direction {
                Direction::Back => (own, client),
                Direction::Forth => (client, own),
            };
            let ethertype = match source.version() {
                IpVersion::Ipv4 => EthernetProtocol::Ipv4,
                #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
                _ => EthernetProtocol::Ipv6,
            };
            let header = EthernetRepr {
                src_addr,
                dst_addr,
                ethertype,
            };
            header.emit(&mut EthernetFrame::new_unchecked(&mut made_up.bytes[..]));
            start = EthernetFrame::<&[u8]>::header_len();
        }
        let length = segment.buffer_len();
        let header = IpRepr::new(source, destination, IpProtocol::Tcp, length, 64);
        let payload = start + header.header_len();
        made_up.length = payload + length;
        let checksums = ChecksumCapabilities::default();
        let (before, after) = made_up.bytes.split_at_mut(payload);
        header.emit(&mut before[start..], &checksums);
        let mut packet = TcpPacket::new_unchecked(&mut after[..length]);
        segment.emit(&mut packet, &source, &destination, &checksums);
        made_up
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forth,
    Back,
}

/// A segment of nothing, with a window that is closed.
const BARE: TcpRepr<'_> = TcpRepr {
    src_port: 0,
    dst_port: 0,
    control: TcpControl::None,
    seq_number: TcpSeqNumber(0),
    ack_number: None,
    window_len: 0,
    window_scale: None,
    max_seg_size: None,
    sack_permitted: false,
    sack_ranges: [None; 3],
    timestamp: None,
    payload: &[],
};

fn cookie(hash: u32, size: usize) -> TcpSeqNumber {
    TcpSeqNumber((hash ^ size as u32) as i32)
}

fn period(now: Instant) -> u64 {
    // One before the first is not below zero.
    1 + now.total_micros().unsigned_abs() / PERIOD.total_micros()
}

fn segment_size(request: &TcpPacket<&[u8]>) -> u16 {
    let mut options = request.options();
    while let Ok((rest, option)) = TcpOption::parse(options) {
        match option {
            TcpOption::MaxSegmentSize(size) => return size,
            TcpOption::EndOfList => break,
            _ => options = rest,
        }
    }
    SEGMENT_SIZES[0]
}

/// The seed with which an interface draws this number first, after the one that it draws for
/// itself: the generator (sPCG32) backwards.
fn seed_for(number: TcpSeqNumber) -> u64 {
    const FACTOR: u64 = 0xbb2e_fcec_3c39_611d;
    const STEP: u64 = 0x7590_ef39;
    let before = |state: u64| state.wrapping_sub(STEP).wrapping_mul(inverse(FACTOR));
    // With its highest three bits clear, a state gives bits 29 to 60; the lower ones are free.
    let state = u64::from(number.0 as u32) << 29;
    (state..)
        .map(before)
        // Of the state before, 16 bits must not be zero, or the interface draws once more.
        .find(|state| {
            let drawn = (state >> (29 - (state >> 61))) as u32;
            (drawn ^ drawn >> 16) as u16 != 0
        })
        .map(before)
        .unwrap_or_default()
}

/// The inverse of an odd number modulo 2^64: each step doubles the bits that are right.
const fn inverse(number: u64) -> u64 {
    let mut inverse = number;
    let mut step = 0;
    while step < 5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(number.wrapping_mul(inverse)));
        step += 1;
    }
    inverse
}

/// A device with one frame, for one interface.
struct Made {
    capabilities: DeviceCapabilities,
    frame: Option<MadeUp>,
}

impl Device for Made {
    type RxToken<'t> = MadeUp;
    type TxToken<'t> = Nothing;

    fn receive(&mut self, _: Instant) -> Option<(MadeUp, Nothing)> {
        Some((self.frame.take()?, Nothing))
    }

    fn transmit(&mut self, _: Instant) -> Option<Nothing> {
        None
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.capabilities.clone()
    }
}

impl RxToken for MadeUp {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(self.as_bytes())
    }
}

/// Room for what is not to be sent: a refusal, if the socket was not the right one.
struct Nothing;

impl TxToken for Nothing {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        fill(&mut [0; LONGEST][..length])
    }
}
