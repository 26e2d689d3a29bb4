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
//! - The initial sequence number is a cookie for a SYN that takes a place, too, so that its ACK is
//!   known after the place has gone to another client. To that client, scaled windows and selective
//!   acknowledgements have been announced, which its connection then does without: it is slower.
//! - It depends on the generator of smoltcp 0.14. With another one clients would be refused
//!   during a flood; a test would tell. smoltcp's feature `medium-ieee802154` takes a number more
//!   from it, so with that there are no connections by cookies.

mod begin;
mod segment;

use core::hash::Hasher;

use siphasher::sip::SipHasher24;
use smoltcp::iface::SocketSet;
use smoltcp::phy::DeviceCapabilities;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{
    EthernetAddress, HardwareAddress, IpAddress, IpVersion, TcpControl, TcpOption, TcpPacket,
    TcpRepr, TcpSeqNumber,
};

use super::Config;
use super::frame::Packet;
pub(super) use super::made_up::MadeUp;
use begin::{Host, begin};
use segment::{BARE, emit};

/// How long after a request that found no room all requests are answered by cookies.
const PRESSURE: Duration = Duration::from_secs(4);
/// So many cookies that do not come back are a flood.
const MANY: usize = 64;
/// A cookie is good until the end of the next one of these.
const PERIOD: Duration = Duration::from_secs(64);
/// The sizes of segments that a cookie can tell, in bytes: those of IPv4 and IPv6 without options
/// on Ethernet, and what every host takes.
const SEGMENT_SIZES: [u16; 4] = [536, 1220, 1440, 1460];

/// Makes cookies, and knows its own.
pub(super) struct Cookies {
    key: [u64; 2],
    capabilities: DeviceCapabilities,
    hardware: HardwareAddress,
    /// When a request last found no room.
    pressed: Option<Instant>,
    /// When a connection was last deleted as its ACK had not come.
    forgot: Option<Instant>,
    /// Cookies that were given since then, less two for each that came back.
    unproven: usize,
    wanted: Option<u16>,
}

