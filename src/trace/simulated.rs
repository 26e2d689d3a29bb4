//! Frames of a simulated network.

use std::collections::BTreeMap;
use std::string::{String, ToString};
use std::sync::Arc;
use std::vec::Vec;

use smoltcp::time::Instant;

use super::record::{Fate, Record};
use super::sight::Sight;
use crate::simulation::{self, Alteration, Direction, Event};

/// The frames of which a [`Network`](simulation::Network) has told its watchers, in the order in
/// which they were sent. Each name is that of a link.
///
/// A frame that all hosts hear is drawn once: as it arrives at the host that it is for, or else at
/// the first at which it arrives.
///
/// ```
/// use std::{cell::RefCell, rc::Rc};
///
/// use smoltcp::phy::Medium;
/// use uppercase::simulation::Network;
/// use uppercase::trace::{Ladder, simulated};
///
/// let mut network = Network::new(Medium::Ethernet, 1);
/// let events = Rc::new(RefCell::new(Vec::new()));
/// let log = events.clone();
/// network.watch(move |event| log.borrow_mut().push(event.clone()));
/// // ... the hosts run ...
/// let records = simulated::records(&events.borrow());
/// assert_eq!(Ladder::new(&records, &[]).rows(), []);
/// ```
#[must_use]
pub fn records(events: &[Event]) -> Vec<Record> {
    let mut flights = BTreeMap::<u64, Flight<'_>>::new();
    let mut owners = BTreeMap::new();
    let mut links = Vec::<&Arc<str>>::new();
    for event in events {
        let flight = flights
            .entry(event.number)
            .or_insert_with(|| Flight::new(event));
        flight.see(event);
        if !links.contains(&&event.link) {
            links.push(&event.link);
        }
        if event.direction == Direction::FromHost {
            let sight = Sight::new(event.medium, &event.frame);
            if let Some(hardware) = sight.source_hardware() {
                owners.insert(Host::Hardware(hardware.0), &event.link);
            }
            owners.insert(Host::Address(sight.source()), &event.link);
        }
    }
    let mut records = Vec::new();
    for flight in flights.values() {
        let sight = Sight::new(flight.first.medium, &flight.first.frame);
        let destination = match (sight.sought(), sight.destination_hardware()) {
            (Some(address), _) => Host::Address(Some(address)),
            (None, Some(hardware)) => Host::Hardware(hardware.0),
            (None, None) => Host::Address(sight.destination()),
        };
        let others = || links.iter().filter(|link| ***link != flight.first.link);
        let owner = owners.get(&destination).copied();
        let only = || others().next().copied().filter(|_| others().count() == 1);
        flight.record(owner.or_else(only), &mut records);
    }
    records
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Host {
    Hardware([u8; 6]),
    Address(Option<smoltcp::wire::IpAddress>),
}

/// What has happened to a frame and its copies.
struct Flight<'e> {
    first: &'e Event,
    /// For each copy, what has happened on the lane from the host.
    outward: BTreeMap<u32, Lane<'e>>,
    /// The same for the lanes to the hosts.
    inward: BTreeMap<(u32, &'e Arc<str>), Lane<'e>>,
}

/// What has happened on a lane.
#[derive(Clone, Copy, Default)]
struct Lane<'e> {
    /// Why the frame is lost.
    lost: Option<&'e Event>,
    /// How the frame was altered.
    altered: Option<Alteration>,
    arrived: Option<Instant>,
}

impl<'e> Flight<'e> {
    fn new(first: &'e Event) -> Self {
        Self {
            first,
            outward: BTreeMap::new(),
            inward: BTreeMap::new(),
        }
    }

    fn see(&mut self, event: &'e Event) {
        let lane = match event.direction {
            Direction::FromHost => self.outward.entry(event.copy).or_default(),
            Direction::ToHost => self.inward.entry((event.copy, &event.link)).or_default(),
        };
        lane.altered = lane.altered.or(event.alteration);
        match event.fate {
            simulation::Fate::Sent => {}
            simulation::Fate::Arrived => lane.arrived = Some(event.time),
            _ => lane.lost = Some(event),
        }
    }

    /// Adds a record for each copy, as it arrives at `to`.
    fn record(&self, to: Option<&Arc<str>>, records: &mut Vec<Record>) {
        let from = (self.first.direction == Direction::FromHost).then_some(&self.first.link);
        let mut copies: Vec<u32> = self.outward.keys().copied().collect();
        copies.extend(self.inward.keys().map(|(copy, _)| *copy));
        copies.sort();
        copies.dedup();
        for copy in copies {
            let outward = self.outward.get(&copy).copied().unwrap_or_default();
            let arrivals = || {
                self.inward
                    .iter()
                    .filter(|((number, _), _)| *number == copy)
            };
            let to =
                to.filter(|to| self.inward.contains_key(&(copy, *to)) || arrivals().count() == 0);
            let first = || arrivals().min_by_key(|(_, lane)| lane.arrived.unwrap_or(FAR));
            let (to, inward) = match to {
                Some(to) => (Some(to), self.inward.get(&(copy, to)).copied()),
                None => first().map_or((None, None), |((_, to), lane)| (Some(*to), Some(*lane))),
            };
            let inward = inward.unwrap_or_default();
            let lost = outward.lost.or(inward.lost);
            let altered = outward.altered.or(inward.altered);
            let (fate, comment) = match (lost, altered, inward.arrived) {
                (Some(event), ..) => (Fate::Lost, reason(event.fate)),
                (_, _, None) => (Fate::Unknown, String::new()),
                (_, Some(Alteration::Corrupted), _) => (Fate::Corrupted, String::new()),
                (_, Some(altered), _) => (Fate::Corrupted, altered.to_string()),
                _ if copy > 0 => (Fate::Duplicate, String::new()),
                _ => (Fate::Delivered, String::new()),
            };
            records.push(Record {
                sent: Some(self.first.time),
                arrived: inward.arrived.filter(|_| lost.is_none()),
                from: from.cloned(),
                to: to.cloned(),
                medium: self.first.medium,
                fate,
                bytes: self.first.frame.to_vec(),
                length: self.first.frame.len(),
                comment,
                transmission: None,
            });
        }
    }
}

const FAR: Instant = Instant::from_micros_const(i64::MAX);

/// Why a frame is lost, unless that was chance or the test's own will.
fn reason(fate: simulation::Fate) -> String {
    match fate {
        simulation::Fate::Lost | simulation::Fate::LostInBurst | simulation::Fate::Filtered => {
            String::new()
        }
        simulation::Fate::Cut => "the link is cut".into(),
        other => other.to_string(),
    }
}
