//! Upper-casing servers and clients on smoltcp.
#![no_std]

#[cfg(feature = "command")]
extern crate std;

pub mod device;
pub mod transform;
