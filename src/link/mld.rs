//! Multicast listener discovery (RFC 3810): switches and routers forward the packets of a group to
//! where a host has reported that it listens to it.
//!
//! This host listens to the solicited-node group of each of its addresses, of those that it asks for
//! too (RFC 4862, 5.4.2), and to those that a service has joined, from any source. It reports a change
//! at once and once more within a second (6.1), and answers a query at a random moment within the
//! delay that the query gives (6.2), but no more than ten times a second. All nodes of the link are a group
//! that is never reported (6).
//!
//! A query about sources of a group is answered by the whole state of the group, which says more. A
//! query of version 1 is answered by a report of version 2.

use heapless::Vec;
use smoltcp::config::IFACE_MAX_ADDR_COUNT;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr, Ipv4Address, Ipv6Address};

use super::addresses::{Addresses, solicited_node};
use super::ethernet::{group as card_of, send};
use super::ndisc::ALL_NODES;
use super::random::Random;
use super::transmit::Transmit;
use crate::packet::{
    ETHERTYPE_IPV6, EthernetAddress, HardwareAddresses, Query, Record, put_report, report_len,
};

/// All routers that know version 2 (RFC 3810, 5.2.14).
const ROUTERS: Ipv6Address = Ipv6Address::new(0xff02, 0, 0, 0, 0, 0, 0, 0x16);

/// The Robustness Variable: how often a change is reported (9.1).
const REPORTS: u8 = 2;
/// The Unsolicited Report Interval (9.11).
const INTERVAL: Duration = Duration::from_secs(1);
/// The least time between two answers. A query may leave no time for its answer (5.1.3), so any host of the
/// link could have this one send a report for each packet of its own. Queries in between share the next
/// answer, which says all that they ask.
const LEAST_INTERVAL: Duration = Duration::from_millis(100);

/// The most groups that services join.
pub(crate) const MOST_JOINED: usize = 8;
/// Those, and one for each address.
const MOST: usize = IFACE_MAX_ADDR_COUNT + MOST_JOINED;

/// A group that this host listens to, or has just left.
struct Membership {
    group: Ipv6Address,
    is_left: bool,
    /// How often the change has yet to be reported, and when.
    changes: u8,
    next: Instant,
    /// When a query about it is answered.
    answer: Option<Instant>,
}

impl Membership {
    /// When the change is reported.
    fn change(&self) -> Option<Instant> {
        (self.changes > 0).then_some(self.next)
    }

    /// What is reported of it at this moment.
    fn record(&self) -> Record {
        match (self.is_left, self.changes) {
            (true, _) => Record::Leaves,
            (false, 0) => Record::Listens,
            (false, _) => Record::Joins,
        }
    }
}

/// The groups that this host listens to.
pub(super) struct Memberships {
    joined: Vec<Ipv6Address, MOST_JOINED>,
    all: Vec<Membership, MOST>,
    /// Whether they are reported.
    pub(super) is_reporting: bool,
    /// Whether they have to be compared with the addresses.
    pub(super) is_stale: bool,
    /// Whether reports come from a link-local address, so that routers take them.
    is_heard: bool,
    /// When a query about all groups is answered.
    answer: Option<Instant>,
    /// The latest answer to a query.
    answered: Option<Instant>,
    /// Hosts do not report at the same moment.
    random: Random,
    card: EthernetAddress,
}

impl Memberships {
    pub(super) fn new(card: EthernetAddress) -> Self {
        Self {
            card,
            joined: Vec::new(),
            all: Vec::new(),
            is_reporting: false,
            is_stale: true,
            is_heard: false,
            answer: None,
            answered: None,
            random: Random::new(card),
        }
    }

    /// Joins a group; returns whether there is room.
    pub(super) fn join(&mut self, group: Ipv6Address) -> bool {
        self.is_stale = true;
        self.joined.contains(&group) || self.joined.push(group).is_ok()
    }

    /// Leaves a group; returns whether it was joined.
    pub(super) fn leave(&mut self, group: &Ipv6Address) -> bool {
        self.is_stale = true;
        let before = self.joined.len();
        self.joined.retain(|joined| joined != group);
        self.joined.len() < before
    }

    /// Whether packets for a group are for a host with these addresses: each host is in that of all
    /// hosts (RFC 1112, 4; RFC 4291, 2.8).
    pub(super) fn has(&self, group: &IpAddress, addresses: &Addresses) -> bool {
        const ALL_SYSTEMS: Ipv4Address = Ipv4Address::new(224, 0, 0, 1);
        match group {
            IpAddress::Ipv4(address) => *address == ALL_SYSTEMS || addresses.is_to_all(group),
            IpAddress::Ipv6(address) => {
                *address == ALL_NODES
                    || addresses.is_solicited(address)
                    || self.joined.contains(address)
            }
        }
    }

