//! The UDP server: what it answers, what it drops, and that it goes on.

use super::common;

mod answers;
mod by_hand;
mod large;
mod loops;
mod senders;
