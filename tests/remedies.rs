//! What a hostile network does to the plain smoltcp service, and what it does to ours.
//!
//! Both run on the simulated network, side by side, and each figure is asserted. To print them:
//!
//! ```text
//! cargo test --release --test remedies table -- --ignored --nocapture
//! ```
//!
//! That has SYN cookies, and smoltcp with 256 neighbors. Without the one, and with smoltcp's own 8
//! neighbors:
//!
//! ```text
//! cargo test --release --no-default-features --features simulation,client,ipv6 --test remedies table -- --ignored --nocapture
//! ```

mod common;

#[path = "remedies/answers.rs"]
mod answers;
#[path = "remedies/clients.rs"]
mod clients;
#[path = "remedies/forged.rs"]
mod forged;
#[path = "remedies/places.rs"]
mod places;
#[path = "remedies/silence.rs"]
mod silence;
#[path = "remedies/stock.rs"]
mod stock;
#[path = "remedies/table.rs"]
mod table;
#[path = "remedies/turns.rs"]
mod turns;
#[path = "remedies/work.rs"]
mod work;
#[path = "remedies/world.rs"]
mod world;
