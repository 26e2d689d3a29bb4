//! Devices: what carries frames.
//!
//! A device is anything that implements [`smoltcp::phy::Device`]. A wrapper around a device is a
//! device too, so they stack.

#[cfg(feature = "cable")]
pub mod cable;
pub mod capture;
#[cfg(feature = "embassy")]
pub mod embassy;
#[cfg(feature = "fragmentation")]
pub mod reassembly;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
pub mod tuntap;
pub mod wire;
