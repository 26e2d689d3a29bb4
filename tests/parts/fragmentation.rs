//! Datagrams larger than the link's MTU, on their way out.

mod fragments;
#[cfg(feature = "command")] // It has a buffer of smoltcp's that is large enough.
mod ipv4;
mod link;
mod pair;
use super::plain_host;
mod queue;
mod socket;
