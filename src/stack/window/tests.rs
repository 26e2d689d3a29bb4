//! Which segments need what, of all that can be told apart.

use smoltcp::wire::{IpAddress, IpEndpoint};

use super::*;

/// A segment without payload.
fn segment(flags: u8, window: u16) -> Segment {
    let endpoint = IpEndpoint::new(IpAddress::v4(10, 0, 0, 1), 7);
    Segment {
        source: endpoint,
        destination: endpoint,
        sequence: TcpSeqNumber(1),
        acknowledgement: TcpSeqNumber(2),
        flags: Flags(flags),
        window,
        header_len: 20,
        payload_len: 0,
    }
}

/// smoltcp probes a zero window in FIN-WAIT-2 only. In any other case a window of one byte would take
/// away what the peer has announced, or what was not acknowledged.
#[test]
fn only_an_acknowledgement_of_a_zero_window_in_fin_wait_2_needs_room() {
    let states = [
        State::Closed,
        State::Listen,
        State::SynSent,
        State::SynReceived,
        State::Established,
        State::FinWait1,
        State::FinWait2,
        State::CloseWait,
        State::Closing,
        State::LastAck,
        State::TimeWait,
    ];
    for state in states {
        for flags in 0..32 {
            for window in [0, 1, u16::MAX] {
                let is_acknowledgement =
                    flags & (Flags::SYN | Flags::RST | Flags::ACK) == Flags::ACK;
                let expected = is_acknowledgement && window == 0 && state == State::FinWait2;
                let needed = needs_room(&segment(flags, window), state);
                assert_eq!(needed, expected, "{flags:#x}, window {window}, {state}");
            }
        }
    }
}
