//! SYNs that wait until their server has room, and half-open connections that have given way.
//!
//! Those that are kept are the first of the slots, in no order: where one is taken out, the last one
//! takes its place. So what is over costs nothing, and what is looked through are those that are kept.

use managed::ManagedSlice;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpEndpoint};

#[cfg(feature = "syn-cache")]
use super::fairness;
#[cfg(feature = "addressing")]
use crate::link::Addresses;
use crate::link::EthernetAddress;
use crate::packet::{FourTuple, LONGEST_PACKET_HEADERS};
use crate::stack::host::Host;

/// How long a SYN waits. Its client has sent it again by then, or has given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether half-open connections that give way are remembered. A cookie is known without that.
pub(super) const REMEMBERS: bool = cfg!(all(feature = "syn-cache", not(feature = "syn-cookies")));

const NOWHERE: IpEndpoint = IpEndpoint::new(IpAddress::v4(0, 0, 0, 0), 0);

/// What is kept of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its SYN, which waits for a slot.
    Waiting,
    /// The acknowledgement that it may send yet: its half-open connection has given way.
    #[cfg(feature = "syn-cache")]
    Answered,
    /// Its acknowledgement of a SYN-ACK, which waits for a slot.
    #[cfg(any(feature = "syn-cache", feature = "syn-cookies"))]
    Acknowledged,
}

/// Room for a SYN that waits until its server has room: about 110 bytes, with IPv6 160.
#[derive(Clone, Debug)]
pub struct PendingSyn {
    tuple: FourTuple,
    /// The number of its turn.
    turn: u32,
    /// When its client sent it last.
    repeated: Instant,
    kind: Kind,
    /// The card that has sent it, on Ethernet.
    source: Option<EthernetAddress>,
    /// In bytes.
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
        turn: 0,
        repeated: Instant::ZERO,
        kind: Kind::Waiting,
        source: None,
        length: 0,
        packet: [0; LONGEST_PACKET_HEADERS],
    };

    fn is_over(&self, now: Instant) -> bool {
        now >= self.repeated + PATIENCE
    }

    /// Whether it waits for a slot; of a client that has proven its address, or not.
    fn waits(&self) -> Option<bool> {
        match self.kind {
            Kind::Waiting => Some(false),
            #[cfg(feature = "syn-cache")]
            Kind::Answered => None,
            #[cfg(any(feature = "syn-cache", feature = "syn-cookies"))]
            Kind::Acknowledged => Some(true),
        }
    }

    /// Keeps a packet, which is not too long.
    fn keep(&mut self, source: Option<EthernetAddress>, packet: &[u8], kind: Kind, now: Instant) {
        self.repeated = now;
        self.kind = kind;
        self.source = source;
        self.length = packet.len() as u8;
        self.packet[..packet.len()].copy_from_slice(packet);
    }

    fn packet(&self) -> &[u8] {
        &self.packet[..self.length.into()]
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
    /// How many of them are kept.
    count: usize,
    /// The number of the next turn.
    turn: u32,
    /// When the latest SYN came.
    latest: Instant,
}

