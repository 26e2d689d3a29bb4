//! Path MTU discovery over IPv4 (RFC 1191): the MTU of each path on which a router had to drop a packet,
//! for later connections.
//!
//! A "fragmentation needed" message limits at once the packets of the connection that it quotes. Those of
//! other connections to the same host are limited after that host has acknowledged a segment, for ten
//! minutes. The reason is that the peer itself could send such a message, and that many hosts may share one
//! address (NAT): a host that never acknowledges must not make the packets to the others shorter. No message
//! makes packets shorter than 576 bytes.

use core::cell::{Cell, RefCell};

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpAddress;

/// How many paths are remembered; where there is a heap, there is room.
const PATHS: usize = if cfg!(feature = "alloc") { 64 } else { 4 };
/// RFC 1191, 6.3: an attempt to find a larger MTU "MUST NOT be done less than 10 minutes after a
/// Datagram Too Big message has been received for the given destination".
const LIFETIME: Duration = Duration::from_secs(600);

/// A path, by the host at its end.
#[derive(Clone, Copy, Debug)]
struct Path {
    address: Option<IpAddress>,
    mtu: u16,
    until: Instant,
}

/// The paths that take shorter packets than the link does. A path that is learned takes the place of
/// the one that was learned first.
#[derive(Debug)]
pub(super) struct Paths {
    known: RefCell<[Path; PATHS]>,
    next: Cell<usize>,
}

impl Paths {
    pub(super) const fn new() -> Self {
        let nothing = Path {
            address: None,
            mtu: 0,
            until: Instant::ZERO,
        };
        Self {
            known: RefCell::new([nothing; PATHS]),
            next: Cell::new(0),
        }
    }

    /// What the path to this host takes, if it is known.
    pub(super) fn find(&self, address: &IpAddress, now: Instant) -> Option<u16> {
        let known = self.known.borrow();
        let mut paths = known.iter().filter(|path| now < path.until);
        let path = paths.find(|path| path.address == Some(*address))?;
        Some(path.mtu)
    }

    /// The path to this host takes packets of `mtu` bytes.
    pub(super) fn learn(&self, address: IpAddress, mtu: u16, now: Instant) {
        let mut known = self.known.borrow_mut();
        let old = known.iter().position(|path| path.address == Some(address));
        let place = old.unwrap_or_else(|| {
            let next = self.next.get();
            self.next.set((next + 1) % PATHS);
            next
        });
        known[place] = Path {
            address: Some(address),
            mtu,
            until: now + LIFETIME,
        };
    }
}
