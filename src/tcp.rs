//! Upper-casing over TCP (RFC 9293): the server answers bytes as they arrive and closes when the
//! client has; the client sends a text and receives its upper case.

#[cfg(feature = "client")]
mod client;
mod phase;
mod place;
mod server;
pub mod steered;
mod storage;

#[cfg(feature = "client")]
pub use client::{Client, Error};
pub use place::Place;
pub use server::{Config, Counters, Server};
pub use smoltcp::socket::tcp::CongestionControl;
pub use storage::{Buffers, LARGEST_WINDOW, Pool, SetupError, UNSCALED_WINDOW, window_within};
