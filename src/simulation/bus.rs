use std::boxed::Box;
use std::collections::{BTreeMap, VecDeque};
use std::string::String;
use std::sync::Arc;
use std::vec::Vec;

use smoltcp::phy::Medium;
use smoltcp::time::Instant;

use super::lane::{Frame, LaneState};
use super::{Direction, Event, Fate, Random};

pub(super) type Watcher = Box<dyn FnMut(&Event)>;

/// All that is behind a network, its links and ports.
pub(super) struct Bus {
    pub(super) medium: Medium,
    pub(super) now: Instant,
    pub(super) random: Random,
    links: Vec<LinkState>,
    /// What is on its way, in the order in which it arrives; what arrives at the same moment, in
    /// the order in which it was sent.
    on_the_way: BTreeMap<(Instant, u64), (LaneId, Frame)>,
    /// How many have been on their way.
    entered: u64,
    /// How many frames have been sent.
    frames: u64,
    pub(super) watchers: Vec<Watcher>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LaneId {
    pub(super) link: usize,
    pub(super) direction: Direction,
}

struct LinkState {
    name: Arc<str>,
    from_host: LaneState,
    to_host: LaneState,
    /// Frames that the host has not taken yet.
    received: VecDeque<Arc<[u8]>>,
    /// The latest device, if it is still there.
    device: Option<u64>,
    /// How many devices there have been.
    devices: u64,
    /// Whether the host wanted to send when there was no room.
    refused: bool,
}

impl Bus {
    pub(super) fn new(medium: Medium, seed: u64) -> Self {
        Self {
            medium,
            now: Instant::ZERO,
            random: Random::new(seed),
            links: Vec::new(),
            on_the_way: BTreeMap::new(),
            entered: 0,
            frames: 0,
            watchers: Vec::new(),
        }
    }

    pub(super) fn add_link(&mut self, name: String) -> usize {
        // Each lane has numbers of its own: what happens on one changes nothing on another.
        let mut lane =
            |loses_when_full| LaneState::new(Random::new(self.random.next_u64()), loses_when_full);
        self.links.push(LinkState {
            name: name.into(),
            from_host: lane(false),
            to_host: lane(true),
            received: VecDeque::new(),
            device: None,
            devices: 0,
            refused: false,
        });
        self.links.len() - 1
    }

    pub(super) fn lane(&mut self, id: LaneId) -> &mut LaneState {
        self.links[id.link].lane(id.direction)
    }

    /// Plugs a new device in, in the place of the one before; returns its number.
    pub(super) fn plug(&mut self, link: usize) -> u64 {
        // What has arrived by now was for the one before.
        self.deliver(None);
        let link = &mut self.links[link];
        link.devices += 1;
        link.device = Some(link.devices);
        link.received.clear();
        link.devices
    }

    pub(super) fn unplug(&mut self, link: usize, device: u64) {
        let link = &mut self.links[link];
        if link.device == Some(device) {
            link.device = None;
            link.received.clear();
        }
    }

    pub(super) fn is_plugged(&self, link: usize, device: u64) -> bool {
        self.links[link].device == Some(device)
    }

    /// Takes the oldest frame that has arrived at a host.
    pub(super) fn take(&mut self, link: usize) -> Option<Arc<[u8]>> {
        self.deliver(Some(link));
        self.links[link].received.pop_front()
    }

    /// Whether a host's device has room for a frame.
    pub(super) fn has_room(&mut self, link: usize) -> bool {
        let link = &mut self.links[link];
        let has_room = link.from_host.has_room();
        link.refused |= !has_room;
        has_room
    }

    /// Puts a frame at the beginning of a lane.
    pub(super) fn send(&mut self, id: LaneId, frame: Vec<u8>) {
        self.frames += 1;
        self.enter(self.now, id, Frame::new(self.frames, frame.into()));
    }

    /// Lets everything arrive that is due. The host that asks, if any, empties its own queue only
    /// when somebody else looks, as the hardware would.
    pub(super) fn deliver(&mut self, asking: Option<usize>) {
        while let Some(entry) = self.on_the_way.first_entry()
            && entry.key().0 <= self.now
        {
            let ((time, _), (id, frame)) = entry.remove_entry();
            self.arrive(time, id, frame);
        }
        for (index, link) in self.links.iter_mut().enumerate() {
            if asking != Some(index) {
                link.from_host.depart(self.now);
            }
        }
    }

    /// Whether a host has not taken everything that has arrived.
    pub(super) fn is_waited_for(&self) -> bool {
        self.links.iter().any(|link| !link.received.is_empty())
    }

    /// Whether, since the last call, a host had to wait for room; and when something happens here.
    pub(super) fn outlook(&mut self) -> (bool, Option<Instant>) {
        let mut refused = false;
        let mut next = self.on_the_way.keys().next().map(|(time, _)| *time);
        for link in &mut self.links {
            if core::mem::take(&mut link.refused) {
                refused = true;
                next = next
                    .into_iter()
                    .chain(link.from_host.next_departure())
                    .min();
            }
        }
        (refused, next)
    }

    fn enter(&mut self, time: Instant, id: LaneId, frame: Frame) {
        let Self {
            medium,
            links,
            watchers,
            ..
        } = self;
        let link = &mut links[id.link];
        let LinkState {
            name,
            from_host,
            to_host,
            ..
        } = link;
        let lane = match id.direction {
            Direction::FromHost => from_host,
            Direction::ToHost => to_host,
        };
        let mut note = |fate, frame: &Frame| {
            let event = Event {
                time,
                number: frame.number,
                copy: frame.copy,
                link: name.clone(),
                direction: id.direction,
                fate,
                medium: *medium,
                frame: frame.bytes.clone(),
            };
            watchers.iter_mut().for_each(|watcher| watcher(&event));
        };
        note(Fate::Sent, &frame);
        for (arrival, frame) in lane.send(time, frame, note) {
            self.entered += 1;
            self.on_the_way.insert((arrival, self.entered), (id, frame));
        }
    }

    fn arrive(&mut self, time: Instant, id: LaneId, frame: Frame) {
        let link = &mut self.links[id.link];
        let mut fate = link.lane(id.direction).arrive(time, &frame);
        if fate == Fate::Arrived && id.direction == Direction::ToHost && link.device.is_none() {
            fate = Fate::Unplugged;
        }
        let event = Event {
            time,
            number: frame.number,
            copy: frame.copy,
            link: link.name.clone(),
            direction: id.direction,
            fate,
            medium: self.medium,
            frame: frame.bytes.clone(),
        };
        self.watchers.iter_mut().for_each(|watcher| watcher(&event));
        match (fate, id.direction) {
            (Fate::Arrived, Direction::ToHost) => link.received.push_back(frame.bytes),
            (Fate::Arrived, Direction::FromHost) => self.hand_on(time, id.link, &frame),
            _ => {}
        }
    }

    /// Everybody but the sender hears a frame.
    fn hand_on(&mut self, time: Instant, sender: usize, frame: &Frame) {
        for link in (0..self.links.len()).filter(|link| *link != sender) {
            let direction = Direction::ToHost;
            self.enter(time, LaneId { link, direction }, frame.clone());
        }
    }
}

impl LinkState {
    fn lane(&mut self, direction: Direction) -> &mut LaneState {
        match direction {
            Direction::FromHost => &mut self.from_host,
            Direction::ToHost => &mut self.to_host,
        }
    }
}
