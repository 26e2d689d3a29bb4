use std::vec::Vec;

use smoltcp::wire::{IpAddress, IpEndpoint, TcpSeqNumber};

use super::Connections;
use crate::packet::{Flags, Segment};

const SYN: u8 = Flags::SYN;
const ACK: u8 = Flags::ACK;

/// The client's end and the server's.
pub(in crate::trace) fn ends() -> (IpEndpoint, IpEndpoint) {
    let end = |host, port| IpEndpoint::new(IpAddress::v4(10, 0, 0, host), port);
    (end(2, 50_000), end(1, 12_000))
}

/// A segment of the client or of the server; the numbers are its sequence number and its
/// acknowledgement.
pub(in crate::trace) fn segment(
    is_client: bool,
    flags: u8,
    numbers: [i32; 2],
    window: u16,
    payload_len: usize,
) -> Segment {
    let (client, server) = ends();
    let (source, destination) = match is_client {
        true => (client, server),
        false => (server, client),
    };
    Segment {
        source,
        destination,
        sequence: TcpSeqNumber(numbers[0]),
        acknowledgement: TcpSeqNumber(numbers[1]),
        flags: Flags(flags),
        window,
        header_len: 20,
        payload_len,
    }
}

/// The notes on segments of which each arrives before the next is sent.
fn notes<const N: usize>(segments: [Segment; N]) -> [Vec<&'static str>; N] {
    let mut connections = Connections::default();
    segments.map(|segment| {
        let judgement = connections.send(&segment, &[0; 20], 0);
        connections.arrive(&segment, &judgement, 0);
        judgement.notes
    })
}

#[test]
fn the_payload_that_a_probe_has_begun_is_no_retransmission() {
    let notes = notes([
        segment(true, SYN, [0, 0], 64, 0),
        segment(false, SYN | ACK, [300, 1], 1000, 0),
        segment(true, ACK, [1, 301], 0, 0),
        segment(false, ACK, [301, 1], 1000, 1),
        segment(true, ACK, [1, 301], 0, 0),
        segment(false, ACK, [301, 1], 1000, 1),
        segment(true, ACK, [1, 301], 64, 0),
        segment(false, ACK, [301, 1], 1000, 64),
        segment(false, ACK, [301, 1], 1000, 64),
    ]);
    for probe in [&notes[3], &notes[5]] {
        assert_eq!(probe[..], ["zero-window probe"]);
    }
    assert_eq!(notes[7], ["window full"]);
    assert_eq!(notes[8], ["retransmission"]);
}

#[test]
fn the_byte_of_a_probe_that_is_accepted_was_sent() {
    let notes = notes([
        segment(true, SYN, [0, 0], 64, 0),
        segment(false, SYN | ACK, [300, 1], 1000, 0),
        segment(true, ACK, [1, 301], 0, 0),
        segment(false, ACK, [301, 1], 1000, 1),
        segment(true, ACK, [1, 302], 64, 0),
        segment(false, ACK, [302, 1], 1000, 10),
        segment(false, ACK, [301, 1], 1000, 1),
    ]);
    assert_eq!(notes[3], ["zero-window probe"]);
    assert_eq!(notes[5], [""; 0]);
    assert_eq!(notes[6], ["retransmission"]);
}
