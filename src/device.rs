//! Devices: what carries frames.

#[cfg(all(feature = "tuntap", target_os = "linux"))]
pub mod tuntap;
