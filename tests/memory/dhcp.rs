//! An address from a DHCP server (RFC 2131), on a virtual clock.

pub mod lan;

mod forged;
mod lost;
mod obtained;
mod renewed;
