//! Which frames the controller lets through by their destination.

use smoltcp::wire::EthernetFrame;

use super::bench::Bench;
use super::finding::{Cause, Finding};
use crate::frames::{neighbor_advertisement, neighbor_solicitation};

/// Frames to the board's card and to no other one.
pub fn answers_for_its_own_card_only(bench: &mut Bench) -> Result<(), Finding> {
    if bench.ask(b"to the card").is_none() && bench.answers_arp() {
        return Err(Finding {
            saw: "ARP is answered, and a ping to the board's own card is not".into(),
            cause: Cause::UnicastFilter,
        });
    }
    for bit in 0..48 {
        let mut other = bench.card;
        other.0[bit / 8] ^= 1 << (bit % 8);
        let foreign = bench.ping(other, bit as u16, b"to another card");
        bench.cable.send(&foreign);
    }
    // They come in order: an answer to another one would be the first.
    match bench.settle() {
        Some(answers) if answers.is_empty() => Ok(()),
        Some(_) => Err(Finding {
            saw: "a ping to another card is answered".into(),
            cause: Cause::ForeignFrames,
        }),
        None => Err(Finding {
            saw: "after pings to other cards, one to the board's own is not answered".into(),
            cause: Cause::Stuck,
        }),
    }
}

/// Frames to the group by which IPv6 asks for the board's hardware address.
pub fn receives_frames_to_its_groups(bench: &mut Bench) -> Result<(), Finding> {
    let is_answered = |card| {
        bench.cable.send(&neighbor_solicitation(&bench.cable, card));
        let found = bench.receive(|frame| {
            neighbor_advertisement(&bench.cable, &EthernetFrame::new_checked(frame).ok()?)
        });
        found.is_some()
    };
    if is_answered(None) {
        return Ok(());
    }
    let card = bench.card;
    let (saw, cause) = match is_answered(Some(card)) {
        true => (
            "the board answers a neighbor solicitation to its card, and none to its group",
            Cause::GroupFilter,
        ),
        false => (
            "no neighbor solicitation is answered, whatever card it is sent to",
            Cause::Silent,
        ),
    };
    Err(Finding {
        saw: saw.into(),
        cause,
    })
}