impl<'a> Backlog<'a> {
    pub(super) fn new(slots: ManagedSlice<'a, PendingSyn>) -> Self {
        Self {
            slots,
            count: 0,
            turn: 0,
            latest: Instant::ZERO,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether a half-open connection that gives way is remembered.
    pub(super) fn remembers(&self) -> bool {
        REMEMBERS && !self.slots.is_empty()
    }

    /// Whether there is room for another half-open connection that gives way. Of SYNs that wait, each
    /// makes room when it is admitted.
    pub(super) fn has_room_to_remember(&self) -> bool {
        #[cfg(feature = "syn-cache")]
        let is_answered = |slot: &PendingSyn| slot.kind == Kind::Answered;
        #[cfg(not(feature = "syn-cache"))]
        let is_answered = |_: &PendingSyn| false;
        self.count < self.slots.len() || self.slots.iter().any(is_answered)
    }

    /// Forgets all SYNs once none is pending.
    pub(super) fn expire(&mut self, now: Instant) {
        if now >= self.latest + PATIENCE {
            self.count = 0;
        }
    }

    /// Lets a SYN wait; returns whether there is room. One that is sent again keeps its turn, and a
    /// client that has proven its address takes the room of one that has not.
    pub(super) fn put(
        &mut self,
        tuple: FourTuple,
        source: Option<EthernetAddress>,
        packet: &[u8],
        kind: Kind,
        host: &Host,
        now: Instant,
    ) -> bool {
        if packet.len() > LONGEST_PACKET_HEADERS {
            return false;
        }
        self.latest = now;
        let mut index = 0;
        while index < self.count {
            let slot = &mut self.slots[index];
            if slot.is_over(now) {
                self.remove(index);
                continue;
            }
            if slot.tuple == tuple {
                // What a client has proven stands.
                if slot.kind == Kind::Waiting || kind != Kind::Waiting {
                    slot.keep(source, packet, kind, now);
                }
                return slot.waits().is_some();
            }
            index += 1;
        }
        let index = if self.count < self.slots.len() {
            self.count += 1;
            self.count - 1
        } else {
            match self.victim(&tuple, kind, host) {
                Some(index) => index,
                None => return false,
            }
        };
        let slot = &mut self.slots[index];
        slot.tuple = tuple;
        slot.turn = self.turn;
        self.turn = self.turn.wrapping_add(1);
        slot.keep(source, packet, kind, now);
        true
    }

    /// What gives its room to another client, if anything does.
    fn victim(&self, tuple: &FourTuple, kind: Kind, host: &Host) -> Option<usize> {
        let _ = (tuple, host);
        match kind {
            // With cookies, a SYN that finds no room is answered by one.
            _ if !REMEMBERS && kind == Kind::Waiting => None,
            #[cfg(not(feature = "syn-cache"))]
            Kind::Waiting => None,
            // Of the source that has more than half of them.
            #[cfg(feature = "syn-cache")]
            Kind::Waiting => {
                let waiting = self.kept().filter(|(_, slot)| slot.kind == Kind::Waiting);
                let source = |tuple: &FourTuple| fairness::source(&tuple.remote.addr, host);
                let sources = waiting.map(|(index, slot)| (source(&slot.tuple), index));
                let leader = fairness::leader(sources);
                let of_another = leader.filter(|(leader, _)| *leader != source(tuple));
                of_another.map(|(_, index)| index)
            }
            // The oldest of the same source, or of all.
            #[cfg(feature = "syn-cache")]
            Kind::Answered => {
                let source = |tuple: &FourTuple| fairness::source(&tuple.remote.addr, host);
                let own = source(tuple);
                let answered = self.kept().filter(|(_, slot)| slot.kind == Kind::Answered);
                self.oldest(answered, |slot| source(&slot.tuple) != own)
            }
            #[cfg(any(feature = "syn-cache", feature = "syn-cookies"))]
            Kind::Acknowledged => {
                let unproven = self.kept().filter(|(_, slot)| slot.waits() != Some(true));
                self.oldest(unproven, |slot| slot.kind == Kind::Waiting)
            }
        }
    }

    /// The oldest of these for which this is false, else the oldest of all.
    #[cfg(any(feature = "syn-cache", feature = "syn-cookies"))]
    fn oldest<'s>(
        &self,
        those: impl Iterator<Item = (usize, &'s PendingSyn)>,
        comes_last: impl Fn(&PendingSyn) -> bool,
    ) -> Option<usize> {
        let age = |slot: &PendingSyn| self.turn.wrapping_sub(slot.turn);
        let oldest = those.max_by_key(|(_, slot)| (!comes_last(slot), age(slot)));
        oldest.map(|(index, _)| index)
    }

    /// What is kept, and where.
    #[cfg(any(feature = "syn-cache", feature = "syn-cookies"))]
    fn kept(&self) -> impl Iterator<Item = (usize, &PendingSyn)> + Clone {
        self.slots[..self.count].iter().enumerate()
    }

    /// Where the acknowledgement of this client is kept, whether it has come or not, and the packet.
    #[cfg(all(feature = "syn-cache", not(feature = "syn-cookies")))]
    pub(super) fn acknowledgement(&self, tuple: &FourTuple) -> Option<(usize, &[u8])> {
        let is_kept = |slot: &PendingSyn| slot.kind != Kind::Waiting && slot.tuple == *tuple;
        let (index, slot) = self.kept().find(|(_, slot)| is_kept(slot))?;
        Some((index, slot.packet()))
    }

    /// Removes what is kept for addresses that are gone.
    #[cfg(feature = "addressing")]
    pub(super) fn forget_gone(&mut self, addresses: &Addresses) {
        let mut index = 0;
        while index < self.count {
            if addresses.is_own(&self.slots[index].tuple.local.addr) {
                index += 1;
            } else {
                self.remove(index);
            }
        }
    }

    /// Removes what waits of a client if its connection is opened in another way. What it has proven
    /// stays.
    pub(super) fn leave(&mut self, tuple: &FourTuple) {
        let is_left = |slot: &PendingSyn| slot.kind == Kind::Waiting && slot.tuple == *tuple;
        if let Some(index) = self.slots[..self.count].iter().position(is_left) {
            self.remove(index);
        }
    }

    /// How many clients something is kept of.
    #[cfg(feature = "syn-cookies")]
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Takes out the last SYN that waits, of those before this one, which is moved there.
    #[cfg(feature = "syn-cookies")]
    pub(super) fn take_before(
        &mut self,
        end: &mut usize,
    ) -> Option<(Option<EthernetAddress>, &[u8])> {
        let is_waiting = |slot: &PendingSyn| slot.kind == Kind::Waiting;
        *end = self.slots[..*end].iter().rposition(is_waiting)?;
        self.take(*end)
    }

    /// The next SYN, of those that pass: that of a client that has proven its address, else the one
    /// that has waited longest.
    pub(super) fn first(
        &self,
        now: Instant,
        mut passes: impl FnMut(&FourTuple, bool) -> bool,
    ) -> Option<(usize, FourTuple, bool)> {
        let mut first = None;
        for (index, slot) in self.slots[..self.count].iter().enumerate() {
            let Some(is_proven) = slot.waits() else {
                continue;
            };
            let turn = (is_proven, self.turn.wrapping_sub(slot.turn));
            if !slot.is_over(now)
                && first.is_none_or(|(_, first)| turn > first)
                && passes(&slot.tuple, is_proven)
            {
                first = Some((index, turn));
            }
        }
        first.map(|(index, (is_proven, _))| (index, self.slots[index].tuple, is_proven))
    }

    /// The packet in this slot, which waits no more, and the card that has sent it.
    pub(super) fn take(&mut self, index: usize) -> Option<(Option<EthernetAddress>, &[u8])> {
        self.remove(index);
        let slot = self.slots.get(self.count)?;
        Some((slot.source, slot.packet()))
    }

    /// Takes one out, which then is the first of those that are not kept.
    fn remove(&mut self, index: usize) {
        self.count -= 1;
        self.slots.swap(index, self.count);
    }
}
