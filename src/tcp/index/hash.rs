//! From the four-tuple of a connection to its number: a hash table, chained through the entries.

use managed::ManagedSlice;
use smoltcp::time::Instant;
use smoltcp::wire::IpAddress;

use super::entry::{Entry, NONE};
use super::list::List;
use super::sealed::Index;
use super::timers::Timers;
use super::{Kind, Work};
use crate::packet::FourTuple;

/// Looks at no connection but those that have something to do: for many. What it does for one does
/// not depend on how many there are.
///
/// smoltcp 0.14 looks at every socket for every segment. With a thousand connections that is most of
/// what it does. Here a hash table leads from a four-tuple to its connection, lists to those that
/// have something to do, and a heap to those with a timer that has expired.
///
/// It takes 72 bytes for each connection, and some kilobytes of code.
#[derive(Debug)]
pub struct Hash<'a> {
    entries: ManagedSlice<'a, Entry>,
    keys: Keys,
    timers: Timers,
    free: List,
    opening: List,
    time_wait: List,
    serve: List,
    transmit: List,
}

impl<'a> Hash<'a> {
    /// Room for as many connections as there are entries.
    ///
    /// The seed must be another one at each start, and secret: with it, four-tuples can be chosen
    /// that take long to find.
    pub fn new(entries: impl Into<ManagedSlice<'a, Entry>>, random_seed: u64) -> Self {
        let mut entries = entries.into();
        entries.fill(Entry::EMPTY);
        Self {
            entries,
            keys: Keys::new(random_seed),
            timers: Timers::default(),
            free: List::new(|entry| &mut entry.of_kind),
            opening: List::new(|entry| &mut entry.of_kind),
            time_wait: List::new(|entry| &mut entry.of_kind),
            serve: List::new(|entry| &mut entry.of_work),
            transmit: List::new(|entry| &mut entry.of_work),
        }
    }

    fn of_kind(&mut self, kind: Kind) -> (&mut List, &mut [Entry]) {
        let list = match kind {
            Kind::Free => &mut self.free,
            Kind::Opening => &mut self.opening,
            Kind::TimeWait => &mut self.time_wait,
        };
        (list, &mut self.entries)
    }

    fn of_work(&mut self, work: Work) -> (&mut List, &mut [Entry]) {
        let list = match work {
            Work::Serve => &mut self.serve,
            Work::Transmit => &mut self.transmit,
        };
        (list, &mut self.entries)
    }
}

