//! A SYN without an acknowledgement, for a client in SYN-SENT.
//!
//! It is the SYN of a simultaneous open (RFC 9293, 3.5), or that of an attacker that has guessed the
//! port. smoltcp 0.14 takes it, and the sequence number with it, so that the SYN-ACK of the server is
//! not acceptable any more: one forged SYN keeps a client from connecting.
//!
//! So it is answered as RFC 9293, 3.10.7.3 asks for, by `<SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>`, but
//! the client stays in SYN-SENT. In a simultaneous open the peer answers the client's SYN in the same
//! way, and the client takes that SYN-ACK as it takes any other.
//!
//! Where the client's SYN is lost, the peer is open by that answer, and acknowledges it. It sends no
//! SYN-ACK any more. Such an acknowledgement has the client's sequence number, which only a host that has
//! seen the answer knows. If it follows the latest SYN, smoltcp is given the SYN-ACK that the peer would
//! have sent.
//!
//! # Limits
//! Where both peers do this, neither has read the options of the other's SYN, and the SYN-ACKs have
//! only the maximum segment size: windows are not scaled.

use smoltcp::socket::tcp::State;

use super::Arrival;
use crate::packet::{Flags, Segment, options};
use crate::stack::control::{Connection, Control};
use crate::stack::host::Host;
use crate::stack::inject::{Header, Synthetic};
use crate::stack::window::bare;

/// Takes note of such a SYN, which is answered.
pub(super) fn remember(control: &mut Control, arrival: &Arrival<'_>) {
    let size = options(arrival.packet, arrival.segment).maximum_segment_size();
    control.peer_syn = Some((arrival.segment.sequence, size));
}

/// The SYN-ACK in place of this acknowledgement of the answer to the latest SYN.
pub(in crate::stack) fn completed(
    control: &Control,
    state: State,
    segment: &Segment,
    longest: u16,
) -> Option<Header> {
    let (sequence, size) = control.peer_syn.filter(|_| state == State::SynSent)?;
    let is_acknowledgement = segment.acknowledges()
        && segment.acknowledgement == control.syn_in_flight()? + 1
        && segment.sequence == sequence + 1;
    is_acknowledgement.then(|| Header {
        flags: Flags::SYN | Flags::ACK,
        maximum_segment_size: size.map(|size| size.min(longest)),
        ..bare(segment, sequence, segment.window)
    })
}

/// The answer to such a SYN; `None` as long as the client's own SYN has not left.
pub(super) fn answer(
    connection: &Connection<'_>,
    arrival: &Arrival<'_>,
    host: &Host,
) -> Option<Synthetic> {
    let segment = arrival.segment;
    let window = connection.socket().recv_capacity().min(u16::MAX.into());
    let header = Header {
        sequence: connection.control.syn_in_flight()?,
        acknowledgement: segment.sequence + 1,
        flags: Flags::SYN | Flags::ACK,
        window: window as u16,
        maximum_segment_size: Some(host.largest_segment(&arrival.packet.source)),
        payload: None,
    };
    let (from, to) = (&segment.destination, &segment.source);
    Some(Synthetic::new(from, to, &header))
}
