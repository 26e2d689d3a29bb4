//! The clock and the alarm, as they are seen from outside: by when a segment is retransmitted.

use std::time::{Duration, Instant};

use smoltcp::wire::EthernetFrame;

use super::bench::Bench;
use super::finding::{Cause, Finding};
use crate::frames::OUR_CARD;
use crate::hosts::Host;

/// A SYN-ACK that is not acknowledged is retransmitted after a second (RFC 6298, 2.1), and never much
/// earlier. It may come later, where the emulator does not get its share of the processor.
const EARLIEST: Duration = Duration::from_millis(600);
/// Of our host.
const PORT: u16 = 1001;

pub fn retransmits_by_its_clock(bench: &mut Bench) -> Result<(), Finding> {
    let host = Host {
        card: OUR_CARD,
        address: bench.cable.addresses.host,
        board: bench.cable.addresses.board,
    };
    let answer = || {
        bench.receive(|frame| {
            let frame = EthernetFrame::new_checked(frame).ok()?;
            host.is_let_in(&frame, PORT).then_some(())
        })
    };
    bench.cable.send(&host.request(bench.card, PORT));
    if answer().is_none() {
        return Err(Finding {
            saw: "a SYN to the server's port is not answered".into(),
            cause: Cause::Silent,
        });
    }
    let first = Instant::now();
    // Nothing is sent meanwhile: the board has nothing but its alarm to wake up by.
    let Some(()) = answer() else {
        return Err(Finding {
            saw: format!(
                "a SYN-ACK is not retransmitted within {} s of silence",
                bench.traits.patience.as_secs()
            ),
            cause: Cause::AlarmSilent,
        });
    };
    let after = first.elapsed();
    if after < EARLIEST {
        return Err(Finding {
            saw: format!(
                "a SYN-ACK is retransmitted after {} ms, not after 1000",
                after.as_millis()
            ),
            cause: Cause::ClockFast,
        });
    }
    Ok(())
}
