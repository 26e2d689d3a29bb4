//! A packet of a capture.

use std::borrow::Cow;
use std::string::String;
use std::sync::Arc;
use std::time::Duration;
use std::vec::Vec;

use smoltcp::phy::Medium;

use super::interface::Interface;
use crate::device::capture::Direction;

/// A packet of a capture file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Where it was captured.
    pub interface: Arc<Interface>,
    /// Whether the interface sent or received it, where the file says so.
    pub direction: Option<Direction>,
    /// When, since 1970; or since the start of a virtual clock, as in a simulation. A simple packet
    /// block has no time: it is given that of the packet before it.
    pub time: Duration,
    /// The packet, from the header that [`Interface::link`] says.
    pub bytes: Vec<u8>,
    /// How many bytes it had on the link: more than there are in `bytes` where the capture cut it.
    pub original_length: usize,
    /// The comments on it.
    pub comments: Vec<String>,
}

impl Packet {
    /// The packet as a device would have it: an Ethernet frame without tags of VLANs, or an IP
    /// packet. `None` where the link is of another kind or the packet is too short for its header.
    ///
    /// What a Linux "cooked" capture or a loopback interface has put before the packet is removed;
    /// ARP, which needs Ethernet, is given a header with the source that the capture has.
    #[must_use]
    pub fn frame(&self) -> Option<(Medium, Cow<'_, [u8]>)> {
        self.interface.link.frame(&self.bytes)
    }
}
