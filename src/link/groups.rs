//! Which groups this host is in, and what is reported of them.

use smoltcp::time::Instant;
use smoltcp::wire::{IpAddress, Ipv4Address, Ipv6Address};

use super::Link;
#[cfg(feature = "conflict-detection")]
use super::addresses::is_solicited;
use super::ndisc::ALL_NODES;
use super::transmit::Transmit;
use crate::packet::Packet;

impl Link {
    /// Joins a group; returns whether there is room.
    pub(crate) fn join(&mut self, group: Ipv6Address) -> bool {
        self.memberships.get_mut().join(group)
    }

    /// Leaves a group; returns whether it was joined.
    pub(crate) fn leave(&mut self, group: &Ipv6Address) -> bool {
        self.memberships.get_mut().leave(group)
    }

    /// Whether packets for a group are for this host.
    pub(crate) fn is_member(&self, group: &IpAddress) -> bool {
        const ALL_SYSTEMS: Ipv4Address = Ipv4Address::new(224, 0, 0, 1);
        match group {
            IpAddress::Ipv4(address) => *address == ALL_SYSTEMS || self.addresses.is_to_all(group),
            IpAddress::Ipv6(address) => {
                *address == ALL_NODES
                    || self.addresses.is_solicited(address)
                    || self.is_probed_in(address)
                    || self.memberships.borrow().has_joined(address)
            }
        }
    }

    /// Whether a group is that of an address that this host asks for.
    fn is_probed_in(&self, group: &Ipv6Address) -> bool {
        #[cfg(feature = "conflict-detection")]
        if let Some(claims) = &self.claims {
            return is_solicited(claims.borrow().addresses(), group);
        }
        let _ = group;
        false
    }

    /// Reports the groups that this host listens to, from now on, on Ethernet.
    pub(crate) fn report_groups(&mut self) {
        self.memberships.get_mut().is_reporting = self.is_ethernet();
    }

    /// Takes note of a query for listeners; returns whether the packet is such a one.
    pub(crate) fn receive_query(&self, packet: &Packet<'_>, now: Instant) -> bool {
        let query = packet.listener_query();
        if let Some(query) = &query {
            self.memberships.borrow_mut().hear(query, now);
        }
        query.is_some()
    }

    /// When there is something to report about groups.
    pub(crate) fn memberships_due(&self, now: Instant) -> Option<Instant> {
        self.memberships.borrow().due(now)
    }

    /// Reports what is due about groups.
    pub(crate) fn report_memberships(&mut self, now: Instant, transmit: &mut dyn Transmit) {
        if self.memberships_due(now).is_none_or(|due| due > now) {
            return;
        }
        let own = self.addresses.own();
        // RFC 3810, 5.2.13: the unspecified address, before there is a link-local one.
        let source = own.iter().find_map(|own| match own.address() {
            IpAddress::Ipv6(own) => own.is_unicast_link_local().then_some(own),
            IpAddress::Ipv4(_) => None,
        });
        let source = source.unwrap_or(Ipv6Address::UNSPECIFIED);
        let memberships = self.memberships.get_mut();
        let hardware = self.hardware;
        #[cfg(feature = "conflict-detection")]
        if let Some(claims) = &mut self.claims {
            let addresses = claims.get_mut().addresses().chain(own);
            return memberships.tend(addresses, (hardware, source), now, transmit);
        }
        memberships.tend(own.iter(), (hardware, source), now, transmit);
    }
}
