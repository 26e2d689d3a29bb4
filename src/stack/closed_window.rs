//! What a segment from beyond the receive window says about *our* text.
//!
//! Where the receive window is closed, no segment is acceptable, but "special allowance should be
//! made to accept valid ACKs" (RFC 9293, 3.10.7.4): the acknowledgement and the window that it
//! carries. smoltcp 0.14 makes none. It answers such a segment with an acknowledgement of its own
//! and drops the rest, so where both buffers of an echo are full and every segment of the peer
//! comes from beyond the window, the connection stands still for ever. They do
//!
//! - where a probe of the closed window (RFC 9293, 3.8.6.1) counts as sent, as in lwIP: from then
//!   on the peer is one byte ahead;
//! - where the window is scaled (RFC 7323, 2.4), hence rounded down, which shrinks it: bytes that
//!   were allowed when they left are beyond it when they arrive.
//!
//! So [`ClosedWindow`] remembers the last announcement of a closed window. If a segment of that
//! connection comes from beyond, smoltcp is given it once more as if it came from the edge: without
//! text, nothing but its acknowledgement and window.
//!
//! # Limits
//!
//! - One closed window is remembered, of however many there are. Whatever smoltcp answers brings
//!   its own window back: a segment with text always, one without once a second at most.
//! - Text from beyond the window is lost, as ever, and a close too: their sender repeats them.

use core::cell::Cell;

