use std::collections::BTreeMap;

use smoltcp::phy::Medium;
use smoltcp::time::{Duration, Instant};

use crate::packet::{EthernetAddress, Frame};

/// How long an address is known that sends nothing: the ageing time of IEEE 802.1Q, 8.8.3.
const AGEING_TIME: Duration = Duration::from_secs(300);

/// What is in the middle of a segment.
pub(super) enum Middle {
    /// It sends each frame to all other links.
    Hub,
    /// It sends a frame to the link of its destination, if it knows that.
    Switch(Switch),
}

/// The hardware addresses that a switch has learned: on which link, and when last.
#[derive(Default)]
pub(super) struct Switch {
    learned: BTreeMap<EthernetAddress, (usize, Instant)>,
}

/// Where a frame is sent on to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forward {
    /// To all links but the one that it came from.
    Flood,
    /// To this link, unless it came from there.
    Only(usize),
}

impl Middle {
    /// Where a frame that comes from a link is sent on to.
    pub(super) fn forward(&mut self, now: Instant, from: usize, frame: &[u8]) -> Forward {
        match self {
            Self::Hub => Forward::Flood,
            Self::Switch(switch) => switch.forward(now, from, frame),
        }
    }

    /// Forgets what it knows of a link.
    pub(super) fn forget(&mut self, link: usize) {
        if let Self::Switch(switch) = self {
            switch.learned.retain(|_, (learned, _)| *learned != link);
        }
    }
}

impl Switch {
    fn forward(&mut self, now: Instant, from: usize, frame: &[u8]) -> Forward {
        let Some(addresses) = Frame::parse(Medium::Ethernet, frame).hardware else {
            return Forward::Flood;
        };
        if addresses.source.is_unicast() {
            self.learned.insert(addresses.source, (from, now));
        }
        match self.learned.get(&addresses.destination) {
            Some((link, heard)) if now < *heard + AGEING_TIME => Forward::Only(*link),
            _ => Forward::Flood,
        }
    }
}
