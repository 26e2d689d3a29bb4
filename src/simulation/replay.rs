use core::ops::Range;
use std::env::var;
use std::format;
use std::string::String;

use super::selection::Selection;

const SEED: &str = "SIMULATION_SEED";
const SEEDS: &str = "SIMULATION_SEEDS";
const LOG: &str = "SIMULATION_LOG";

/// The seeds that a test runs with: `default`, or those that the environment asks for.
///
/// `SIMULATION_SEED=17` asks for this one alone, `SIMULATION_SEEDS=10000` for 10000 of them, from the
/// first of the default on.
///
/// # Panics
/// If one of the variables is set, but not to a number.
#[must_use]
pub fn seeds(default: Range<u64>) -> Range<u64> {
    if let Some(seed) = number(SEED) {
        seed..seed.saturating_add(1)
    } else if let Some(seeds) = number(SEEDS) {
        default.start..default.start.saturating_add(seeds)
    } else {
        default
    }
}

fn number(name: &str) -> Option<u64> {
    let text = var(name).ok()?;
    match text.parse() {
        Ok(number) => Some(number),
        Err(_) => panic!("{name}={text}: this is not a number"),
    }
}

/// Which frames to print, if any.
///
/// # Panics
/// If the variable has words that are not known.
pub(super) fn logs() -> Option<Selection> {
    let text = var(LOG).ok()?;
    match Selection::parse(&text) {
        Ok(selection) => selection,
        Err(word) => panic!("{LOG}={text}: {word} is neither 1, arp, icmp, tcp, udp nor link=NAME"),
    }
}

/// How to see a run again.
pub(super) fn command(seed: u64) -> String {
    let thread = std::thread::current();
    let test = thread.name().filter(|name| *name != "main");
    let test = test.unwrap_or("NAME-OF-THE-TEST");
    format!("{SEED}={seed} {LOG}=1 cargo test {test} -- --exact --nocapture")
}
