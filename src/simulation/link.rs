use core::fmt;
use std::boxed::Box;
use std::cell::RefCell;
use std::rc::Rc;
use std::vec::Vec;

use smoltcp::time::Instant;

use super::bus::{Bus, LaneId};
use super::{Conditions, Direction, Port, Statistics, Verdict};

/// A cable between a host and the hub or switch. A clone is the same cable.
#[derive(Clone, Debug)]
pub struct Link {
    /// What the host sends.
    pub from_host: Lane,
    /// What the host receives.
    pub to_host: Lane,
}

impl Link {
    pub(super) fn new(bus: &Rc<RefCell<Bus>>, link: usize) -> Self {
        let lane = |direction| Lane {
            bus: bus.clone(),
            id: LaneId { link, direction },
        };
        Self {
            from_host: lane(Direction::FromHost),
            to_host: lane(Direction::ToHost),
        }
    }

    /// Plugs a host in: returns the device for its stack. A port that was taken before is unplugged.
    ///
    /// A host that reboots is one that drops its stack and makes another one on a new port.
    #[must_use]
    pub fn port(&self) -> Port {
        Port::new(&self.from_host.bus, self.from_host.id.link)
    }

    /// Which of the network's links it is.
    pub(super) fn number(&self) -> u32 {
        self.from_host.id.link as u32
    }

    pub(super) fn random_seed(&self) -> u64 {
        self.from_host.bus.borrow_mut().random.next_u64()
    }

    /// The conditions of both lanes, for the frames that are sent from now on.
    pub fn set(&self, conditions: Conditions) {
        self.from_host.set(conditions);
        self.to_host.set(conditions);
    }

    /// Drops all frames of both lanes, also those on their way, until [`mend`](Self::mend).
    pub fn cut(&self) {
        self.from_host.cut();
        self.to_host.cut();
    }

    /// Drops all frames of both lanes between two moments: see [`Lane::cut_between`].
    pub fn cut_between(&self, from: Instant, until: Instant) {
        self.from_host.cut_between(from, until);
        self.to_host.cut_between(from, until);
    }

    /// Takes back all cuts of both lanes.
    pub fn mend(&self) {
        self.from_host.mend();
        self.to_host.mend();
    }
}

/// One direction of a [`Link`]. A clone is the same lane.
#[derive(Clone)]
pub struct Lane {
    bus: Rc<RefCell<Bus>>,
    id: LaneId,
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane")
            .field("link", &self.id.link)
            .field("direction", &self.id.direction)
            .finish_non_exhaustive()
    }
}

impl Lane {
    /// The conditions for the frames that are sent from now on.
    pub fn set(&self, conditions: Conditions) {
        self.bus.borrow_mut().lane(self.id).set(conditions);
    }

    /// What has happened to the frames so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.bus.borrow_mut().lane(self.id).statistics
    }

    /// Drops all frames, also those on their way, until [`mend`](Self::mend).
    pub fn cut(&self) {
        let now = self.bus.borrow().now;
        self.cut_between(now, Instant::from_micros(i64::MAX));
    }

    /// Drops the frames that are sent or would arrive between two moments, the second excluded.
    pub fn cut_between(&self, from: Instant, until: Instant) {
        let mut bus = self.bus.borrow_mut();
        bus.lane(self.id).cuts.push((from, until));
    }

    /// Takes back all cuts, also those to come.
    pub fn mend(&self) {
        self.bus.borrow_mut().lane(self.id).cuts.clear();
    }

    /// From now on `rule` decides about each frame that is put on the lane, by its number and its
    /// bytes; see [`Verdict`]. It takes the place of the rule before.
    ///
    /// The rule must not call the network, a link or a port: that panics.
    pub fn decide(&self, rule: impl FnMut(u64, &[u8]) -> Verdict + 'static) {
        self.bus.borrow_mut().lane(self.id).rule = Some(Box::new(rule));
    }

    /// A rule for [`decide`](Self::decide) in short: it passes the frames for which `keep` returns
    /// true, and loses the others.
    pub fn filter(&self, mut keep: impl FnMut(&[u8]) -> bool + 'static) {
        self.decide(move |_, frame| match keep(frame) {
            true => Verdict::Pass,
            false => Verdict::Lose,
        });
    }

    /// From now on no rule decides: each frame is passed.
    pub fn pass_all(&self) {
        self.bus.borrow_mut().lane(self.id).rule = None;
    }

    /// Keeps a copy of each frame that is put on the lane from now on, as it was before anything
    /// happened to it; also of those that are dropped.
    pub fn capture(&self) {
        self.bus.borrow_mut().lane(self.id).captured = Some(Vec::new());
    }

    /// The frames that were captured since the last call; none without [`capture`](Self::capture).
    pub fn captured(&self) -> Vec<Vec<u8>> {
        let mut bus = self.bus.borrow_mut();
        bus.deliver(None);
        let captured = bus.lane(self.id).captured.as_mut();
        captured.map(core::mem::take).unwrap_or_default()
    }

    /// Puts a frame on the lane that no host has sent. On the lane from a host it does not wait for
    /// room in the queue.
    pub fn inject(&self, frame: &[u8]) {
        self.bus.borrow_mut().send(self.id, frame.into());
    }
}
