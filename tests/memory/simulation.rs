//! Our servers and clients on the simulated network, and that network itself.
//!
//! Each case is one seed. Ten thousand of them, over IPv4 and over IPv6, take some seconds:
//!
//! ```text
//! SIMULATION_SEEDS=10000 cargo test --release --test memory sessions_over -- --nocapture
//! ```
//!
//! A case that fails prints the command that shows it frame by frame.

use super::common;

mod again;
mod bursts;
mod control;
mod decisions;
mod defects;
mod lanes;
mod log;
mod model;
mod outages;
mod plain;
mod queues;
mod records;
mod router;
mod sessions;
mod slow;
mod steps;
mod switch;
mod town;
