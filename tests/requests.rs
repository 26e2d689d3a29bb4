//! Connection requests at the edges: who asks twice, who asks wrongly, who is asked at two ports.
#![cfg(feature = "syn-cookies")]

mod common;

#[path = "requests/cookies.rs"]
mod cookies;
#[path = "requests/loopback.rs"]
mod loopback;
#[path = "requests/time_wait.rs"]
mod time_wait;
#[path = "requests/waiting.rs"]
mod waiting;
#[path = "requests/wrong.rs"]
mod wrong;

use common::network::Link;

/// These promises do not depend on the link.
const LINK: Link = Link::ETHERNET_V4;