impl Index for Hash<'_> {
    fn capacity(&self) -> usize {
        self.entries.len()
    }

    fn find(&self, tuple: &FourTuple, matches: impl Fn(usize) -> bool) -> Option<usize> {
        let hash = self.keys.hash(tuple);
        let mut number = self.entries.get(bucket(&self.entries, hash))?.first;
        while number != NONE {
            let entry = &self.entries[number as usize];
            if entry.hash == hash && matches(number as usize) {
                return Some(number as usize);
            }
            number = entry.next;
        }
        None
    }

    fn bind(&mut self, tuple: &FourTuple, number: usize) {
        let hash = self.keys.hash(tuple);
        let bucket = bucket(&self.entries, hash);
        self.entries[number].hash = hash;
        self.entries[number].next = self.entries[bucket].first;
        self.entries[bucket].first = number as u32;
    }

    fn unbind(&mut self, number: usize) {
        let next = self.entries[number].next;
        let bucket = bucket(&self.entries, self.entries[number].hash);
        if self.entries[bucket].first == number as u32 {
            self.entries[bucket].first = next;
            return;
        }
        let mut before = self.entries[bucket].first;
        while before != NONE {
            let entry = &mut self.entries[before as usize];
            if entry.next == number as u32 {
                entry.next = next;
                return;
            }
            before = entry.next;
        }
    }

    fn sort(&mut self, number: usize, kind: Option<Kind>) {
        if let Some(before) = core::mem::replace(&mut self.entries[number].kind, kind) {
            let (list, entries) = self.of_kind(before);
            list.remove(entries, number);
        }
        if let Some(kind) = kind {
            let (list, entries) = self.of_kind(kind);
            match kind {
                // The latest one comes first: it is still in the caches.
                Kind::Free => list.push_front(entries, number),
                _ => list.push_back(entries, number),
            }
        }
    }

    fn kind(&self, number: usize) -> Option<Kind> {
        self.entries[number].kind
    }

    fn next_of(&self, kind: Kind, after: Option<usize>) -> Option<usize> {
        match (after, kind) {
            (Some(number), _) => {
                let next = self.entries[number].of_kind.next;
                (next != NONE).then_some(next as usize)
            }
            (None, Kind::Free) => self.free.first(),
            (None, Kind::Opening) => self.opening.first(),
            (None, Kind::TimeWait) => self.time_wait.first(),
        }
    }

    fn queue(&mut self, number: usize, work: Work) {
        let before = self.entries[number].work.replace(work);
        if before == Some(work) {
            return;
        }
        if let Some(before) = before {
            let (list, entries) = self.of_work(before);
            list.remove(entries, number);
        }
        let (list, entries) = self.of_work(work);
        list.push_back(entries, number);
    }

    fn next(&mut self, work: Work) -> Option<usize> {
        let (list, entries) = self.of_work(work);
        let number = list.pop_front(entries)?;
        self.entries[number].work = None;
        Some(number)
    }

    fn schedule(&mut self, number: usize, due: Option<Instant>) {
        self.timers.set(&mut self.entries, number, due);
    }

    fn due(&self) -> Option<Instant> {
        self.timers.due(&self.entries)
    }

    fn expire(&mut self, now: Instant) -> Option<usize> {
        self.timers.expire(&mut self.entries, now)
    }
}

/// Two addresses of IPv6 and two ports, 32 bits each.
const WORDS: usize = 9;

/// The keys of a hash that cannot be foreseen.
///
/// It is multilinear: each word is multiplied by a random key of its own, and the hash is the upper
/// half of the sum. Any two four-tuples collide with the probability of chance (Carter and Wegman,
/// Universal Classes of Hash Functions, 1979). So an attacker without the keys cannot choose
/// four-tuples that make the chains long.
#[derive(Debug)]
struct Keys {
    keys: [u64; WORDS + 1],
}

impl Keys {
    fn new(random_seed: u64) -> Self {
        #[cfg(feature = "isn")]
        let random_seed = crate::secret::draw(random_seed, crate::secret::Purpose::Table);
        // SplitMix64.
        let mut state = random_seed;
        Self {
            keys: [(); WORDS + 1].map(|()| {
                state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
                mixed ^ mixed >> 31
            }),
        }
    }

    fn hash(&self, tuple: &FourTuple) -> u32 {
        let ports = u32::from(tuple.local.port) << 16 | u32::from(tuple.remote.port);
        let mut keys = self.keys.iter();
        let mut sum = keys.next().copied().unwrap_or_default();
        let mut add = |word: u32| {
            let key = keys.next().copied().unwrap_or_default();
            sum = sum.wrapping_add(key.wrapping_mul(word.into()));
        };
        add(ports);
        for address in [&tuple.remote.addr, &tuple.local.addr] {
            match address {
                IpAddress::Ipv4(address) => add(address.to_bits()),
                #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
                #[cfg(feature = "ipv6")]
                IpAddress::Ipv6(address) => {
                    let bits = address.to_bits();
                    for shift in [96, 64, 32, 0] {
                        add((bits >> shift) as u32);
                    }
                }
                #[allow(unreachable_patterns)] // without IPv6 there is no other version
                _ => {}
            }
        }
        (sum >> 32) as u32
    }
}

/// Where the chain for a hash begins: all of them in equal shares, without a division.
fn bucket(entries: &[Entry], hash: u32) -> usize {
    ((u64::from(hash) * entries.len() as u64) >> 32) as usize
}
