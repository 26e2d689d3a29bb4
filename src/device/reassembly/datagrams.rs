//! The datagrams that are being put together.

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpProtocol;

use super::Counters;
use super::fragment::{Fragment, Key, udp_payload};
use super::holes::{DESCRIPTOR, Holes};
use crate::logging::{debug, warn};
use crate::packet::ip::{IPV4_HEADER, IPV6_HEADER, ipv4, ipv6, set_packet_len};
use crate::packet::{ETHERNET_HEADER, put_half};

/// Bytes at the beginning of each slot that are kept for headers: Ethernet, and IPv6 as the
/// longer of the two. Headers are written so that they end where the datagram begins.
const HEADERS: usize = ETHERNET_HEADER + IPV6_HEADER;

/// Bytes of a slot that cannot hold a part of the datagram.
pub(super) const OVERHEAD: usize = HEADERS + DESCRIPTOR;

#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    state: State,
    key: Option<Key>,
    /// Where in the slot the frame begins, and the IP header within.
    frame: usize,
    packet: usize,
    protocol: IpProtocol,
    holes: Holes,
    started: Instant,
    /// Its place in the order in which datagrams were started.
    order: u64,
}

/// Ordered by how readily a slot is given to another datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Free,
    /// Given up. The fragments that may still come are recognized and dropped.
    Dropped,
    Growing,
}

impl Slot {
    pub(super) const FREE: Self = Self {
        state: State::Free,
        key: None,
        frame: HEADERS,
        packet: HEADERS,
        protocol: IpProtocol::Udp,
        holes: Holes::NONE,
        started: Instant::ZERO,
        order: 0,
    };
}

/// All slots, and what happened to the datagrams in them.
#[derive(Debug)]
pub(super) struct Datagrams<'a> {
    slots: &'a mut [Slot],
    bytes: &'a mut [u8],
    /// Bytes for each slot.
    size: usize,
    started: u64,
    /// The longest UDP payload to deliver.
    pub(super) limit: usize,
    pub(super) counters: Counters,
}

impl<'a> Datagrams<'a> {
    /// `bytes` holds `size` bytes for each of the slots.
    pub(super) fn new(slots: &'a mut [Slot], bytes: &'a mut [u8], size: usize) -> Self {
        slots.fill(Slot::FREE);
        Self {
            slots,
            bytes,
            size,
            started: 0,
            limit: usize::MAX,
            counters: Counters::default(),
        }
    }

    /// Gives up on the datagrams that were started `lifetime` ago or earlier.
    pub(super) fn expire(&mut self, now: Instant, lifetime: Duration) {
        for slot in &mut *self.slots {
            if slot.state != State::Free && now >= slot.started + lifetime {
                if slot.state == State::Growing {
                    add(&mut self.counters.expired);
                    debug!(
                        "a fragmented datagram is dropped, its other parts did not come in time"
                    );
                }
                *slot = Slot::FREE;
            }
        }
    }

    /// Counts a fragment that no sender makes.
    pub(super) fn malformed(&mut self) {
        add(&mut self.counters.malformed);
        debug!("a malformed fragment is dropped");
    }

    /// Whether a UDP payload is longer than any socket takes. Counted, if so.
    pub(super) fn exceeds_limit(&mut self, payload: Option<usize>) -> bool {
        let Some(length) = payload.filter(|length| *length > self.limit) else {
            return false;
        };
        add(&mut self.counters.too_large);
        warn!(
            "a datagram of {} bytes is dropped, {} is the most that is taken",
            length, self.limit
        );
        true
    }

    /// Puts a fragment where it belongs. The whole frame, if that was the last one missing.
    pub(super) fn add(&mut self, fragment: &Fragment, now: Instant) -> Option<&[u8]> {
        let index = self
            .find(fragment.key)
            .unwrap_or_else(|| self.start(fragment.key, now));
        let slot = self.slots.get_mut(index)?;
        if slot.state == State::Dropped {
            return None;
        }

        let bytes = self
            .bytes
            .get_mut(index * self.size..)?
            .get_mut(..self.size)?;
        let (headers, datagram) = bytes.split_at_mut_checked(HEADERS)?;
        if slot.holes.is_none() {
            slot.holes = Holes::new(datagram);
        }
        if fragment.end() + DESCRIPTOR > datagram.len() {
            slot.state = State::Dropped;
            add(&mut self.counters.too_large);
            let room = datagram.len() - DESCRIPTOR;
            warn!(
                "a fragmented datagram of more than {} bytes is dropped, there is no room for it",
                room
            );
            return None;
        }
        if slot
            .holes
            .fill(datagram, fragment.offset, fragment.data, fragment.more)
            .is_err()
        {
            slot.state = State::Dropped;
            add(&mut self.counters.malformed);
            debug!("a fragmented datagram is dropped, its parts contradict each other");
            return None;
        }
        if fragment.offset == 0 {
            slot.packet = put_before(headers, HEADERS, fragment.header)?;
            slot.frame = put_before(headers, slot.packet, fragment.link)?;
            slot.protocol = fragment.protocol;
        }
        let length = slot.holes.complete()?;

        let (frame, packet, protocol) = (slot.frame, slot.packet, slot.protocol);
        *slot = Slot::FREE;
        let payload = udp_payload(protocol, datagram.get(..length)?);
        finish(bytes.get_mut(packet..HEADERS)?, length, protocol)?;
        if self.exceeds_limit(payload) {
            return None;
        }
        add(&mut self.counters.reassembled);
        self.bytes
            .get(index * self.size..)?
            .get(frame..HEADERS + length)
    }

    fn find(&self, key: Option<Key>) -> Option<usize> {
        let key = key?;
        self.slots
            .iter()
            .position(|slot| slot.state != State::Free && slot.key == Some(key))
    }

    fn start(&mut self, key: Option<Key>, now: Instant) -> usize {
        let slots = self.slots.iter_mut().enumerate();
        let Some((index, slot)) = slots.min_by_key(|(_, slot)| (slot.state, slot.order)) else {
            return 0;
        };
        if slot.state == State::Growing {
            add(&mut self.counters.evicted);
            debug!("a fragmented datagram is dropped, its room is needed for a newer one");
        }
        self.started += 1;
        *slot = Slot {
            state: State::Growing,
            key,
            started: now,
            order: self.started,
            ..Slot::FREE
        };
        index
    }
}

/// Copies a header so that it ends at `end`, and says where it starts.
fn put_before(headers: &mut [u8], end: usize, header: &[u8]) -> Option<usize> {
    let start = end.checked_sub(header.len())?;
    headers.get_mut(start..end)?.copy_from_slice(header);
    Some(start)
}

/// Makes the header of a first fragment the header of a whole datagram of `length` bytes.
fn finish(header: &mut [u8], length: usize, protocol: IpProtocol) -> Option<()> {
    match header.len() {
        IPV4_HEADER => {
            // The options are left out.
            header[ipv4::VERSION_AND_LENGTH] = 0x45;
            put_half(header, ipv4::FRAGMENT, 0);
        }
        IPV6_HEADER => header[ipv6::NEXT_HEADER] = protocol.into(),
        _ => return None,
    }
    set_packet_len(header, header.len() + length)
}

fn add(counter: &mut u32) {
    *counter = counter.wrapping_add(1);
}
