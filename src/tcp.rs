//! TCP (RFC 9293): a server for any service, and the client of the exercise.
//!
//! - [`Server`] holds many connections and gives the bytes of each to a [`Handler`]:
//!   [`Upper`](crate::transform::Upper), the upper-casing of the exercise, unless you bring another one. It
//!   finds its connections by an [`Index`]: [`Scan`] for a handful, [`Hash`] for many.
//! - [`Client`] sends a text and receives what comes back.

#[cfg(feature = "client")]
mod client;
mod config;
mod handler;
mod index;
mod phase;
mod server;
mod session;
mod storage;

pub use crate::transform::Progress;
#[cfg(feature = "client")]
pub use client::{Client, ClientStorage, Error};
pub use config::Config;
pub use handler::Handler;
pub use index::{Entry, Hash, Index, Mark, Scan};
pub use server::{Counters, Server};
pub use session::Session;
pub use smoltcp::socket::tcp::CongestionControl;
pub use storage::{
    Buffers, HashPool, LARGEST_WINDOW, Pool, SetupError, UNSCALED_WINDOW, window_within,
};
