//! SYNs that wait until their server has room.

use managed::ManagedSlice;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpEndpoint};

#[cfg(feature = "addressing")]
use crate::link::Addresses;
use crate::link::EthernetAddress;
use crate::packet::{FourTuple, LONGEST_PACKET_HEADERS};

/// How long a SYN waits. Its client has sent it again by then, or has given up.
const PATIENCE: Duration = Duration::from_secs(30);

const NOWHERE: IpEndpoint = IpEndpoint::new(IpAddress::v4(0, 0, 0, 0), 0);

/// Room for a SYN that waits until its server has room: 120 bytes, with IPv6 168.
#[derive(Clone, Debug)]
pub struct PendingSyn {
    tuple: FourTuple,
    since: Instant,
    /// When its client sent it last.
    repeated: Instant,
    /// Whether this is the acknowledgement of a client that has brought its cookie back.
    is_proven: bool,
    /// The card that has sent it, on Ethernet.
    source: Option<EthernetAddress>,
    /// In bytes; 0 where there is no SYN.
    length: u8,
    packet: [u8; LONGEST_PACKET_HEADERS],
}

impl PendingSyn {
    /// Room without a SYN.
    pub const EMPTY: Self = Self {
        tuple: FourTuple {
            local: NOWHERE,
            remote: NOWHERE,
        },
        since: Instant::ZERO,
        repeated: Instant::ZERO,
        is_proven: false,
        source: None,
        length: 0,
        packet: [0; LONGEST_PACKET_HEADERS],
    };

    fn is_pending(&self, now: Instant) -> bool {
        self.length > 0 && now < self.repeated + PATIENCE
    }

    fn is_proven(&self) -> bool {
        cfg!(feature = "syn-cookies") && self.is_proven
    }

    /// Keeps a packet, which is not too long.
    fn keep(
        &mut self,
        source: Option<EthernetAddress>,
        packet: &[u8],
        is_proven: bool,
        now: Instant,
    ) {
        self.repeated = now;
        self.is_proven = is_proven;
        self.source = source;
        self.length = packet.len() as u8;
        self.packet[..packet.len()].copy_from_slice(packet);
    }
}

impl Default for PendingSyn {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// The SYNs that wait, in the order in which they came.
pub(super) struct Backlog<'a> {
    slots: ManagedSlice<'a, PendingSyn>,
    /// How many slots are taken: while none is, which is asked at each poll, none is looked at.
    taken: usize,
    /// When the latest SYN came.
    latest: Instant,
}

impl<'a> Backlog<'a> {
    pub(super) fn new(mut slots: ManagedSlice<'a, PendingSyn>) -> Self {
        for slot in slots.iter_mut() {
            slot.length = 0;
        }
        Self {
            slots,
            taken: 0,
            latest: Instant::ZERO,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// Forgets all SYNs once none is pending: what is only expired costs nothing.
    pub(super) fn expire(&mut self, now: Instant) {
        if self.taken > 0 && now >= self.latest + PATIENCE {
            self.slots.iter_mut().for_each(|slot| slot.length = 0);
            self.taken = 0;
        }
    }

    /// Lets a SYN wait; returns whether there is room. One that is sent again keeps its turn, and a
    /// client that has proven its address takes the room of one that has not.
    pub(super) fn put(
        &mut self,
        tuple: FourTuple,
        source: Option<EthernetAddress>,
        packet: &[u8],
        is_proven: bool,
        now: Instant,
    ) -> bool {
        if packet.len() > LONGEST_PACKET_HEADERS {
            return false;
        }
        self.latest = now;
        let mut free: Option<&mut PendingSyn> = None;
        let mut unproven: Option<&mut PendingSyn> = None;
        for slot in self.slots.iter_mut() {
            if !slot.is_pending(now) {
                // The first one: of SYNs that came at one moment, the first slot is admitted first.
                free = free.or(Some(slot));
            } else if slot.tuple == tuple {
                if is_proven || !slot.is_proven() {
                    slot.keep(source, packet, is_proven, now);
                }
                return true;
            } else if is_proven
                && !slot.is_proven()
                && unproven
                    .as_ref()
                    .is_none_or(|oldest| slot.since < oldest.since)
            {
                unproven = Some(slot);
            }
        }
        let Some(slot) = free.or(unproven) else {
            return false;
        };
        self.taken += usize::from(slot.length == 0);
        slot.tuple = tuple;
        slot.since = now;
        slot.keep(source, packet, is_proven, now);
        true
    }

    /// Removes the SYNs for addresses that are gone.
    #[cfg(feature = "addressing")]
    pub(super) fn forget_gone(&mut self, addresses: &Addresses) {
        for slot in self.slots.iter_mut() {
            if slot.length > 0 && !addresses.is_own(&slot.tuple.local.addr) {
                slot.length = 0;
                self.taken -= 1;
            }
        }
    }

    /// Removes the SYN of a connection that is opened in another way. An ACK with a cookie stays.
    #[cfg(feature = "syn-cookies")]
    pub(super) fn leave(&mut self, tuple: &FourTuple) {
        if self.taken == 0 {
            return;
        }
        for slot in self.slots.iter_mut() {
            if slot.length > 0 && slot.tuple == *tuple && !slot.is_proven() {
                slot.length = 0;
                self.taken -= 1;
            }
        }
    }

    /// The next SYN, of those with a port that passes: that of a client that has proven its
    /// address, else the one that has waited longest.
    pub(super) fn first(
        &self,
        now: Instant,
        mut passes: impl FnMut(u16, bool) -> bool,
    ) -> Option<(usize, FourTuple, bool)> {
        let mut first: Option<(usize, &PendingSyn)> = None;
        for (index, slot) in self.slots.iter().enumerate() {
            if slot.is_pending(now)
                && first.is_none_or(|(_, first)| {
                    (!slot.is_proven(), slot.since) < (!first.is_proven(), first.since)
                })
                && passes(slot.tuple.local.port, slot.is_proven())
            {
                first = Some((index, slot));
            }
        }
        first.map(|(index, slot)| (index, slot.tuple, slot.is_proven()))
    }

    /// The packet in this slot, which waits no more, and the card that has sent it.
    pub(super) fn take(&mut self, index: usize) -> Option<(Option<EthernetAddress>, &[u8])> {
        let slot = self.slots.get_mut(index)?;
        let length = core::mem::take(&mut slot.length);
        self.taken -= usize::from(length > 0);
        Some((slot.source, &slot.packet[..length.into()]))
    }
}