    /// Compares with the addresses that this host has or asks for.
    fn follow<'c>(&mut self, addresses: impl Iterator<Item = &'c IpCidr>, now: Instant) {
        let solicited = addresses.filter_map(|address| match address.address() {
            IpAddress::Ipv6(address) => Some(solicited_node(&address)),
            IpAddress::Ipv4(_) => None,
        });
        let mut wanted: Vec<Ipv6Address, MOST> = self.joined.iter().copied().collect();
        for group in solicited {
            if !wanted.contains(&group) {
                // Cannot fail: there is room for one of each address.
                let _ = wanted.push(group);
            }
        }
        for membership in &mut self.all {
            let is_left = !wanted.contains(&membership.group);
            if membership.is_left != is_left {
                (membership.is_left, membership.changes) = (is_left, REPORTS);
                (membership.next, membership.answer) = (now, None);
            }
        }
        for group in wanted {
            if self.all.iter().any(|known| known.group == group) {
                continue;
            }
            if self.all.is_full() {
                // It has been left, as the others are wanted.
                self.all.retain(|membership| !membership.is_left);
            }
            let _ = self.all.push(Membership {
                group,
                is_left: false,
                changes: REPORTS,
                next: now,
                answer: None,
            });
        }
    }

    /// Reports all groups as at first: the switches of another link do not know them, and a querier may ask
    /// a minute or two later only.
    pub(super) fn report_anew(&mut self, now: Instant) {
        for membership in self.all.iter_mut().filter(|known| !known.is_left) {
            (membership.changes, membership.next) = (REPORTS, now);
        }
    }

    /// Takes note of a query. A later answer than one that is due already is not needed (6.2).
    pub(super) fn hear(&mut self, query: &Query, now: Instant) {
        let within = Duration::from_millis(query.within.into());
        let at = now + self.random.within(within);
        let earlier = |due: Option<Instant>| Some(due.map_or(at, |due| due.min(at)));
        if query.group.is_unspecified() {
            self.answer = earlier(self.answer);
            return;
        }
        let mut all = self.all.iter_mut();
        if let Some(membership) = all.find(|known| known.group == query.group && !known.is_left) {
            membership.answer = earlier(membership.answer);
        }
    }

    /// When there is something to report.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        if !self.is_reporting {
            return None;
        }
        if self.is_stale {
            return Some(now);
        }
        let changes = self.all.iter().filter_map(Membership::change);
        let answers = self.all.iter().filter_map(|known| known.answer);
        let answer = answers.chain(self.answer).min();
        let answer = answer.map(|answer| answer.max(self.earliest_answer()));
        changes.chain(answer).min()
    }

    /// From when on queries may be answered again. All that are due by then share the answer.
    fn earliest_answer(&self) -> Instant {
        self.answered
            .map_or(Instant::ZERO, |last| last + LEAST_INTERVAL)
    }

    /// Reports what is due, if there is room for a frame.
    pub(super) fn tend<'c>(
        &mut self,
        addresses: impl Iterator<Item = &'c IpCidr>,
        source: Ipv6Address,
        now: Instant,
        transmit: &mut dyn Transmit,
    ) {
        if core::mem::take(&mut self.is_stale) {
            self.follow(addresses, now);
        }
        // RFC 3810, 5.2.13, has `::` as the source of reports before there is a link-local address, and
        // routers drop those: all is reported again then (RFC 3590, 4).
        if !source.is_unspecified() && !core::mem::replace(&mut self.is_heard, true) {
            self.report_anew(now);
        }
        let is_due = |due: Option<Instant>| due.is_some_and(|due| due <= now);
        if !is_due(self.due(now)) || !transmit.has_room() {
            return;
        }
        let may_answer = self.earliest_answer() <= now;
        let is_answered = |answer: Option<Instant>| may_answer && is_due(answer);
        let answers_all = is_answered(self.answer);
        let is_reported = |membership: &&Membership| {
            is_due(membership.change())
                || is_answered(membership.answer)
                || answers_all && !membership.is_left
        };
        let reported = self.all.iter().filter(is_reported);
        let records: Vec<(Record, Ipv6Address), MOST> = reported
            .map(|membership| (membership.record(), membership.group))
            .collect();
        let mut answers = self.all.iter().map(|membership| membership.answer);
        if answers_all || answers.any(is_answered) {
            self.answered = Some(now);
        }
        if !records.is_empty() {
            let hardware = HardwareAddresses {
                source: self.card,
                destination: card_of(&ROUTERS.into()),
            };
            let length = report_len(records.len());
            send(transmit, hardware, ETHERTYPE_IPV6, length, &|bytes| {
                put_report(bytes, source, ROUTERS, records.iter().copied());
            });
        }
        if answers_all {
            self.answer = None;
        }
        let again = now + self.random.within(INTERVAL);
        for membership in &mut self.all {
            if records.iter().all(|(_, group)| *group != membership.group) {
                continue;
            }
            membership.answer = None;
            if membership.changes > 0 {
                membership.changes -= 1;
                membership.next = again;
            }
        }
        self.all
            .retain(|membership| !membership.is_left || membership.changes > 0);
    }
}
