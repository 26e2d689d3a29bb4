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
//! # Limits
//! Where both peers do this, neither has read the options of the other's SYN, and the SYN-ACKs have
//! only the maximum segment size: windows are not scaled.

use super::Arrival;
use crate::packet::Flags;
use crate::stack::control::Connection;
use crate::stack::host::Host;
use crate::stack::inject::{Header, Synthetic};

/// The answer to such a SYN; `None` as long as the client's own SYN has not left.
pub(super) fn answer(
    connection: &Connection<'_>,
    arrival: &Arrival<'_>,
    host: &Host,
) -> Option<Synthetic> {
    let segment = arrival.segment;
    let window = connection.socket().recv_capacity().min(u16::MAX.into());
    Some(Synthetic::new(&Header {
        source: segment.destination,
        destination: segment.source,
        sequence: connection.control.syn_in_flight()?,
        acknowledgement: segment.sequence + 1,
        flags: Flags::SYN | Flags::ACK,
        window: window as u16,
        maximum_segment_size: Some(host.largest_segment(&arrival.packet.source)),
        payload: None,
    }))
}
