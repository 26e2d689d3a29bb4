//! From the two ends of a connection to its place: a hash table, chained through the entries.

use smoltcp::wire::IpAddress;

use super::entry::{Entry, NOBODY};
use crate::stack::Ends;

/// Two addresses of IPv6 and two ports, 32 bits each.
const WORDS: usize = 9;

/// The keys of a hash that nobody can foresee.
///
/// It is multilinear: each word times a random key of its own, and of the sum the upper half. Two
/// connections meet with the probability of chance whatever their ends are (Carter and Wegman,
/// Universal Classes of Hash Functions, 1979), so who does not know the keys cannot choose ends
/// that make the chains long.
#[derive(Debug)]
pub(super) struct Index {
    keys: [u64; WORDS + 1],
}

impl Index {
    pub(super) fn new(random_seed: u64) -> Self {
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

    pub(super) fn hash(&self, ends: &Ends) -> u32 {
        let ports = u32::from(ends.local.port) << 16 | u32::from(ends.remote.port);
        let mut keys = self.keys.iter();
        let mut sum = keys.next().copied().unwrap_or_default();
        let mut add = |word: u32| {
            let key = keys.next().copied().unwrap_or_default();
            sum = sum.wrapping_add(key.wrapping_mul(word.into()));
        };
        add(ports);
        for address in [&ends.remote.addr, &ends.local.addr] {
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

    /// The place with this hash that is the right one.
    pub(super) fn find(
        &self,
        entries: &[Entry],
        hash: u32,
        mut is_right: impl FnMut(usize) -> bool,
    ) -> Option<usize> {
        let mut place = entries[bucket(entries, hash)].first;
        while place != NOBODY {
            let entry = &entries[place as usize];
            if entry.hash == hash && is_right(place as usize) {
                return Some(place as usize);
            }
            place = entry.next;
        }
        None
    }

    pub(super) fn insert(&self, entries: &mut [Entry], hash: u32, place: usize) {
        let bucket = bucket(entries, hash);
        entries[place].hash = hash;
        entries[place].next = entries[bucket].first;
        entries[bucket].first = place as u32;
    }

    /// Takes a place out again, which must be in.
    pub(super) fn remove(&self, entries: &mut [Entry], place: usize) {
        let next = entries[place].next;
        let bucket = bucket(entries, entries[place].hash);
        if entries[bucket].first == place as u32 {
            entries[bucket].first = next;
            return;
        }
        let mut before = entries[bucket].first;
        while before != NOBODY {
            let entry = &mut entries[before as usize];
            if entry.next == place as u32 {
                entry.next = next;
                return;
            }
            before = entry.next;
        }
    }
}

/// Where the chain for a hash begins: all of them in equal shares, without a division.
fn bucket(entries: &[Entry], hash: u32) -> usize {
    ((u64::from(hash) * entries.len() as u64) >> 32) as usize
}
