//! What a hostile network does to the plain smoltcp service, and what it does to ours.
//!
//! Both run on the simulated network, side by side, and each figure is asserted. To print them:
//!
//! ```text
//! cargo test --release --test memory remedies::table -- --ignored --nocapture
//! ```
//!
//! That has SYN cookies, and smoltcp with 256 neighbors. Without the one, and with smoltcp's own 8
//! neighbors:
//!
//! ```text
//! cargo test --release --no-default-features --features simulation,client,ipv6 --test memory remedies::table -- --ignored --nocapture
//! ```

use super::common;

mod answers;
mod clients;
mod forged;
mod places;
mod silence;
mod stock;
mod table;
mod turns;
mod work;
mod world;
