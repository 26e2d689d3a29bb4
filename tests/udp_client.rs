//! The UDP client: when it sends again, whom it believes, and how each failure is named.

mod common;

#[path = "udp_client/errors.rs"]
mod errors;
#[path = "udp_client/exchange.rs"]
mod exchange;
