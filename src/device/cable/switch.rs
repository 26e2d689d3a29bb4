//! The switch at the end that listens: which station is at which end (IEEE 802.1D, 7.8).

use std::net::SocketAddr;

use crate::link::EthernetAddress;

/// How many programs can be connected to one port: each takes one of as many ports after it.
pub const CLIENTS: u16 = 63;
/// How many ends are known at a time: all clients, and one more, which may have any port.
const ENDS: usize = CLIENTS as usize + 1;

/// Another end of the cable, and the station that sent the last frame from there.
#[derive(Clone, Copy)]
struct End {
    address: SocketAddr,
    station: Option<EthernetAddress>,
    /// How many frames had been learned from when the last one came from there.
    heard: u64,
}

/// The ends that have sent something, and the stations at them.
///
/// Each end has one station: a program that sends from many addresses takes no room from others.
pub(super) struct Switch {
    /// Our own station.
    own: Option<EthernetAddress>,
    ends: [Option<End>; ENDS],
    learned: u64,
}

/// Where a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// To our own station.
    Own,
    /// To this end.
    End(SocketAddr),
    /// To all ends and to our own station: it is for a group, or it is not known which end has its
    /// station.
    All,
}

impl Switch {
    pub(super) const fn new() -> Self {
        Self {
            own: None,
            ends: [None; ENDS],
            learned: 0,
        }
    }

    /// Learns that this is our own station.
    pub(super) fn learn_own(&mut self, station: EthernetAddress) {
        self.own = Some(station);
        self.leave(station);
    }

    /// Learns that a station is at this end. If there are too many ends, the one that has been
    /// silent for longest is forgotten. Returns whether it can be: no other end has our own station,
    /// and none has a group.
    pub(super) fn learn(&mut self, address: SocketAddr, station: EthernetAddress) -> bool {
        if self.own == Some(station) || !station.is_unicast() {
            return false;
        }
        self.leave(station);
        self.learned += 1;
        let known = |end: &Option<End>| end.is_some_and(|end| end.address == address);
        let slot = match self.ends.iter().position(known) {
            Some(known) => Some(&mut self.ends[known]),
            // An empty slot is the least.
            None => (self.ends.iter_mut()).min_by_key(|end| end.map_or(0, |end| end.heard)),
        };
        if let Some(slot) = slot {
            *slot = Some(End {
                address,
                station: Some(station),
                heard: self.learned,
            });
        }
        true
    }

    /// A station is at one end at a time.
    fn leave(&mut self, station: EthernetAddress) {
        for end in self.ends.iter_mut().flatten() {
            if end.station == Some(station) {
                end.station = None;
            }
        }
    }

    /// Where a frame to this address goes.
    pub(super) fn way(&self, destination: EthernetAddress) -> Way {
        if self.own == Some(destination) {
            return Way::Own;
        }
        let mut ends = self.ends.iter().flatten();
        let end = ends.find(|end| end.station == Some(destination));
        end.map_or(Way::All, |end| Way::End(end.address))
    }

    /// All ends that have sent something.
    pub(super) fn ends(&self) -> impl Iterator<Item = SocketAddr> {
        self.ends.iter().flatten().map(|end| end.address)
    }
}
