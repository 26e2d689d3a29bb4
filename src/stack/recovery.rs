//! What is lost on the path of a connection is retransmitted: smoltcp is given the acknowledgements by
//! which it does so.

use smoltcp::wire::TcpSeqNumber;

use super::accept::Arrival;
use super::control::{Acknowledgement, Connection, Control, DUPLICATES, Flight};
use super::host::Host;
use super::inject::{Header, Synthetic};
use super::unreachable::TooLong;
use super::way::Way;
use crate::packet::{Flags, FourTuple, Segment, options};

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
            // The error came from a router, perhaps another one than that of the connection.
            let asker = core::mem::replace(&mut way.asker, connection.control.hardware);
            retransmit(connection, way);
            way.asker = asker;
        }
    }
}

/// Whether smoltcp must not be given a segment, which is nothing but a duplicate acknowledgement.
pub(super) fn is_one_too_many(segment: &Segment, control: &Control) -> bool {
    segment.acknowledges()
        && !segment.flags.has(Flags::FIN)
        && Some(segment.sequence) == control.next()
        && control.flight.is_one_too_many(segment, control.sent())
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
    let control = &mut connection.control;
    let sent = control.sent();
    // smoltcp has dropped it unless it is intact.
    let is_intact = || packet.is_intact(&host.capabilities.checksum);
    let is_of_use = is_new || control.flight.is_concerned(segment, sent) && is_intact();
    if !segment.acknowledges() || !is_of_use {
        return;
    }
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