/// A segment of a client that has seen its cookie.
pub(super) struct Proof {
    /// The number that the client began with.
    client: TcpSeqNumber,
    /// The number that we began with.
    cookie: TcpSeqNumber,
    segment_size: u16,
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
            forgot: None,
            unproven: 0,
            wanted: None,
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
        let seq_number = self.cookie(packet, request, now)?;
        let own_size = match packet.source.version() {
            IpVersion::Ipv4 => self.capabilities.ip_mtu().saturating_sub(40),
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => self.capabilities.ip_mtu().saturating_sub(60),
        };
        let segment = TcpRepr {
            src_port: request.dst_port(),
            dst_port: request.src_port(),
            control: TcpControl::Syn,
            seq_number,
            ack_number: Some(request.seq_number() + 1),
            max_seg_size: Some(own_size.min(u16::MAX.into()) as u16),
            ..BARE
        };
        self.back(packet, &segment)
    }

    /// Opens a connection for a SYN that has a place; returns whether it could. The initial sequence
    /// number is a cookie in this case, too, as in the hybrid of RFC 4987, 3.7: the place may go to
    /// another client before the ACK comes, which is then known by its cookie, and not reset.
    #[inline(never)] // An interface is large, and not needed for long.
    pub(super) fn open(
        &self,
        packet: &Packet<'_>,
        request: &TcpPacket<&[u8]>,
        now: Instant,
        sockets: &mut SocketSet<'_>,
    ) -> bool {
        let Some(cookie) = self.cookie(packet, request, now) else {
            return false;
        };
        let host = Host {
            capabilities: &self.capabilities,
            hardware: self.hardware,
            address: packet.destination,
        };
        begin(&host, cookie, [packet.frame].into_iter(), now, sockets);
        true
    }

    /// A connection was deleted as its ACK had not come; it may still come.
    pub(super) fn forgot(&mut self, now: Instant) {
        self.forgot = Some(now);
    }

    /// Whether segments of a connection that was deleted may still be on their way.
    pub(super) fn has_just_forgotten(&self, now: Instant) -> bool {
        self.forgot.is_some_and(|since| now < since + PRESSURE)
    }

    /// Whether this segment brings back a cookie of ours.
    pub(super) fn check(
        &self,
        packet: &Packet<'_>,
        segment: &TcpPacket<&[u8]>,
        now: Instant,
    ) -> Option<Proof> {
        // Both are `None` as long as there is nothing to find.
        if now >= self.pressed.max(self.forgot)? + PRESSURE + PERIOD * 2 {
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
    ) -> Option<MadeUp> {
        self.unproven = self.unproven.saturating_sub(2);
        let confirmation = proof.confirmation(segment);
        let request = TcpRepr {
            control: TcpControl::Syn,
            seq_number: proof.client,
            ack_number: None,
            max_seg_size: Some(proof.segment_size),
            ..confirmation
        };
        let host = Host {
            capabilities: &self.capabilities,
            hardware: self.hardware,
            address: packet.destination,
        };
        let frames = [&request, &confirmation].map(|segment| self.forth(packet, segment));
        let frames = frames.iter().flatten().map(MadeUp::as_bytes);
        begin(&host, proof.cookie, frames, now, sockets);
        // Of text that it has had already, it always says so; of nothing, once a second at most.
        let probe = TcpRepr {
            seq_number: proof.client,
            payload: b"?",
            ..confirmation
        };
        self.forth(packet, &probe)
    }

    /// The confirmation of a client by itself, to be kept.
    pub(super) fn confirmation(
        &self,
        packet: &Packet<'_>,
        segment: &TcpPacket<&[u8]>,
        proof: &Proof,
    ) -> Option<MadeUp> {
        self.forth(packet, &proof.confirmation(segment))
    }

    /// The server that has no place for a client that brought back its cookie, is this one.
    pub(super) fn wants_place(&mut self, port: u16) -> bool {
        self.wanted.take_if(|wanted| *wanted == port).is_some()
    }

    /// A client of the server on `port` has brought back its cookie, and there is no place for it.
    pub(super) fn want_place(&mut self, port: u16) {
        self.wanted = Some(port);
    }

    /// A frame with this segment, as if it came from where the packet comes from.
    fn forth(&self, packet: &Packet<'_>, segment: &TcpRepr<'_>) -> Option<MadeUp> {
        let ends = (packet.source, packet.destination);
        let hardware = self.hardware(packet).map(|(own, client)| (client, own));
        emit(hardware, ends, segment)
    }

    /// A frame with this segment, to where the packet comes from.
    fn back(&self, packet: &Packet<'_>, segment: &TcpRepr<'_>) -> Option<MadeUp> {
        let ends = (packet.destination, packet.source);
        emit(self.hardware(packet), ends, segment)
    }

    /// Our own hardware address, and the client's.
    fn hardware(&self, packet: &Packet<'_>) -> Option<(EthernetAddress, EthernetAddress)> {
        match self.hardware {
            HardwareAddress::Ethernet(own) => Some((own, packet.sender?)),
            #[allow(unreachable_patterns)] // other media, wherever smoltcp was given them
            _ => None,
        }
    }

    /// The number with which we answer a request; `None` if its segments are too small.
    fn cookie(
        &self,
        packet: &Packet<'_>,
        request: &TcpPacket<&[u8]>,
        now: Instant,
    ) -> Option<TcpSeqNumber> {
        let asked = segment_size(request);
        let size = SEGMENT_SIZES.iter().rposition(|size| *size <= asked)?;
        let hash = self.hash(packet, request, request.seq_number(), period(now));
        Some(TcpSeqNumber((hash ^ size as u32) as i32))
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
}

impl Proof {
    /// The segment with which a client goes on that has heard our answer.
    fn confirmation(&self, segment: &TcpPacket<&[u8]>) -> TcpRepr<'static> {
        TcpRepr {
            src_port: segment.src_port(),
            dst_port: segment.dst_port(),
            seq_number: self.client + 1,
            ack_number: Some(self.cookie + 1),
            window_len: segment.window_len(),
            ..BARE
        }
    }
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
