//! Upper-casing servers and clients on smoltcp.
#![no_std]

#[cfg(feature = "command")]
extern crate std;

pub mod device;
#[cfg(feature = "client")]
pub mod dns;
pub mod servers;
pub mod stack;
pub mod tcp;
pub mod transform;
pub mod udp;

pub use servers::Servers;
pub use stack::{Context, Stack};

/// The port of the classic exercise, for UDP and TCP.
pub const PORT: u16 = 12000;
