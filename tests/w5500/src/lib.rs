//! A model of the W5500, for its Embassy driver and the stack to be tested against on the host.
//!
//! [`Chip`] has the registers and buffers that the driver uses. [`Bus`] is the SPI bus to it,
//! [`Pin`] its interrupt pin, [`clock`] the time that passes while both are used, and [`Client`]
//! another host on the wire. Whether the model is right is known from the data sheet (W5500 1.1.0)
//! and from what users report of the chip; it was not compared with one.

mod bus;
mod chip;
mod client;
pub mod clock;
/// The firmware's own source.
#[path = "../../../examples/w5500/src/interrupt.rs"]
pub mod interrupt;

pub use bus::{Bus, Pin, Reset};
pub use chip::Chip;
pub use client::Client;
