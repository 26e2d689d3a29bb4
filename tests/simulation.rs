//! Our servers and clients on the simulated network, and that network itself.
//!
//! Each case is one seed. Ten thousand of them, over IPv4 and over IPv6, take some seconds:
//!
//! ```text
//! SIMULATION_SEEDS=10000 cargo test --release --test simulation sessions_over -- --nocapture
//! ```
//!
//! A case that fails prints the command that shows it frame by frame.

mod common;

#[path = "simulation/control.rs"]
mod control;
#[path = "simulation/defects.rs"]
mod defects;
#[path = "simulation/lanes.rs"]
mod lanes;
#[path = "simulation/log.rs"]
mod log;
#[path = "simulation/model.rs"]
mod model;
#[path = "simulation/outages.rs"]
mod outages;
#[path = "simulation/sessions.rs"]
mod sessions;
#[path = "simulation/slow.rs"]
mod slow;
#[path = "simulation/town.rs"]
mod town;
