//! Attackers that see no frame of the connections that they attack.
//!
//! They forge any source address, and know addresses and ports; a test gives them besides what takes
//! an attacker many tries: a sequence number within the window, for instance.

use super::common;

mod acknowledgements;
mod amplification;
mod errors;
mod floods;
mod generator;
mod numbers;
mod open;
mod resets;
mod syns;
mod time_wait;
