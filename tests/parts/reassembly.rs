//! Datagrams larger than the link's MTU, on their way in.

mod datagram;
mod dropped;
mod host;
mod line;
use super::plain_host;
mod whole;

use smoltcp::phy::Medium;
use smoltcp::time::Instant;
use smoltcp::wire::EthernetAddress;

const PEER: EthernetAddress = EthernetAddress([2, 0, 0, 0, 0, 2]);
const OURS: EthernetAddress = EthernetAddress([2, 0, 0, 0, 0, 1]);
const MEDIA: [Medium; 2] = [Medium::Ethernet, Medium::Ip];
#[cfg(feature = "ipv6")]
const VERSIONS: &[u8] = &[4, 6];
#[cfg(not(feature = "ipv6"))]
const VERSIONS: &[u8] = &[4];
const START: Instant = Instant::from_millis_const(1_000);
