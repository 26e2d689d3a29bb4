//! TCP (RFC 9293): a server for any service, and the client of the exercise.
//!
//! - [`Server`] holds many connections and gives the bytes of each to a [`Handler`]:
//!   [`Ascii`](crate::transform::Ascii), the upper-casing of the exercise, unless you bring another one.
//!   It finds its connections by an [`Index`]: [`Scan`] for a handful, [`Hash`](struct@Hash) for many.
//! - `Client` sends a text and receives what comes back.

mod buffers;
#[cfg(feature = "client")]
mod client;
mod config;
mod counters;
mod error;
mod handler;
mod index;
mod phase;
mod pool;
mod server;
mod session;
mod sizes;
mod socket;

pub use crate::transform::Progress;
pub use buffers::Buffers;
#[cfg(feature = "client")]
pub use client::{Client, ClientStorage, Error};
pub use config::Config;
pub use counters::Counters;
pub use error::SetupError;
pub use handler::Handler;
pub use index::{Entry, Hash, Index, Mark, Scan};
pub use pool::{HashPool, Pool};
pub use server::Server;
pub use session::Session;
pub use sizes::{LARGEST_WINDOW, UNSCALED_WINDOW, window_within};
pub use smoltcp::socket::tcp::CongestionControl;
