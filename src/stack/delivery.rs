//! A segment is given to its connection, and after it those parts that smoltcp 0.14 ignores.

use smoltcp::socket::tcp::State;

use super::accept::Arrival;
#[cfg(feature = "client")]
use super::accept::simultaneous_open;
use super::challenge::{self, Judgement};
use super::control::Connection;
#[cfg(feature = "isn")]
use super::control::Control;
use super::host::Host;
use super::inject::{Header, Synthetic};
use super::path_mtu::SynCopy;
#[cfg(feature = "paths")]
use super::recovery;
use super::way::Way;
use super::window;
#[cfg(feature = "client")]
use crate::packet::Packet;
use crate::packet::{Flags, Segment};

/// Gives a segment to its connection, and those parts of it again that smoltcp ignores; returns the
/// state that the connection is in then.
pub(super) fn give_segment(
    arrival: &Arrival<'_>,
    host: &Host,
    connection: &mut Connection<'_>,
    way: &mut Way<'_>,
) -> State {
    let (packet, segment) = (arrival.packet, arrival.segment);
    let was = connection.socket().state();
    match challenge::judge(&connection.control, was, segment) {
        Judgement::Acceptable => {}
        Judgement::Drop => return was,
        Judgement::Challenge => {
            if packet.is_intact(&host.capabilities.checksum) {
                give(
                    segment,
                    &challenge::elicit(&connection.control, segment),
                    connection,
                    way,
                );
            }
            return was;
        }
    }
    #[cfg(feature = "client")]
    if complete(arrival, was, host, connection, way) {
        return give_segment(arrival, host, connection, way);
    }
    #[cfg(feature = "isn")]
    if let Some(header) = opens(&connection.control, was, segment)
        && packet.is_intact(&host.capabilities.checksum)
    {
        give(segment, &header, connection, way);
        let is = connection.socket().state();
        connection.control.received(packet, segment, was, is);
        return is;
    }
    #[cfg(feature = "paths")]
    let in_flight = connection.socket().send_queue();
    #[cfg(feature = "paths")]
    if recovery::is_one_too_many(segment, &connection.control) {
        connection.control.heard(arrival.source);
        recovery::acknowledged(arrival, false, host, connection, way);
        return was;
    }
    #[cfg(feature = "paths")]
    let is_old = recovery::is_old(segment, &connection.control);
    let is = give_acceptable(arrival, was, host, connection, way);
    #[cfg(feature = "paths")]
    {
        let is_new = connection.socket().send_queue() < in_flight;
        if is_new || !is_old {
            recovery::acknowledged(arrival, is_new, host, connection, way);
        }
    }
    is
}

/// Opens a connection in SYN-SENT if this segment completes a simultaneous open.
#[cfg(feature = "client")]
fn complete(
    arrival: &Arrival<'_>,
    was: State,
    host: &Host,
    connection: &mut Connection<'_>,
    way: &mut Way<'_>,
) -> bool {
    let (packet, segment) = (arrival.packet, arrival.segment);
    let longest = host.longest_segment(&packet.source, way.now);
    let header = simultaneous_open::completed(&connection.control, was, segment, longest);
    let Some(header) = header.filter(|_| packet.is_intact(&host.capabilities.checksum)) else {
        return false;
    };
    let answer = Synthetic::like(segment, &header);
    let Connection { set, control, .. } = connection;
    way.deliver(set, Some(control), answer.as_bytes());
    let is = connection.socket().state();
    if let Some(packet) = Packet::parse(answer.as_bytes())
        && let Some(segment) = packet.segment()
    {
        connection.control.received(&packet, &segment, was, is);
    }
    #[cfg(feature = "paths")]
    {
        let sent = connection.control.sent();
        let flight = &mut connection.control.flight;
        flight.opened(sent, segment.window, way.now);
    }
    is != was
}

