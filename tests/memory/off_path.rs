//! Attackers that see no frame of the connections that they attack.
//!
//! They forge any source address, and know addresses and ports; a test gives them besides what takes
//! an attacker many tries: a sequence number within the window, for instance.

use super::common;

mod acknowledgements;
mod amplification;
mod errors;
mod fairness;
mod floods;
mod generator;
mod numbers;
pub(super) mod open;
mod opening;
mod resets;
mod syn_sent;
mod syns;
mod time_wait;
