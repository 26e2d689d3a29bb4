//! What a run is about, as the first byte of an input says.

use smoltcp::phy::Medium;

use crate::common::network::Link;

/// What differs between runs.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub link: Link,
    /// Whether fragments are put together before they come to smoltcp.
    pub reassembles: bool,
    pub backlog: bool,
    /// Whether honest clients talk to the host while it is under fire.
    pub is_visited: bool,
    /// Whether its own clients talk to the honest host.
    pub visits: bool,
    /// Whether all that was sent is at last sent without end.
    pub is_flooded: bool,
}

impl Setup {
    /// The first byte of an input says everything but whether there is a flood: that depends on the
    /// sum of all bytes. A flood takes most of the time, so not all mutations of an input may have it.
    pub fn new(byte: u8, rest: &[u8]) -> Self {
        let bit = |number: u8| byte >> number & 1 == 1;
        let sum = rest.iter().fold(byte, |sum, byte| sum.wrapping_add(*byte));
        Self {
            link: Link {
                medium: if bit(0) { Medium::Ip } else { Medium::Ethernet },
                ipv6: bit(1),
            },
            reassembles: !bit(2),
            backlog: !bit(3),
            is_visited: bit(4),
            visits: bit(5),
            is_flooded: sum.is_multiple_of(16),
        }
    }

    /// Small, so that fragments are, too.
    pub fn ip_mtu(&self) -> usize {
        if self.link.ipv6 { 1280 } else { 576 }
    }
}
