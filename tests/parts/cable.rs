//! `device::cable` over the loopback: which end each frame comes to, and what datagrams that no
//! end sends do.

mod ends;
mod hostile;
mod open;
#[cfg(feature = "client")]
mod stacks;
mod switch;
