//! Path MTU discovery over IPv4 (RFC 1191): what routers have said about paths, for the connections to
//! come.

use core::cell::{Cell, RefCell};

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, TcpSeqNumber};

use super::accept::Arrival;
use super::control::{Acknowledgement, Connection, DUPLICATES, Flight};
use super::host::Host;
use super::inject::{Header, Synthetic};
use super::port::Way;
use super::unreachable::TooLong;
use crate::packet::{Flags, FourTuple, options};

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

    /// The path to this host takes packets of so many bytes.
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

impl TooLong {
    pub(super) fn four_tuple(&self) -> FourTuple {
        FourTuple {
            local: self.quote.source,
            remote: self.quote.destination,
        }
    }

    /// Tells the connection that this was its segment: what follows is shorter, and what is lost is
    /// sent again at once.
    pub(super) fn learn(&self, host: &Host, connection: &mut Connection<'_>, way: &mut Way<'_>) {
        let address = self.quote.destination.addr;
        let control = &mut connection.control;
        if !host.is_far(&address) {
            return;
        }
        let limit = control.too_long(self.quote.sequence, self.mtu);
        if let Some(limit) = limit {
            host.paths.learn(address, limit, way.now);
            retransmit(connection, way);
        }
    }
}

/// A segment of the peer was given to smoltcp; `is_new` says that it has acknowledged something.
pub(super) fn acknowledged(
    arrival: &Arrival<'_>,
    is_new: bool,
    host: &Host,
    connection: &mut Connection<'_>,
    way: &mut Way<'_>,
) {
    let (packet, segment) = (arrival.packet, arrival.segment);
    if !segment.acknowledges() || !is_new && !packet.is_intact(&host.checksums) {
        return;
    }
    let control = &mut connection.control;
    let sent = control.sent();
    let is_selective = options(packet, segment).acknowledges_beyond(segment.acknowledgement);
    let acknowledgement = Acknowledgement {
        segment,
        is_new,
        is_selective,
    };
    let is_lost = control.flight.received(acknowledgement, sent);
    if is_new && let Some(limit) = control.flight.confirm() {
        host.paths.learn(segment.source.addr, limit, way.now);
    }
    if is_lost {
        retransmit(connection, way);
    }
}

/// Has smoltcp retransmit the first segment in flight: by so many duplicate acknowledgements as it
/// waits for.
#[inline(never)] // The room for a segment is needed for as long as it is given only.
pub(super) fn retransmit(connection: &mut Connection<'_>, way: &mut Way<'_>) {
    let Connection { set, control, .. } = connection;
    let Some(duplicate) = duplicate(control.four_tuple(), control.next(), &control.flight) else {
        return;
    };
    let duplicate = Synthetic::new(&duplicate);
    for _ in 0..DUPLICATES {
        way.inject(set, Some(control), duplicate.as_bytes());
    }
}

/// An acknowledgement of nothing new.
fn duplicate(
    tuple: Option<FourTuple>,
    next: Option<TcpSeqNumber>,
    flight: &Flight,
) -> Option<Header> {
    let (tuple, (acknowledgement, window)) = (tuple?, flight.acknowledged()?);
    Some(Header {
        source: tuple.remote,
        destination: tuple.local,
        sequence: next?,
        acknowledgement,
        flags: Flags::ACK,
        window,
        maximum_segment_size: None,
        payload: None,
    })
}
