//! Devices: what carries frames.
//!
//! A device is anything that implements [`smoltcp::phy::Device`]. A wrapper around a device is a
//! device too, so they stack.

pub mod wire;
