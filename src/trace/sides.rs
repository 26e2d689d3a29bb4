//! Which host is drawn on which side: the one that asks is left, the one that answers is right.
//!
//! Each frame says that its source and its destination are on different sides, and each name that
//! a host of this name has these addresses. What follows from all frames together is kept in a
//! forest of disjoint sets, in which each host knows whether it is on the side of its parent.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::vec::Vec;

use smoltcp::wire::{IpAddress, IpEndpoint};

use super::sight::{Reason, Sight};
use crate::packet::EthernetAddress;

/// Hosts that are kept. The side of a further one is known only if its peer is one of them.
const MOST: usize = 100_000;

/// A side of the drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The client's.
    Left,
    /// The server's.
    Right,
}

impl Side {
    /// Both, from left to right.
    pub const BOTH: [Self; 2] = [Self::Left, Self::Right];

    /// The side opposite.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }

    pub(super) fn index(self) -> usize {
        usize::from(self == Self::Right)
    }
}

/// What a host is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Host {
    Name(Arc<str>),
    Hardware([u8; 6]),
    Address(IpAddress),
    /// Where both ends have the same address.
    Port(IpEndpoint),
}

/// The sides of all hosts.
#[derive(Debug, Default)]
pub(super) struct Sides {
    numbers: BTreeMap<Host, usize>,
    /// The parent of each host, and whether that is on the same side.
    parents: Vec<(usize, bool)>,
    /// For each root: how many hosts are in its set.
    sizes: Vec<usize>,
    /// For the root of each set: on which side it is, and why.
    sides: BTreeMap<usize, (Reason, usize, Side)>,
    frames: usize,
}

impl Sides {
    /// Puts the host of this name on a side.
    pub(super) fn know(&mut self, name: &Arc<str>, side: Side) {
        if let Some(host) = self.number(Host::Name(name.clone())) {
            self.put(host, Reason::Known, side);
        }
    }

    /// Takes note of a frame between hosts of these names, if they are known.
    pub(super) fn see(
        &mut self,
        sight: &Sight<'_>,
        from: Option<&Arc<str>>,
        to: Option<&Arc<str>>,
    ) {
        self.frames += 1;
        let (source, destination) = self.hosts(sight, from, to);
        for (host, other) in source.iter().zip(source.iter().skip(1)) {
            self.join(*host, *other, true);
        }
        for (host, other) in destination.iter().zip(destination.iter().skip(1)) {
            self.join(*host, *other, true);
        }
        let (Some(source), destination) = (source.first(), destination.first()) else {
            return;
        };
        if let Some(destination) = destination {
            self.join(*source, *destination, false);
        }
        let (reason, is_left) = sight.reason();
        self.put(
            *source,
            reason,
            if is_left { Side::Left } else { Side::Right },
        );
    }

    /// The side from which a frame comes.
    pub(super) fn of(
        &mut self,
        sight: &Sight<'_>,
        from: Option<&Arc<str>>,
        to: Option<&Arc<str>>,
    ) -> Side {
        let (source, destination) = self.hosts(sight, from, to);
        let source = source.first().and_then(|host| self.side(*host));
        let destination = destination.first().and_then(|host| self.side(*host));
        source
            .or(destination.map(Side::other))
            .unwrap_or(Side::Left)
    }

    /// The side of the host of this name.
    pub(super) fn of_name(&mut self, name: &Arc<str>) -> Option<Side> {
        let number = *self.numbers.get(&Host::Name(name.clone()))?;
        self.side(number)
    }

    fn side(&mut self, host: usize) -> Option<Side> {
        let (root, same) = self.root(host);
        let (_, _, side) = *self.sides.get(&root)?;
        Some(if same { side } else { side.other() })
    }

