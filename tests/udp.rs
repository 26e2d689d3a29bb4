//! The UDP server: what it answers, what it drops, and that it goes on.

mod common;

#[path = "udp/answers.rs"]
mod answers;
#[path = "udp/by_hand.rs"]
mod by_hand;
#[path = "udp/large.rs"]
mod large;
#[path = "udp/senders.rs"]
mod senders;
