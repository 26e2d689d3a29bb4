//! The library's registers, and what a clock is to it.

#[path = "../../../../../src/firmware/identity.rs"]
mod identity;
#[path = "../../../../../src/firmware/platform.rs"]
mod platform;
#[path = "../../../../../src/firmware/register.rs"]
mod register;

pub use identity::{address_of, seed_of};
pub use platform::Platform;
pub use register::Register;
