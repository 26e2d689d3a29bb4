//! Connection requests at the edges: who asks twice, who asks wrongly, who is asked at two ports.

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
