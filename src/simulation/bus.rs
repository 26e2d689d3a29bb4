use std::boxed::Box;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::vec::Vec;

use smoltcp::phy::Medium;
use smoltcp::time::Instant;

use super::frame::Frame;
use super::lane::LaneState;
use super::record::Recorder;
use super::switch::{Forward, Middle};
use super::{Direction, Event, Fate, Random};

pub(super) type Watcher = Box<dyn FnMut(&Event)>;

/// All that is behind a network, its links and ports.
pub(super) struct Bus {
    pub(super) medium: Medium,
    pub(super) now: Instant,
    pub(super) random: Random,
    segments: Vec<Middle>,
    links: Vec<LinkState>,
    /// What is on its way, in the order in which it arrives; what arrives at the same moment, in
    /// the order in which it was sent.
    on_the_way: BTreeMap<(Instant, u64), (LaneId, Frame)>,
    /// How many frames and copies were put on their way.
    entered: u64,
    /// How many frames were sent.
    frames: u64,
    /// Frames arrive in steps of the network only, and not because a host looks for them.
    pub(super) is_stepped: bool,
    pub(super) watchers: Vec<Watcher>,
    pub(super) recorders: Vec<Recorder>,
    /// The events of the present step, where they are wanted.
    pub(super) events: Option<Vec<Event>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LaneId {
    pub(super) link: usize,
    pub(super) direction: Direction,
}

struct LinkState {
    name: Arc<str>,
    segment: usize,
    from_host: LaneState,
    to_host: LaneState,
    /// Frames that the host has not taken yet.
    received: VecDeque<Arc<[u8]>>,
    /// The latest device, if it is still there.
    device: Option<u64>,
    /// How many devices there have been.
    devices: u64,
    /// Whether the host wanted to send when there was no room.
    is_refused: bool,
}

impl Bus {
    pub(super) fn new(medium: Medium, seed: u64) -> Self {
        Self {
            medium,
            now: Instant::ZERO,
            random: Random::new(seed),
            segments: std::vec![Middle::Hub],
            links: Vec::new(),
            on_the_way: BTreeMap::new(),
            entered: 0,
            frames: 0,
            is_stepped: false,
            watchers: Vec::new(),
            recorders: Vec::new(),
            events: None,
        }
    }

    pub(super) fn add_segment(&mut self, middle: Middle) -> usize {
        self.segments.push(middle);
        self.segments.len() - 1
    }

    pub(super) fn add_link(&mut self, segment: usize, name: Arc<str>) -> usize {
        // Each lane has numbers of its own: what happens on one changes nothing on another.
        let mut lane =
            |loses_when_full| LaneState::new(Random::new(self.random.next_u64()), loses_when_full);
        self.links.push(LinkState {
            name,
            segment,
            from_host: lane(false),
            to_host: lane(true),
            received: VecDeque::new(),
            device: None,
            devices: 0,
            is_refused: false,
        });
        self.links.len() - 1
    }

    pub(super) fn lane(&mut self, id: LaneId) -> &mut LaneState {
        self.links[id.link].lane(id.direction)
    }

    /// Plugs a new device in, in the place of the one before; returns its number.
    pub(super) fn plug(&mut self, link: usize) -> u64 {
        // What has arrived by now was for the one before.
        self.arrive_until_now();
        self.pull_out(link);
        let link = &mut self.links[link];
        link.devices += 1;
        link.device = Some(link.devices);
        link.devices
    }