    /// What source and destination are known by: the first of each list is what decides.
    fn hosts(
        &mut self,
        sight: &Sight<'_>,
        from: Option<&Arc<str>>,
        to: Option<&Arc<str>>,
    ) -> (Vec<usize>, Vec<usize>) {
        let name = |name: Option<&Arc<str>>| name.map(|name| Host::Name(name.clone()));
        let address = |hardware: Option<EthernetAddress>, address: Option<IpAddress>| match hardware
        {
            Some(hardware) => hardware.is_unicast().then_some(Host::Hardware(hardware.0)),
            None => address
                .filter(|address| !address.is_multicast() && !address.is_unspecified())
                .map(Host::Address),
        };
        let mut source = address(sight.source_hardware(), sight.source());
        let mut destination = address(sight.destination_hardware(), sight.destination());
        if source == destination
            && let Some((from, to)) = sight.endpoints()
            && from != to
        {
            (source, destination) = (Some(Host::Port(from)), Some(Host::Port(to)));
        }
        let mut numbers = |hosts: [Option<Host>; 2]| {
            let hosts = hosts.into_iter().flatten();
            hosts.filter_map(|host| self.number(host)).collect()
        };
        (
            numbers([name(from), source]),
            numbers([name(to), destination]),
        )
    }

    /// The number of a host; `None` where it is a new one and there are too many.
    fn number(&mut self, host: Host) -> Option<usize> {
        let next = self.parents.len();
        if next >= MOST {
            return self.numbers.get(&host).copied();
        }
        let number = *self.numbers.entry(host).or_insert(next);
        if number == next {
            self.parents.push((next, true));
            self.sizes.push(1);
        }
        Some(number)
    }

    /// The root of the set that a host is in, and whether it is on the same side.
    fn root(&self, mut host: usize) -> (usize, bool) {
        let mut same = true;
        loop {
            let (parent, is_same) = self.parents[host];
            if parent == host {
                return (host, same);
            }
            same = same == is_same;
            host = parent;
        }
    }

    /// Two hosts are on the same side, or on different ones. What contradicts an earlier frame is
    /// left out.
    fn join(&mut self, host: usize, other: usize, is_same: bool) {
        let ((root, same), (other_root, other_same)) = (self.root(host), self.root(other));
        if root == other_root {
            return;
        }
        let is_same = (same == other_same) == is_same;
        // The larger set keeps its root, so that no way to a root is long.
        let (root, other_root) = match self.sizes[root] < self.sizes[other_root] {
            true => (other_root, root),
            false => (root, other_root),
        };
        self.sizes[root] += self.sizes[other_root];
        self.parents[other_root] = (root, is_same);
        if let Some((reason, frame, side)) = self.sides.remove(&other_root) {
            let side = if is_same { side } else { side.other() };
            self.prefer(root, (reason, frame, side));
        }
    }

    fn put(&mut self, host: usize, reason: Reason, side: Side) {
        let (root, same) = self.root(host);
        let side = if same { side } else { side.other() };
        self.prefer(root, (reason, self.frames, side));
    }

    fn prefer(&mut self, root: usize, reason: (Reason, usize, Side)) {
        let known = self.sides.entry(root).or_insert(reason);
        *known = (*known).min(reason);
    }
}

#[cfg(test)]
mod tests {
    use smoltcp::phy::Medium;

    use super::{Side, Sides};
    use crate::trace::sight::Sight;

    #[test]
    fn of_very_many_hosts_those_with_a_name_are_still_on_their_side() {
        let mut sides = Sides::default();
        let name = "server".into();
        sides.know(&name, Side::Right);
        for number in 0..150_000_u32 {
            let mut frame = [0; 60];
            (frame[5], frame[6]) = (1, 2);
            frame[8..12].copy_from_slice(&number.to_be_bytes());
            let sight = Sight::new(Medium::Ethernet, &frame);
            sides.see(&sight, None, Some(&name));
            assert_eq!(sides.of(&sight, None, Some(&name)), Side::Left);
        }
        assert!(sides.numbers.len() <= 100_000);
    }
}