use smoltcp::phy::{ChecksumCapabilities, Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;
#[cfg(feature = "ipv6")]
use smoltcp::wire::Ipv6Packet;
use smoltcp::wire::{
    EthernetFrame, EthernetProtocol, EthernetRepr, IpAddress, IpEndpoint, IpProtocol, IpRepr,
    IpVersion, Ipv4Packet, TcpControl, TcpPacket, TcpRepr, TcpSeqNumber,
};

/// How far from the edge of the closed window a segment may come, in bytes.
///
/// Rounding takes less than 2^14 bytes from a window, the unit of the largest there is (RFC 7323,
/// 2.3), and a probe is one byte more. A blind attacker (RFC 5961, 5) has to hit this range, the
/// ports, and an acknowledgement that smoltcp accepts: no less than where a window is open.
const REACH: i32 = 1 << 14;

/// What is of interest in a segment.
#[derive(Clone, Copy)]
pub(super) struct Segment {
    ethernet: Option<EthernetRepr>,
    source: IpEndpoint,
    destination: IpEndpoint,
    sequence: TcpSeqNumber,
    acknowledged: TcpSeqNumber,
    window: u16,
    has_text: bool,
}

impl Segment {
    /// The segment in a frame, if it is intact, has an acknowledgement, and neither opens nor resets.
    fn read(medium: Medium, checksums: &ChecksumCapabilities, frame: &[u8]) -> Option<Self> {
        if medium == Medium::Ip {
            return Self::read_ip(None, checksums, frame);
        }
        let frame = EthernetFrame::new_checked(frame).ok()?;
        let ethernet = EthernetRepr::parse(&frame).ok()?;
        match ethernet.ethertype {
            EthernetProtocol::Ipv4 | EthernetProtocol::Ipv6 => {
                Self::read_ip(Some(ethernet), checksums, frame.payload())
            }
            _ => None,
        }
    }

    fn read_ip(
        ethernet: Option<EthernetRepr>,
        checksums: &ChecksumCapabilities,
        packet: &[u8],
    ) -> Option<Self> {
        // smoltcp 0.14 looks at the first byte without asking whether there is one.
        packet.first()?;
        let source: IpAddress;
        let destination: IpAddress;
        let (protocol, payload) = match IpVersion::of_packet(packet).ok()? {
            IpVersion::Ipv4 => {
                let packet = Ipv4Packet::new_checked(packet).ok()?;
                let is_fragment = packet.frag_offset() != 0 || packet.more_frags();
                if is_fragment || checksums.ipv4.rx() && !packet.verify_checksum() {
                    return None;
                }
                source = packet.src_addr().into();
                destination = packet.dst_addr().into();
                (packet.next_header(), packet.payload())
            }
            #[cfg(feature = "ipv6")]
            IpVersion::Ipv6 => {
                let packet = Ipv6Packet::new_checked(packet).ok()?;
                source = packet.src_addr().into();
                destination = packet.dst_addr().into();
                (packet.next_header(), packet.payload())
            }
            #[allow(unreachable_patterns)] // without IPv6 there is no other version
            _ => return None,
        };
        if protocol != IpProtocol::Tcp {
            return None;
        }
        let segment = TcpPacket::new_checked(payload).ok()?;
        if checksums.tcp.rx() && !segment.verify_checksum(&source, &destination) {
            return None;
        }
        if !segment.ack() || segment.syn() || segment.rst() {
            return None;
        }
        Some(Self {
            ethernet,
            source: IpEndpoint::new(source, segment.src_port()),
            destination: IpEndpoint::new(destination, segment.dst_port()),
            sequence: segment.seq_number(),
            acknowledged: segment.ack_number(),
            window: segment.window_len(),
            has_text: payload.len() > segment.header_len().into(),
        })
    }
}

/// The receive window of a connection, which is closed.
#[derive(Clone, Copy)]
struct Closed {
    local: IpEndpoint,
    remote: IpEndpoint,
    /// The byte that smoltcp expects.
    next: TcpSeqNumber,
}

impl Closed {
    /// Whether smoltcp has used nothing of a segment that was received.
    fn shuts_out(&self, segment: &Segment) -> bool {
        if segment.source != self.remote || segment.destination != self.local {
            return false;
        }
        // Sequence numbers are compared modulo 2^32, as a difference.
        let ahead = segment.sequence.0.wrapping_sub(self.next.0);
        // From the edge itself, a closed window accepts a segment without text.
        let least = if segment.has_text { 0 } else { 1 };
        (least..=REACH).contains(&ahead)
    }
}

/// Knows the window that was closed last, and what came from beyond it.
pub(super) struct ClosedWindow {
    medium: Medium,
    /// What is to be verified of a frame that was received.
    checksums: ChecksumCapabilities,
    closed: Cell<Option<Closed>>,
    unused: Cell<Option<Segment>>,
}

impl ClosedWindow {
    pub(super) fn new(capabilities: &DeviceCapabilities) -> Self {
        Self {
            medium: capabilities.medium,
            checksums: capabilities.checksum.clone(),
            closed: Cell::new(None),
            unused: Cell::new(None),
        }
    }

    /// smoltcp transmits this frame.
    pub(super) fn transmitted(&self, frame: &[u8]) {
        // The device may fill its checksums in later.
        let checksums = ChecksumCapabilities::ignored();
        let Some(segment) = Segment::read(self.medium, &checksums, frame) else {
            return;
        };
        let (local, remote) = (segment.source, segment.destination);
        if segment.window == 0 {
            let next = segment.acknowledged;
            self.closed.set(Some(Closed {
                local,
                remote,
                next,
            }));
        } else if let Some(closed) = self.closed.get()
            && (closed.local, closed.remote) == (local, remote)
        {
            self.closed.set(None);
        }
    }

    /// smoltcp has received this frame, and transmitted its answer if there is one.
    pub(super) fn received(&self, frame: &[u8]) {
        if let Some(closed) = self.closed.get()
            && let Some(segment) = Segment::read(self.medium, &self.checksums, frame)
            && closed.shuts_out(&segment)
        {
            let sequence = closed.next;
            self.unused.set(Some(Segment {
                sequence,
                ..segment
            }));
        }
    }

    /// What smoltcp is to be given, before the next frame.
    pub(super) fn unused(&self) -> Option<Acknowledgement> {
        let segment = self.unused.take()?;
        Some(Acknowledgement(Some(segment)))
    }
}

/// A device that receives one acknowledgement, and transmits nothing.
pub(super) struct Acknowledgement(Option<Segment>);

impl Device for Acknowledgement {
    type RxToken<'t> = Segment;
    type TxToken<'t> = Nowhere;

    fn receive(&mut self, _: Instant) -> Option<(Segment, Nowhere)> {
        Some((self.0.take()?, Nowhere))
    }

    fn transmit(&mut self, _: Instant) -> Option<Nowhere> {
        None
    }

    fn capabilities(&self) -> DeviceCapabilities {
        // Not asked for: the interface knows its device's.
        DeviceCapabilities::default()
    }
}

impl RxToken for Segment {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        let (source, destination) = (self.source.addr, self.destination.addr);
        let segment = TcpRepr {
            src_port: self.source.port,
            dst_port: self.destination.port,
            control: TcpControl::None,
            seq_number: self.sequence,
            ack_number: Some(self.acknowledged),
            window_len: self.window,
            window_scale: None,
            max_seg_size: None,
            sack_permitted: false,
            sack_ranges: [None; 3],
            timestamp: None,
            payload: &[],
        };
        let length = segment.buffer_len();
        let header = IpRepr::new(source, destination, IpProtocol::Tcp, length, 64);
        let checksums = ChecksumCapabilities::default();

        let mut frame = [0; LONGEST];
        let mut start = 0;
        if let Some(ethernet) = self.ethernet {
            ethernet.emit(&mut EthernetFrame::new_unchecked(&mut frame[..]));
            start = EthernetFrame::<&[u8]>::header_len();
        }
        let payload = start + header.header_len();
        let end = payload + length;
        header.emit(&mut frame[start..payload], &checksums);
        let mut packet = TcpPacket::new_unchecked(&mut frame[payload..end]);
        segment.emit(&mut packet, &source, &destination, &checksums);
        read(&frame[..end])
    }
}

/// Headers of Ethernet, IPv6 and TCP; TCP has up to 40 bytes of options.
const LONGEST: usize = 14 + 40 + 20 + 40;

/// Where the answer to an answer goes, lest two hosts answer each other for ever.
pub(super) struct Nowhere;

impl TxToken for Nowhere {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        // The answer to a segment, or the question for its sender's neighbor, is headers only.
        fill(&mut [0; LONGEST][..length])
    }
}