    pub(super) fn unplug(&mut self, link: usize, device: u64) {
        if self.is_plugged(link, device) {
            self.pull_out(link);
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
        link.is_refused |= !has_room;
        has_room
    }

    /// Puts a frame at the beginning of a lane.
    pub(super) fn send(&mut self, id: LaneId, bytes: Arc<[u8]>) {
        self.frames += 1;
        let frame = Frame::new(self.frames, bytes);
        self.note(self.now, id, Fate::Sent, &frame);
        self.enter(self.now, id, frame);
    }

    /// Lets everything arrive that is due, unless a step of the network has to do that. The host
    /// that asks, if any, empties its own queue only when another one looks, as the hardware would.
    pub(super) fn deliver(&mut self, asking: Option<usize>) {
        if !self.is_stepped {
            self.arrive_until_now();
        }
        for (index, link) in self.links.iter_mut().enumerate() {
            if asking != Some(index) {
                link.from_host.depart(self.now);
            }
        }
    }

    /// When the next frame comes to the end of a lane.
    pub(super) fn next_arrival(&self) -> Option<Instant> {
        self.on_the_way.keys().next().map(|(time, _)| *time)
    }

    /// Lets the next frame come to the end of its lane.
    pub(super) fn arrive_next(&mut self) {
        if let Some(((time, _), (id, frame))) = self.on_the_way.pop_first() {
            self.now = self.now.max(time);
            self.arrive(time, id, frame);
        }
    }

    /// Whether a host has not taken everything that has arrived.
    pub(super) fn is_waited_for(&self) -> bool {
        self.links.iter().any(|link| !link.received.is_empty())
    }

    /// Whether, since the last call, a host had to wait for room; and when there is some again. There
    /// may be some by now, as the queue of a host is emptied when another one looks for frames.
    pub(super) fn refusals(&mut self) -> (bool, Option<Instant>) {
        let mut is_refused = false;
        let mut next = None;
        for link in &mut self.links {
            if core::mem::take(&mut link.is_refused) {
                is_refused = true;
                let room = if link.from_host.has_room() {
                    Some(self.now)
                } else {
                    link.from_host.next_departure()
                };
                next = next.into_iter().chain(room).min();
            }
        }
        (is_refused, next)
    }

    fn arrive_until_now(&mut self) {
        while self.next_arrival().is_some_and(|time| time <= self.now) {
            self.arrive_next();
        }
    }

    fn enter(&mut self, time: Instant, id: LaneId, frame: Frame) {
        match self.lane(id).send(time, frame) {
            Ok(arrivals) => {
                for (arrival, frame) in arrivals {
                    self.entered += 1;
                    let order = (arrival, self.entered);
                    self.on_the_way.insert(order, (id, frame));
                }
            }
            Err((fate, frame)) => self.note(time, id, fate, &frame),
        }
    }

    fn arrive(&mut self, time: Instant, id: LaneId, frame: Frame) {
        let link = &mut self.links[id.link];
        match id.direction {
            Direction::FromHost => match link.from_host.arrive(time, &frame, true) {
                Fate::Arrived => self.forward(time, id.link, frame),
                fate => self.note(time, id, fate, &frame),
            },
            Direction::ToHost => {
                let is_plugged = link.device.is_some();
                let fate = link.to_host.arrive(time, &frame, is_plugged);
                if fate == Fate::Arrived {
                    link.received.push_back(frame.bytes.clone());
                }
                self.note(time, id, fate, &frame);
            }
        }
    }

    /// Sends a frame that has come from a link on to others of its segment.
    fn forward(&mut self, time: Instant, sender: usize, frame: Frame) {
        let segment = self.links[sender].segment;
        let forward = self.segments[segment].forward(time, sender, &frame.bytes);
        let links = self.links.iter().enumerate().filter(|(index, link)| {
            link.segment == segment
                && *index != sender
                && (forward == Forward::Flood || forward == Forward::Only(*index))
        });
        // All of them before the first: none of them is the last on its way.
        let copies: Vec<_> = links.map(|(link, _)| (link, frame.forward())).collect();
        if copies.is_empty() {
            let (link, direction) = (sender, Direction::FromHost);
            self.note(time, LaneId { link, direction }, Fate::NotForwarded, &frame);
            return;
        }
        frame.end();
        for (link, frame) in copies {
            let direction = Direction::ToHost;
            self.enter(time, LaneId { link, direction }, frame);
        }
    }

    /// Tells of an event, which is the end of the frame if it was not sent just now.
    fn note(&mut self, time: Instant, id: LaneId, fate: Fate, frame: &Frame) {
        let event = Event {
            time,
            number: frame.number,
            copy: frame.copy,
            link: self.links[id.link].name.clone(),
            direction: id.direction,
            fate,
            alteration: frame.alteration,
            is_held_back: frame.is_held_back,
            is_last: fate != Fate::Sent && frame.end(),
            medium: self.medium,
            frame: frame.bytes.clone(),
        };
        self.watchers.iter_mut().for_each(|watcher| watcher(&event));
        self.recorders
            .iter_mut()
            .for_each(|recorder| recorder.hear(&event));
        if let Some(events) = &mut self.events {
            events.push(event);
        }
    }

    /// Takes the device out, and what has arrived at it. The switch notices that.
    fn pull_out(&mut self, link: usize) {
        let state = &mut self.links[link];
        state.device = None;
        state.received.clear();
        self.segments[state.segment].forget(link);
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
