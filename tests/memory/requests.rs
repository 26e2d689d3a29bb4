//! Connection requests at the edges: repeated ones, malformed ones, those to two ports.

use super::common;

mod backlog;
mod cookies;
mod loopback;
mod time_wait;
mod waiting;
mod wrong;

use common::network::Link;

/// These promises do not depend on the link.
const LINK: Link = Link::ETHERNET_V4;
