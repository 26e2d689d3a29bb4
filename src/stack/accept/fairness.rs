//! Which half-open connection gives way to the SYN of another client.
//!
//! The oldest does. With the feature `syn-cache`, one source keeps no other out: a source with more than half
//! of them gives way at once, and where a source has one, that gives way to its own next SYN.

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpAddress;

use crate::stack::host::Host;
use crate::stack::table::{Slot, Table};

/// How many half-open connections are looked at, the oldest ones.
#[cfg(feature = "syn-cache")]
const LOOKS: usize = 16;

/// The half-open connections of a table.
#[derive(Clone, Copy)]
pub(super) struct HalfOpen {
    oldest: Slot,
    age: Duration,
    /// The source that has more than half of them, and at least two; and its oldest.
    #[cfg(feature = "syn-cache")]
    leader: Option<(IpAddress, Slot)>,
}

impl HalfOpen {
    /// Those of this table, if there are any.
    pub(super) fn of(table: &dyn Table<'_>, host: &Host, now: Instant) -> Option<Self> {
        let oldest = table.half_open(None)?;
        #[cfg(not(feature = "syn-cache"))]
        let _ = host;
        Some(Self {
            oldest,
            age: table.get(oldest)?.control().age(now),
            #[cfg(feature = "syn-cache")]
            leader: leader(sources(table, host)),
        })
    }

    /// How long the oldest has waited for its client.
    pub(super) fn age(&self) -> Duration {
        self.age
    }

    /// The one that has waited for longest.
    #[cfg(any(feature = "syn-cache", feature = "syn-cookies"))]
    pub(super) fn oldest(&self) -> Slot {
        self.oldest
    }

    /// Whether one gives way to a SYN from this address, after such a time.
    pub(super) fn gives_way(&self, address: &IpAddress, host: &Host, grace: Duration) -> bool {
        #[cfg(feature = "syn-cache")]
        if let Some((leader, _)) = self.leader
            && leader != source(address, host)
        {
            return true;
        }
        let _ = (address, host);
        self.age >= grace
    }

    /// The one that gives way to a SYN from this address.
    pub(super) fn victim(&self, table: &dyn Table<'_>, address: &IpAddress, host: &Host) -> Slot {
        #[cfg(feature = "syn-cache")]
        {
            if let Some((_, slot)) = self.leader {
                return slot;
            }
            let own = source(address, host);
            let own = sources(table, host).find(|(source, _)| *source == own);
            own.map_or(self.oldest, |(_, slot)| slot)
        }
        #[cfg(not(feature = "syn-cache"))]
        {
            let _ = (table, address, host);
            self.oldest
        }
    }
}

/// What counts as one source: an address; with IPv6, a network that is not one of ours, as a host has
/// all addresses of its network (RFC 4862).
#[cfg(feature = "syn-cache")]
pub(super) fn source(address: &IpAddress, host: &Host) -> IpAddress {
    #[cfg(feature = "ipv6")]
    if let IpAddress::Ipv6(far) = address
        && !host.link.addresses.is_near(address)
    {
        let network = far.to_bits() >> 64 << 64;
        return IpAddress::Ipv6(network.into());
    }
    let _ = host;
    *address
}

/// The source of which there are more than half of these, and at least two; and the first of its own
/// (Boyer and Moore, MJRTY, 1981).
#[cfg(feature = "syn-cache")]
pub(super) fn leader<T: Copy>(
    those: impl Iterator<Item = (IpAddress, T)> + Clone,
) -> Option<(IpAddress, T)> {
    let (mut leader, mut votes, mut count) = (None, 0_usize, 0);
    for (address, _) in those.clone() {
        count += 1;
        if votes == 0 {
            leader = Some(address);
        }
        if leader == Some(address) {
            votes += 1;
        } else {
            votes -= 1;
        }
    }
    let leader = leader?;
    let mut own = those.filter(|(address, _)| *address == leader);
    let first = own.next()?;
    let has_more = 1 + own.count();
    (has_more >= 2 && has_more * 2 > count).then_some(first)
}

/// The sources of the half-open connections, the oldest first.
#[cfg(feature = "syn-cache")]
fn sources<'t>(
    table: &'t dyn Table<'_>,
    host: &'t Host,
) -> impl Iterator<Item = (IpAddress, Slot)> + Clone {
    let after = |slot: &Slot| table.half_open(Some(*slot));
    let slots = core::iter::successors(table.half_open(None), after).take(LOOKS);
    slots.filter_map(|slot| {
        let tuple = table.get(slot)?.control().four_tuple()?;
        Some((source(&tuple.remote.addr, host), slot))
    })
}
