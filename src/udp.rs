//! Upper-casing over UDP (RFC 768): one answer to each datagram.

#[cfg(feature = "client")]
mod client;
mod loop_guard;
mod sender;
mod server;
mod storage;

#[cfg(feature = "client")]
pub use client::{Client, Error};
pub use loop_guard::LoopGuard;
pub use server::{Counters, Server, refusal};
pub use storage::{Buffers, Parts, SetupError};
