//! The table of neighbors: which hosts are known, and which are asked for.

#[cfg(feature = "client")]
use heapless::Vec;
#[cfg(feature = "client")]
use smoltcp::time::Duration;
use smoltcp::time::Instant;
use smoltcp::wire::IpAddress;

#[cfg(feature = "client")]
use super::addresses::Addresses;
use crate::packet::EthernetAddress;

/// How many neighbors are known at most: where there is a heap, there is room.
pub(crate) const NEIGHBORS: usize = if cfg!(feature = "alloc") { 64 } else { 8 };

/// How many neighbors are asked for at most, at one time.
#[cfg(feature = "client")]
const ASKED: usize = if cfg!(feature = "alloc") { 16 } else { 4 };

/// How long a neighbor is believed to be where it was (RFC 1122, 2.3.2.1).
#[cfg(feature = "client")]
const LIFETIME: Duration = Duration::from_secs(60);

/// How long to wait for a neighbor to answer (RFC 1122, 2.3.2.1; RetransTimer of RFC 4861).
#[cfg(feature = "client")]
const PATIENCE: Duration = Duration::from_secs(1);

/// How often a neighbor is asked for, unless it is wished for again (MAX_MULTICAST_SOLICIT of
/// RFC 4861).
#[cfg(feature = "client")]
const TRIES: u8 = 3;

/// A host on the link.
#[derive(Clone, Copy)]
pub(super) struct Neighbor {
    address: IpAddress,
    pub(super) hardware: EthernetAddress,
    #[cfg(feature = "client")]
    until: Instant,
}

impl Neighbor {
    const EMPTY: Self = Self {
        address: IpAddress::v4(0, 0, 0, 0),
        hardware: EthernetAddress([0; 6]),
        #[cfg(feature = "client")]
        until: Instant::ZERO,
    };
}

/// A neighbor that has not answered.
#[cfg(feature = "client")]
struct Asked {
    address: IpAddress,
    /// When it is asked for again.
    next: Instant,
    left: u8,
}

/// Which neighbors are known, and which are asked for.
pub(super) struct Neighbors {
    /// The one that sent a frame last is before `next`. The last [`NEIGHBORS`] of them are kept: an
    /// answer has to leave before as many others have sent one.
    known: [Neighbor; NEIGHBORS],
    next: usize,
    #[cfg(feature = "client")]
    asked: Vec<Asked, ASKED>,
}

impl Neighbors {
    pub(super) const fn new() -> Self {
        Self {
            known: [Neighbor::EMPTY; NEIGHBORS],
            next: 0,
            #[cfg(feature = "client")]
            asked: Vec::new(),
        }
    }

    /// Forgets all but these.
    #[cfg(feature = "addressing")]
    pub(super) fn retain(&mut self, stays: impl Fn(&IpAddress) -> bool) {
        for known in &mut self.known {
            if !stays(&known.address) {
                *known = Neighbor::EMPTY;
            }
        }
        #[cfg(feature = "client")]
        self.asked.retain(|asked| stays(&asked.address));
    }

    #[inline(never)] // A board has it once.
    fn position(&self, address: &IpAddress) -> Option<usize> {
        let latest = self.next.wrapping_sub(1) % NEIGHBORS;
        if self.known[latest].address == *address {
            return Some(latest);
        }
        (self.known.iter()).position(|neighbor| neighbor.address == *address)
    }

    /// A neighbor that is known.
    pub(super) fn find(&self, address: &IpAddress) -> Option<&Neighbor> {
        Some(&self.known[self.position(address)?])
    }

