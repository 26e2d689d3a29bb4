//! Devices: what carries frames.
