//! Datagrams larger than the link's MTU, on their way out.
#![cfg(all(feature = "fragmentation", feature = "ipv6"))]

#[path = "fragmentation/fragments.rs"]
mod fragments;
#[cfg(feature = "command")] // It has a buffer of smoltcp's that is large enough.
#[path = "fragmentation/ipv4.rs"]
mod ipv4;
#[path = "fragmentation/link.rs"]
mod link;
#[path = "fragmentation/pair.rs"]
mod pair;
#[path = "common/plain_host.rs"]
mod plain_host;
#[path = "fragmentation/queue.rs"]
mod queue;
#[path = "fragmentation/socket.rs"]
mod socket;
