//! Frames of every length, both ways: the MTU, odd lengths, and what fills up short frames.

use smoltcp::wire::{EthernetFrame, Ipv4Packet};

use super::bench::{Answer, Bench, PING_HEADERS, data};
use super::finding::{Cause, Finding};
use crate::frames::OUR_CARD;
use crate::hosts::Host;

/// The headers in front of a segment, that of Ethernet included.
const HEADERS: usize = 14 + 20 + 20;
/// Between the frames that are short, and those that are nearly as long as possible, some are left out.
const EACH: usize = 72;
const STEP: usize = 37;

pub fn answers_frames_of_every_length(bench: &mut Bench) -> Result<(), Finding> {
    announces_its_mtu(bench)?;
    let longest = bench.traits.mtu - PING_HEADERS;
    let between = (EACH..longest - EACH).step_by(STEP);
    let lengths = (0..EACH).chain(between).chain(longest - EACH..=longest);
    // Short ones behind long ones: what is left of these must not come with them.
    let lengths = lengths.chain((0..18).rev());
    for length in lengths {
        let data = data(length, length);
        match bench.ask(&data) {
            Some(answer) => check(bench, &answer, &data)?,
            None => return Err(explain(bench, length, longest)),
        }
    }
    Ok(())
}

/// The maximum segment size that a board announces follows from its MTU.
fn announces_its_mtu(bench: &Bench) -> Result<(), Finding> {
    let host = Host {
        card: OUR_CARD,
        address: bench.cable.addresses.host,
        board: bench.cable.addresses.board,
    };
    bench.cable.send(&host.request(bench.card, 1));
    let announced =
        bench.receive(|frame| host.announced(&EthernetFrame::new_checked(frame).ok()?, 1));
    let Some(announced) = announced else {
        return Err(Finding {
            saw: "a ping may be answered, but no SYN to the server's port is".into(),
            cause: Cause::Silent,
        });
    };
    let (announced, expected) = (usize::from(announced), bench.traits.mtu - HEADERS);
    if announced == expected {
        return Ok(());
    }
    Err(Finding {
        saw: format!(
            "the board announces a maximum segment size of {announced} in place of {expected}, so it \
             takes its MTU for {}",
            announced + HEADERS
        ),
        cause: match announced.abs_diff(expected) {
            14 => Cause::HeaderInMtu,
            4 => Cause::FrameChecksum,
            _ => Cause::ShortBuffer,
        },
    })
}

/// Whether an answer is as it has to be, byte for byte.
fn check(bench: &Bench, answer: &Answer, data: &[u8]) -> Result<(), Finding> {
    let (frame, needed) = (&answer.frame, PING_HEADERS + data.len());
    let found = |saw, cause| Err(Finding { saw, cause });
    if answer.data != data {
        let at = answer.data.iter().zip(data).position(|(a, b)| a != b);
        let at = at.unwrap_or(answer.data.len().min(data.len()));
        let saw = format!(
            "a ping with {} bytes is answered with {}, other ones from byte {at} on",
            data.len(),
            answer.data.len()
        );
        return found(saw, Cause::Length);
    }
    if frame.len() < 60 && bench.traits.pads {
        let saw = format!("a frame of {} bytes comes from the board", frame.len());
        return found(saw, Cause::NoPadding);
    }
    let behind = &frame[needed..];
    if frame.len() > needed.max(60) {
        let saw = format!(
            "an answer of {needed} bytes comes in a frame of {}",
            frame.len()
        );
        return found(saw, Cause::RoundedLength);
    }
    if behind.iter().any(|byte| *byte != 0) {
        let saw = format!("behind an answer of {needed} bytes comes {behind:02x?}");
        return found(saw, Cause::LeakingPadding);
    }
    let ethernet = EthernetFrame::new_checked(&frame[..]).expect("it was read");
    if ethernet.src_addr() != bench.card {
        let saw = format!(
            "{} answers to ARP, and {} to a ping",
            bench.card,
            ethernet.src_addr()
        );
        return found(saw, Cause::UnicastFilter);
    }
    debug_assert!(Ipv4Packet::new_checked(ethernet.payload()).is_ok());
    Ok(())
}

/// Why a ping with this length of data is not answered, where shorter ones are.
fn explain(bench: &mut Bench, length: usize, longest: usize) -> Finding {
    let frame = length + PING_HEADERS;
    let mut is_answered = |length| bench.ask(&data(length, length)).is_some();
    let (saw, cause) = match () {
        () if length == 0 => (
            "ARP is answered, and a ping to the board's own card is not".into(),
            Cause::UnicastFilter,
        ),
        () if frame % 2 == 1 && is_answered(length + 1) => (
            format!(
                "frames of {} and {} bytes are answered, one of {frame} is not",
                frame - 1,
                frame + 1
            ),
            Cause::OddLengths,
        ),
        () if length < longest && is_answered(longest) => (
            format!("a frame of {frame} bytes is not answered, shorter and longer ones are"),
            Cause::Length,
        ),
        () => (
            format!("frames of {frame} bytes and more are not answered, shorter ones are"),
            match longest - (length - 1) {
                14 => Cause::HeaderInMtu,
                4 => Cause::FrameChecksum,
                _ => Cause::ShortBuffer,
            },
        ),
    };
    Finding { saw, cause }
}
