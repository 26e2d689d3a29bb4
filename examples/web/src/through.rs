//! What a router has forwarded: one packet from host to host, though it was a frame on each of two
//! links.

use std::sync::Arc;

use smoltcp::time::Instant;
use uppercase::trace::{Fate, Record};

/// Frames in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frames {
    /// The frames and their copies.
    pub records: Vec<Record>,
    /// The name of each record, and which copy it is.
    pub names: Vec<(String, u32)>,
}

/// A frame that has come to the router.
struct Passing<'r> {
    packet: Packet<'r>,
    /// Where it is among those that are kept.
    index: usize,
    /// When it has come.
    since: Option<Instant>,
    /// How much of its payload was forwarded, in bytes, and in how many packets.
    forwarded: usize,
    pieces: usize,
}

/// The frames from host to host, and those of the router itself, which has a link of each of these
/// names and forwards packets of up to `mtu` bytes.
pub fn joined(frames: &Frames, router: [&str; 2], mtu: usize) -> Frames {
    let is_router = |name: &Option<Arc<str>>| {
        let name = name.as_deref();
        router.iter().any(|router| name == Some(router))
    };
    let mut joined = Frames::default();
    let mut passing: Vec<Passing<'_>> = Vec::new();
    for (record, name) in frames.records.iter().zip(&frames.names) {
        if is_router(&record.from)
            && let Some(packet) = Packet::of(record)
            && let Some(whole) = (passing.iter_mut())
                .find(|whole| whole.since <= record.sent && whole.continues(&packet))
        {
            whole.forwarded += packet.payload.len();
            whole.pieces += 1;
            whole.follow(&mut joined.records[whole.index], record);
            continue;
        }
        let index = joined.records.len();
        joined.records.push(record.clone());
        joined.names.push(name.clone());
        if is_router(&record.to)
            && record.fate != Fate::Lost
            && let Some(packet) = Packet::of(record)
        {
            passing.push(Passing {
                packet,
                index,
                since: record.arrived,
                forwarded: 0,
                pieces: 0,
            });
        }
    }
    for whole in &passing {
        let record = &mut joined.records[whole.index];
        if whole.pieces > 1 {
            record.comment = format!("in {} fragments", whole.pieces);
        } else if whole.pieces == 0 && record.fate != Fate::Unknown {
            record.fate = Fate::Lost;
            record.arrived = None;
            record.comment = match whole.packet.length > mtu {
                true => format!("longer than {mtu} bytes"),
                false => "the router does not forward it".into(),
            };
        }
    }
    joined
}

impl Passing<'_> {
    /// Whether a packet of the router is the next piece of this one.
    fn continues(&self, piece: &Packet<'_>) -> bool {
        let whole = &self.packet;
        let rest = whole.payload.get(self.forwarded..).unwrap_or_default();
        whole.identity == piece.identity
            && !rest.is_empty()
            && rest.starts_with(piece.payload)
            && (whole.may_be_cut || rest.len() == piece.payload.len())
    }

    /// The record of the whole packet, of which this piece is the latest.
    fn follow(&self, whole: &mut Record, piece: &Record) {
        whole.to = piece.to.clone();
        whole.arrived = piece.arrived.max(whole.arrived.filter(|_| self.pieces > 1));
        if matches!(piece.fate, Fate::Lost | Fate::Unknown) {
            whole.fate = piece.fate;
            whole.comment = piece.comment.clone();
        }
        if whole.fate == Fate::Lost {
            whole.arrived = None;
        } else if piece.fate == Fate::Corrupted {
            whole.fate = Fate::Corrupted;
        }
    }
}

/// What tells packets apart, without what a router changes in them.
struct Packet<'r> {
    /// Version, addresses, protocol, identification.
    identity: [&'r [u8]; 3],
    payload: &'r [u8],
    length: usize,
    may_be_cut: bool,
}

impl<'r> Packet<'r> {
    fn of(record: &'r Record) -> Option<Self> {
        const ETHERNET_HEADER: usize = 14;
        /// IPv4's flag that forbids fragments, in the seventh byte of its header.
        const DONT_FRAGMENT: u8 = 0x40;
        const ICMPV6: u8 = 58;
        let bytes = record.bytes.get(ETHERNET_HEADER..)?;
        let header = match record.bytes[ETHERNET_HEADER - 2..ETHERNET_HEADER] {
            [0x08, 0x00] => 20,
            [0x86, 0xdd] => 40,
            _ => return None,
        };
        let (header, payload) = bytes.split_at_checked(header)?;
        // Neighbor discovery stays on its link.
        if header.len() == 40 && header[6] == ICMPV6 && matches!(payload, [133..=137, ..]) {
            return None;
        }
        Some(match header.len() {
            20 => Self {
                identity: [&header[4..6], &header[9..10], &header[12..]],
                payload,
                length: bytes.len(),
                may_be_cut: header[6] & DONT_FRAGMENT == 0,
            },
            _ => Self {
                identity: [&header[..7], &[], &header[8..]],
                payload,
                length: bytes.len(),
                may_be_cut: false,
            },
        })
    }
}
