//! The link goes down, and up again.

use super::bench::{Bench, data};
use super::finding::{Cause, Finding};

/// Frames that are sent while the link is down: for about two seconds.
const MEANWHILE: usize = 10;

/// Whether it can be tried is asked before.
pub fn comes_back_with_its_link(bench: &mut Bench) -> Result<(), Finding> {
    for round in ["first", "second"] {
        set(bench, false);
        for number in 0..MEANWHILE {
            bench.send_ping(&data(number, 100));
            while bench.cable.receive().is_some() {}
        }
        set(bench, true);
        if bench.settle().is_none() {
            return Err(Finding {
                saw: format!(
                    "the link was down for the {round} time, and nothing is answered since"
                ),
                cause: Cause::LinkStaysDown,
            });
        }
    }
    Ok(())
}

fn set(bench: &mut Bench, is_up: bool) {
    let set = bench.set_link.as_mut().expect("it was asked before");
    set(is_up);
}