/// Gives it a segment that is acceptable, or what smoltcp can make use of.
#[inline(always)] // It has one caller.
fn give_acceptable(
    arrival: &Arrival<'_>,
    was: State,
    host: &Host,
    connection: &mut Connection<'_>,
    way: &mut Way<'_>,
) -> State {
    let (packet, segment) = (arrival.packet, arrival.segment);
    if window::cuts_payload(&connection.control, segment)
        && packet.is_intact(&host.capabilities.checksum)
    {
        // smoltcp takes what it has announced last, not what there is room for by now: it announces
        // that anew.
        let old_byte = window::old_byte(&connection.control, segment);
        way.silently(|way| give(segment, &old_byte, connection, way));
        if window::cuts_payload(&connection.control, segment) {
            // The sender is told how far the connection is.
            give(segment, &old_byte, connection, way);
            let rest = window::without_payload(segment);
            way.silently(|way| give(segment, &rest, connection, way));
            let is = connection.socket().state();
            let rest = Segment {
                flags: Flags(segment.flags.0 & !Flags::FIN),
                ..*segment
            };
            connection.control.received(packet, &rest, was, is);
            return is;
        }
    }
    let shut_at = connection.control.shut_at();
    let queued = connection.socket().recv_queue();
    let next = connection.control.next();
    let Connection { set, control, .. } = connection;
    if segment.flags.has(Flags::SYN) {
        let mut copy = SynCopy::new();
        let syn = copy.limited(packet, segment, host, way.now);
        way.deliver(set, Some(control), syn);
    } else {
        way.deliver(set, Some(control), packet.bytes);
    }
    let socket = connection.socket();
    let (mut is, queued) = (socket.state(), socket.recv_queue().saturating_sub(queued));
    connection.control.took(queued, next);
    connection.control.received(packet, segment, was, is);
    let again = window::given_again(&connection.control, segment, shut_at);
    let needs_room = |is| was != is && window::needs_room(segment, is);
    if is == State::Closed
        || again.is_none() && !needs_room(is)
        || !packet.is_intact(&host.capabilities.checksum)
    {
        return is;
    }
    // Answers to what is given again are dropped: otherwise two hosts could answer each other
    // without end.
    if let Some(header) = again {
        is = give_again(arrival, connection, &header, way);
    }
    if needs_room(is)
        && let Some(header) = window::with_room(&connection.control, segment)
    {
        is = give_again(arrival, connection, &header, way);
    }
    is
}

/// Gives a connection another segment beside this one, and drops the answer to it; returns the state
/// that the connection is in then.
#[inline(never)]
fn give_again(
    arrival: &Arrival<'_>,
    connection: &mut Connection<'_>,
    header: &Header,
    way: &mut Way<'_>,
) -> State {
    let was = connection.socket().state();
    way.silently(|way| give(arrival.segment, header, connection, way));
    let is = connection.socket().state();
    connection
        .control
        .received(arrival.packet, arrival.segment, was, is);
    is
}

/// The acknowledgement of a SYN-ACK in a keep-alive, which has "SEG.SEQ = SND.NXT-1" (RFC 9293,
/// 3.8.4). It is not acceptable by its sequence number, so smoltcp answers and drops it. A client that
/// waits for the server to speak sends nothing else; if its acknowledgements of all SYN-ACKs were
/// lost, the connection would never open.
#[cfg(feature = "isn")]
fn opens(control: &Control, state: State, segment: &Segment) -> Option<Header> {
    let next = control.next()?;
    let is_keep_alive = state == State::SynReceived
        && segment.acknowledges()
        && segment.acknowledgement == control.sent()
        && segment.sequence + 1 == next;
    is_keep_alive.then(|| window::bare(segment, next, segment.window))
}

/// Gives a connection a segment with this header beside another one.
#[inline(never)] // The room for the segment is needed for as long as this takes only.
fn give(segment: &Segment, header: &Header, connection: &mut Connection<'_>, way: &mut Way<'_>) {
    let segment = Synthetic::like(segment, header);
    let Connection { set, control, .. } = connection;
    way.deliver(set, Some(control), segment.as_bytes());
}
