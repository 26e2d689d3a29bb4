//! A client that has acknowledged a SYN-ACK, while no slot was kept for its connection.
//!
//! The SYN-ACK is known again by its sequence number: that is a cookie (`syn_cookies.rs`), or the
//! backlog has remembered it. Then the connection is opened with the numbers that both sides have.

use smoltcp::time::Instant;
use smoltcp::wire::TcpSeqNumber;

use super::Arrival;
use crate::packet::{Flags, Packet, Segment, options};
use crate::stack::control::Connection;
use crate::stack::host::Host;
use crate::stack::initial_sequence::begin;
use crate::stack::inject::{Header, Synthetic};

/// What every host takes in a segment: 536 bytes (RFC 9293, 3.7.1).
const LEAST_SEGMENT: u16 = 536;

/// What an acknowledged SYN-ACK tells.
#[derive(Clone, Copy)]
pub(super) struct Proof {
    /// The client's initial sequence number.
    pub(super) client: TcpSeqNumber,
    /// The server's.
    pub(super) server: TcpSeqNumber,
    /// The largest payload that the client takes in a segment.
    pub(super) segment_size: u16,
}

impl Proof {
    /// That of a packet that was kept.
    pub(super) fn kept(packet: &Packet<'_>, segment: &Segment) -> Self {
        let size = options(packet, segment).maximum_segment_size();
        Self {
            client: segment.sequence - 1,
            server: segment.acknowledgement - 1,
            segment_size: size.unwrap_or(LEAST_SEGMENT),
        }
    }

    /// The client's acknowledgement, as it is kept in the backlog.
    pub(super) fn keep(&self, segment: &Segment) -> Synthetic {
        let header = Header {
            maximum_segment_size: Some(self.segment_size),
            ..self.acknowledgement(segment)
        };
        Synthetic::like(segment, &header)
    }

    /// Opens the connection: the socket that listens is given the SYN and its acknowledgement.
    #[inline(never)] // Two packets are large, and not needed for long.
    pub(super) fn open(
        &self,
        arrival: &Arrival<'_>,
        host: &Host,
        now: Instant,
        connection: &mut Connection<'_>,
    ) {
        let acknowledgement = self.acknowledgement(arrival.segment);
        #[cfg(any(feature = "ipv6", feature = "paths"))]
        let longest = host.longest_segment(&arrival.packet.source, now);
        #[cfg(not(any(feature = "ipv6", feature = "paths")))]
        let longest = u16::MAX;
        let syn = Header {
            flags: Flags::SYN,
            sequence: self.client,
            acknowledgement: TcpSeqNumber(0),
            maximum_segment_size: Some(self.segment_size.min(longest)),
            ..acknowledgement
        };
        let segments =
            [&syn, &acknowledgement].map(|header| Synthetic::like(arrival.segment, header));
        let [syn, ack] = segments.each_ref().map(Synthetic::as_bytes);
        let address = arrival.packet.destination;
        begin(host, address, self.server, &[syn, ack], now, connection);
    }

    /// A probe that the socket, which has sent no SYN-ACK, answers with its window.
    pub(super) fn probe(&self, segment: &Segment) -> Synthetic {
        // A byte that it has had already is always acknowledged; no byte, once a second at most.
        let header = Header {
            sequence: self.client,
            payload: Some(b'?'),
            ..self.acknowledgement(segment)
        };
        Synthetic::like(segment, &header)
    }

    /// The client's acknowledgement by itself.
    fn acknowledgement(&self, segment: &Segment) -> Header {
        Header {
            sequence: self.client + 1,
            acknowledgement: self.server + 1,
            flags: Flags::ACK,
            window: segment.window,
            maximum_segment_size: None,
            payload: None,
        }
    }
}
