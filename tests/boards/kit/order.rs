//! Each frame once, at once, and in order; and what happens when there are too many.

use super::bench::{Bench, PING_HEADERS, data};
use super::finding::{Cause, Finding};

/// Several times around every ring.
const FRAMES: usize = 80;
/// Short frames that every controller keeps at once.
const AT_ONCE: usize = 4;
/// More than any controller keeps.
const TOO_MANY: usize = 100;
const ROUNDS: usize = 4;

/// The board sleeps before each of the first ones; one more comes while it works on the others.
pub fn answers_each_frame_once_and_at_once(bench: &mut Bench) -> Result<(), Finding> {
    for number in 0..FRAMES {
        bench.send_ping(&data(number, 200));
        expect(bench, number)?;
    }
    for number in 0..FRAMES {
        let first = bench.send_ping(&data(number, 64));
        let second = bench.send_ping(&data(number, 64));
        for sequence in [first, second] {
            expect_answer(bench, number, sequence)?;
        }
    }
    match bench.settle() {
        Some(answers) if answers.is_empty() => Ok(()),
        Some(_) => Err(Finding {
            saw: "a ping is answered twice".into(),
            cause: Cause::Repeated,
        }),
        None => Err(explain(bench, FRAMES)),
    }
}

/// Longer and shorter by turns. All of even length, and none that a driver could be short of room for.
pub fn reads_the_length_of_each_frame(bench: &mut Bench) -> Result<(), Finding> {
    for number in 0..FRAMES {
        bench.send_ping(&data(number, 2 * (number * 127 % 251)));
        expect(bench, number)?;
    }
    Ok(())
}

/// The answer to the last ping comes next.
fn expect(bench: &mut Bench, number: usize) -> Result<(), Finding> {
    let sequence = bench.last();
    expect_answer(bench, number, sequence)
}

fn expect_answer(bench: &mut Bench, number: usize, sequence: u16) -> Result<(), Finding> {
    let Some(answer) = bench.answer() else {
        return Err(explain(bench, number));
    };
    if answer.sequence == sequence {
        return Ok(());
    }
    let saw = format!(
        "after ping {sequence}, ping {} is answered, which was before",
        answer.sequence
    );
    let also = bench
        .answer()
        .is_some_and(|answer| answer.sequence == sequence);
    let cause = match also {
        true => Cause::Repeated,
        false => Cause::StaleBuffer,
    };
    Err(Finding { saw, cause })
}

/// Why the last ping is not answered, where `number` before it were.
fn explain(bench: &mut Bench, number: usize) -> Finding {
    let missing = bench.last();
    let next = bench.send_ping(b"and this one?");
    let mut answered = Vec::new();
    while let Some(answer) = bench.answer() {
        answered.push(answer.sequence);
        if answer.sequence == next {
            break;
        }
    }
    let (saw, cause) = match (answered.contains(&missing), answered.contains(&next)) {
        (true, _) => (
            "a ping is answered only once another one comes".into(),
            Cause::LostInterrupt,
        ),
        (false, true) if number == 0 => (
            "the first of two pings is not answered, the second one is".into(),
            Cause::TokenTakesFrame,
        ),
        (false, true) => (
            format!("{number} pings were answered, the next one is not, the one after it is"),
            Cause::StaleLength,
        ),
        (false, false) if !answered.is_empty() => (
            format!("{number} pings were answered, then only some of them again"),
            Cause::StaleBuffer,
        ),
        (false, false) if number == 0 && bench.answers_arp() => (
            "ARP is answered, and a ping to the board's own card is not".into(),
            Cause::UnicastFilter,
        ),
        (false, false) => (
            format!("{number} pings were answered, then nothing is answered any more"),
            Cause::DescriptorsUsedUp,
        ),
    };
    Finding { saw, cause }
}

pub fn goes_on_after_bursts_beyond_its_ring(bench: &mut Bench) -> Result<(), Finding> {
    for _ in 0..ROUNDS {
        (0..TOO_MANY).for_each(|_| bench.cable.send(&[0xff; 1514]));
        if bench.settle().is_none() {
            return Err(Finding {
                saw: format!("after {TOO_MANY} frames at once nothing is answered any more"),
                cause: Cause::NotRestarted,
            });
        }
    }
    Ok(())
}

/// Many answers at once, short and long.
pub fn goes_on_with_both_rings_full(bench: &mut Bench) -> Result<(), Finding> {
    for _ in 0..FRAMES {
        let first = bench.last() + 1;
        for number in 0..AT_ONCE {
            bench.send_ping(&data(number, 18));
        }
        let answered = gather(bench, first, AT_ONCE, 18)?;
        if answered.len() < AT_ONCE {
            let missing = (first..).find(|sequence| !answered.contains(sequence));
            return Err(Finding {
                saw: format!(
                    "ping {} of {AT_ONCE} short ones at once is not answered",
                    missing.map_or(0, |missing| missing - first) + 1
                ),
                cause: Cause::Overwritten,
            });
        }
    }
    let longest = bench.traits.mtu - PING_HEADERS;
    for round in 0..ROUNDS {
        let first = bench.last() + 1;
        for number in 0..TOO_MANY {
            bench.send_ping(&data(number, longest - round));
        }
        gather(bench, first, TOO_MANY, longest - round)?;
    }
    Ok(())
}

/// Which of these pings are answered; each at most once, whole, and in order.
fn gather(bench: &mut Bench, first: u16, count: usize, length: usize) -> Result<Vec<u16>, Finding> {
    let Some(answers) = bench.settle() else {
        return Err(Finding {
            saw: format!("after {count} pings at once nothing is answered any more"),
            cause: Cause::Stuck,
        });
    };
    let mut answered = Vec::new();
    for answer in answers {
        let number = answer.sequence.wrapping_sub(first);
        let (saw, cause) = match answered.last() {
            Some(last) if *last == answer.sequence => (
                format!("ping {number} of {count} at once is answered twice"),
                Cause::Repeated,
            ),
            Some(last) if *last > answer.sequence => (
                format!("ping {number} of {count} at once is answered after a later one"),
                Cause::Overwritten,
            ),
            _ if answer.data != data(number.into(), length) => (
                format!("the answer to ping {number} of {count} at once holds other bytes"),
                Cause::Overwritten,
            ),
            _ => {
                answered.push(answer.sequence);
                continue;
            }
        };
        return Err(Finding { saw, cause });
    }
    Ok(answered)
}