    /// A frame of a neighbor has come.
    #[inline(never)]
    pub(super) fn learn(&mut self, address: IpAddress, hardware: EthernetAddress, now: Instant) {
        #[cfg(not(feature = "client"))]
        let _ = now;
        #[cfg(feature = "client")]
        self.asked.retain(|asked| asked.address != address);
        let neighbor = Neighbor {
            address,
            hardware,
            #[cfg(feature = "client")]
            until: now + LIFETIME,
        };
        let known = self.position(&address);
        if known != Some(self.next.wrapping_sub(1) % NEIGHBORS) {
            if let Some(known) = known {
                self.known[known] = Neighbor::EMPTY;
            }
            self.next = (self.next + 1) % NEIGHBORS;
        }
        self.known[self.next.wrapping_sub(1) % NEIGHBORS] = neighbor;
    }

    /// A message says where a neighbor is. It is believed if the neighbor was asked for, or is
    /// known and `corrects` says that the message is right where it differs. Nothing else is added,
    /// so that no flood of messages drives neighbors out.
    pub(super) fn told(
        &mut self,
        address: IpAddress,
        hardware: EthernetAddress,
        corrects: bool,
        now: Instant,
    ) {
        #[cfg(feature = "client")]
        if self.is_asked(&address) {
            return self.learn(address, hardware, now);
        }
        #[cfg(not(feature = "client"))]
        let _ = now;
        if corrects && let Some(known) = self.position(&address) {
            self.known[known].hardware = hardware;
        }
    }
}

#[cfg(feature = "client")]
impl Neighbors {
    /// Whether the card that a packet to `address` goes to is known; else it is asked for. Where
    /// there is no route, there is nothing to wait for.
    pub(super) fn resolve(
        &mut self,
        address: &IpAddress,
        addresses: &Addresses,
        now: Instant,
    ) -> bool {
        if self.is_fresh(address, now) {
            return true;
        }
        if addresses.is_own(address) || !addresses.is_one_host(address) {
            return true;
        }
        match addresses.next_hop(address) {
            Some(next_hop) if next_hop != *address && self.is_fresh(&next_hop, now) => true,
            Some(next_hop) => {
                self.ask(next_hop, now);
                false
            }
            None => true,
        }
    }

    /// Whether a neighbor was heard not long ago.
    fn is_fresh(&self, address: &IpAddress, now: Instant) -> bool {
        let neighbor = self.find(address);
        neighbor.is_some_and(|neighbor| now < neighbor.until)
    }

    /// A neighbor is known no more.
    pub(super) fn forget(&mut self, address: &IpAddress) {
        if let Some(known) = self.position(address) {
            self.known[known] = Neighbor::EMPTY;
        }
    }

    /// Whether a neighbor was asked for, and has not answered.
    pub(super) fn is_asked(&self, address: &IpAddress) -> bool {
        self.asked.iter().any(|asked| asked.address == *address)
    }

    /// A neighbor is wished for: it is asked for, at once and then each second.
    fn ask(&mut self, address: IpAddress, now: Instant) {
        for asked in &mut self.asked {
            if asked.address == address {
                if asked.left == 0 {
                    asked.next = asked.next.max(now);
                }
                asked.left = TRIES;
                return;
            }
        }
        if self.asked.is_full() {
            let is_over = |asked: &Asked| asked.left == 0;
            let oldest = self.asked.iter().position(is_over).unwrap_or(0);
            self.asked.remove(oldest);
        }
        // Cannot fail: room was just made.
        let _ = self.asked.push(Asked {
            address,
            next: now,
            left: TRIES,
        });
    }

    /// When a neighbor has to be asked for.
    pub(super) fn due(&self) -> Option<Instant> {
        let pending = self.asked.iter().filter(|asked| asked.left > 0);
        pending.map(|asked| asked.next).min()
    }

    /// A neighbor that has to be asked for now.
    pub(super) fn next_request(&mut self, now: Instant) -> Option<IpAddress> {
        let mut asked = self.asked.iter_mut();
        let asked = asked.find(|asked| asked.left > 0 && asked.next <= now)?;
        asked.left -= 1;
        asked.next = now + PATIENCE;
        Some(asked.address)
    }
}
