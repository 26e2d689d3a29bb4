//! What is lost on the path of a connection is retransmitted: smoltcp is given the acknowledgements by
//! which it does so.

use smoltcp::socket::tcp::State;
use smoltcp::wire::TcpSeqNumber;

use super::accept::Arrival;
use super::control::{Acknowledgement, Advice, Connection, Control, DUPLICATES, Expiry, Flight};
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
        let limit = control.too_long(self.quote.sequence, self.mtu, way.now);
        if limit.is_some() && control.flight.is_due() {
            retransmit(connection, way);
        }
    }
}

/// Whether smoltcp must not be given a segment, which is nothing but a duplicate acknowledgement.
pub(super) fn is_one_too_many(segment: &Segment, control: &Control) -> bool {
    segment.acknowledges()
        && !segment.flags.has(Flags::FIN)
        && control.next().is_some_and(|next| segment.sequence >= next)
        && control.flight.is_one_too_many(segment, control.sent())
}

/// Whether a segment has nothing beyond what has arrived before: smoltcp drops it, and so does its
/// acknowledgement count for nothing (RFC 9293, 3.10.7.4).
pub(super) fn is_old(segment: &Segment, control: &Control) -> bool {
    let next = control.next();
    next.is_some_and(|next| segment.sequence < next && segment.end() <= next)
}

/// A segment of the peer has arrived; `is_new` says that smoltcp was given it, and it has acknowledged
/// something.
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
    if segment.flags.kind() == Flags::SYN | Flags::ACK && segment.acknowledgement == sent {
        if is_intact() {
            control.flight.opened(sent, segment.window, way.now);
        }
        return;
    }
    let is_of_use = is_new || control.flight.is_concerned(segment, sent) && is_intact();
    if !segment.acknowledges() || !is_of_use {
        return;
    }
    let acknowledgement = Acknowledgement {
        segment,
        is_new,
        highest: options(packet, segment).highest_acknowledged(),
        now: way.now,
    };
    let advice = control.flight.received(acknowledgement, sent);
    if is_new && let Some(limit) = control.flight.confirm() {
        host.paths.learn(segment.source.addr, limit, way.now);
    }
    match advice {
        Advice::Nothing => {}
        Advice::Duplicate => {
            let anew = control.flight.is_at_two();
            duplicate(connection, way, 1, anew);
        }
        Advice::Lost => retransmit(connection, way),
        Advice::AllLost => rewind(connection, true, way),
    }
}

/// Has a segment wait until it is full, where more text waits than it carries and it would leave short
/// because of a window.
///
/// RFC 9293, 3.8.6.2.1: "A TCP implementation MUST include a SWS avoidance algorithm in the sender
/// (MUST-38)". smoltcp 0.14 has that of Nagle only, which holds back the end of a text, too.
pub(super) fn avoid_silly_windows(connection: &mut Connection<'_>) {
    let (queued, waits) = {
        let socket = connection.socket();
        (socket.send_queue(), socket.nagle_enabled())
    };
    let control = &mut connection.control;
    let has_more = control.flight.has_more(queued, control.sent());
    // A program may have asked for Nagle's algorithm, and that remains.
    if has_more != waits && (has_more || control.flight.avoids_silly_windows) {
        control.flight.avoids_silly_windows = has_more;
        connection.socket_mut().set_nagle_enabled(has_more);
    }
}

/// Acts where nothing was heard of what is in flight for too long.
pub(super) fn expire(connection: &mut Connection<'_>, way: &mut Way<'_>) {
    let control = &mut connection.control;
    let due = control.flight.due();
    // What has not been read yet may be the acknowledgement.
    if due.is_none_or(|due| due > way.now) || way.host.is_behind {
        return;
    }
    let sent = control.sent();
    let Some(expiry) = control.flight.expire(sent, way.now) else {
        return;
    };
    let is_sending = matches!(
        connection.socket().state(),
        State::Established | State::CloseWait | State::FinWait1 | State::Closing | State::LastAck
    );
    if !is_sending {
        return;
    }
    match expiry {
        Expiry::Timeout | Expiry::Overtaken => rewind(connection, expiry == Expiry::Overtaken, way),
        Expiry::Reordering | Expiry::Probe => {
            if connection.control.flight.begin(sent, way.now) {
                retransmit(connection, way);
            }
        }
    }
}

/// Has smoltcp send all in flight again, as after its retransmission timeout.
fn rewind(connection: &mut Connection<'_>, is_informed: bool, way: &mut Way<'_>) {
    connection.control.flight.rewind(is_informed, way.now);
    way.expire(connection);
}

/// Has smoltcp retransmit the first segment in flight: by so many duplicate acknowledgements as it
/// waits for.
fn retransmit(connection: &mut Connection<'_>, way: &mut Way<'_>) {
    let queued = connection.socket().send_queue();
    // Else smoltcp 0.14 would stop its timer, and retransmit no FIN; and where less than a segment fits
    // the peer's window, its fast retransmission would go beyond it.
    if queued == 0 || !connection.control.flight.fits_window(queued) {
        return rewind(connection, true, way);
    }
    duplicate(connection, way, DUPLICATES, true);
}

/// Gives smoltcp so many acknowledgements of nothing new. It counts them from the start again if
/// `anew`: there is another window for a moment.
#[inline(never)] // The room for a segment is needed for as long as it is given only.
fn duplicate(connection: &mut Connection<'_>, way: &mut Way<'_>, count: u8, anew: bool) {
    let Connection { set, control, .. } = connection;
    let (Some(tuple), Some(header)) = (control.four_tuple(), bare(control.next(), &control.flight))
    else {
        return;
    };
    let segment = |header: &Header| Synthetic::new(&tuple.remote, &tuple.local, header);
    // It does not come from another card than the peer's segments.
    let asker = core::mem::replace(&mut way.asker, control.hardware);
    if anew {
        let window = match header.window {
            0 | 1 => header.window + 1,
            window => window - 1,
        };
        for window in [window, header.window] {
            let update = segment(&Header { window, ..header });
            way.silently(|way| way.deliver(set, Some(control), update.as_bytes()));
        }
    }
    let duplicate = segment(&header);
    for _ in 0..count {
        way.silently(|way| way.deliver(set, Some(control), duplicate.as_bytes()));
    }
    way.asker = asker;
    control.flight.inject(count, anew);
}

/// An acknowledgement of nothing new.
fn bare(next: Option<TcpSeqNumber>, flight: &Flight) -> Option<Header> {
    let (acknowledgement, window) = flight.acknowledged()?;
    Some(Header {
        sequence: next?,
        acknowledgement,
        flags: Flags::ACK,
        window,
        maximum_segment_size: None,
        payload: None,
    })
}
